"""The included digits are the digits of scikit-learn."""

import subprocess
import sys

import torch
from sklearn import datasets

from solutions.given.data import digits


def test_images_and_labels_equal_those_of_scikit_learn():
    theirs = datasets.load_digits()
    images, labels = digits.load_digits()
    assert images.shape == (1797, 8, 8) and images.dtype == torch.float32 and labels.dtype == torch.int64
    assert torch.equal(images.double() * 16, torch.from_numpy(theirs.images))
    assert torch.equal(labels, torch.from_numpy(theirs.target).long())


def test_split_is_a_partition_with_all_digits_on_both_sides():
    train, test = digits.split_indices("train"), digits.split_indices("test")
    assert (len(train), len(test)) == (1500, 297)
    assert torch.equal(torch.cat([train, test]).sort().values, torch.arange(1797))
    labels = digits.load_digits()[1]
    assert labels[test].bincount(minlength=10).min() >= 20
    assert train[:3].tolist() == [
        307,
        122,
        283,
    ]  # fixed, because measured numbers and thresholds depend on it


def test_pixels_are_scaled_and_binarised_at_one_half():
    images = digits.load_digits()[0][digits.split_indices("test")].flatten(1)
    scaled, binary = digits.scaled_digits("test"), digits.binarised_digits("test")
    assert scaled.shape == binary.shape == (297, 64) and scaled.dtype == binary.dtype == torch.float32
    assert torch.equal(scaled, images * 2 - 1) and scaled.min() == -1 and scaled.max() == 1
    assert torch.equal(binary == 1, images > 0.5) and torch.equal(binary.abs(), torch.ones(297, 64))


def test_returned_tensors_can_be_changed_without_effect():
    digits.load_digits()[0].zero_()
    digits.scaled_digits("train").zero_()
    digits.split_indices("train").zero_()
    assert digits.load_digits()[0].max() == 1 and digits.split_indices("train").unique().numel() == 1500


def test_loading_does_not_import_scikit_learn():
    code = (
        "import sys; from solutions.given.data import digits; digits.binarised_digits('train');"
        "sys.exit(any(name.split('.')[0] in ('sklearn', 'scipy') for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
