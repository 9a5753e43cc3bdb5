"""The harder digits of question 3 and their training loop: reproducible, with separate splits and random state."""

import pytest
import torch

from solutions.given.data import digits
from solutions.given.data.warped_digits import warped_digits
from solutions.given.training import early_exit

SMALL = {
    "width": 2,
    "blocks": [1, 1],
    "exits": [1],
    "exit_weights": [1.0, 0.3],
    "image_size": 16,
    "num_images": 70,
    "epochs": 2,
    "batch_size": 16,
    "learning_rate": 1e-2,
}


@pytest.mark.parametrize("size", [16, 32])
def test_form(size):
    images, labels = warped_digits(50, 0, size)
    assert images.shape == (50, 1, size, size) and images.dtype == torch.float32
    assert labels.shape == (50,) and labels.dtype == torch.int64
    assert images.isfinite().all() and set(labels.tolist()) <= set(range(10))


def test_same_seed_gives_same_images_and_keeps_the_global_state():
    state = torch.get_rng_state()
    first, again, other = warped_digits(20, 5, 16), warped_digits(20, 5, 16), warped_digits(20, 6, 16)
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.equal(first[0], again[0]) and torch.equal(first[1], again[1])
    assert not torch.equal(first[0], other[0])


def test_splits_have_no_image_in_common(monkeypatch):
    seen = {}
    for split in ("train", "test"):
        numbered = torch.arange(1797)
        monkeypatch.setattr(
            digits, "load_digits", lambda numbered=numbered: (torch.zeros(1797, 8, 8), numbered)
        )
        seen[split] = set(warped_digits(4000, 1, 16, split)[1].tolist())
    assert not seen["train"] & seen["test"]
    assert seen["train"] <= set(digits.split_indices("train").tolist())


def test_difficulty_varies():
    images, _ = warped_digits(400, 2, 32)
    noise = images[:, 0, :, 1:].sub(images[:, 0, :, :-1]).flatten(1).std(dim=1)
    assert noise.quantile(0.9) > 4 * noise.quantile(0.1)


def test_digit_without_warp_is_unchanged(monkeypatch):
    module = early_exit.warped_digits
    for name, value in {
        "LARGEST_ANGLE": 0,
        "SCALES": (1.0, 1.0),
        "LARGEST_SHIFT": 0,
        "LARGEST_NOISE": 0,
    }.items():
        monkeypatch.setattr(module, name, value)
    images, _ = warped_digits(3, 0, 16)
    base = 2 * digits.load_digits()[0] - 1
    small = torch.nn.functional.avg_pool2d(images, 2)[:, 0]
    nearest = (small[:, None] - base).abs().mean(dim=(2, 3)).min(dim=1).values
    assert nearest.max() < 0.25


@pytest.mark.parametrize(("size", "split"), [(28, "train"), (32, "validation")])
def test_refusals(size, split):
    with pytest.raises(ValueError):
        warped_digits(3, 0, size, split)


def test_training_is_reproducible_and_keeps_the_global_state():
    torch.manual_seed(0)
    state = torch.get_rng_state()
    weights, history = early_exit.train(**SMALL, seed=4)
    assert torch.equal(torch.get_rng_state(), state)
    torch.manual_seed(1)
    again, same_history = early_exit.train(**SMALL, seed=4)
    assert all(torch.equal(weights[name], again[name]) for name in weights)
    assert history == same_history and all(len(values) == 2 for values in history.values())
    other, _ = early_exit.train(**SMALL, seed=5)
    assert not torch.equal(weights["stem.0.weight"], other["stem.0.weight"])
    assert not any(value.requires_grad for value in weights.values())
