"""The reader of MNIST, on small files in its format; nothing is downloaded."""

import gzip
import hashlib
import struct
import subprocess
import sys
from dataclasses import asdict, replace

import pytest
import torch

from solutions.given.data import digits, mnist
from solutions.given.experiments import q1, q2

torchvision = pytest.importorskip("torchvision", reason="torchvision reads MNIST")

COUNTS = {"train": 40, "test": 20}


def idx(values):
    """A tensor of bytes as an IDX file: two zeros, 8 for unsigned bytes, number of axes, sizes, values."""
    header = struct.pack(">HBB", 0, 8, values.ndim) + struct.pack(f">{values.ndim}I", *values.shape)
    return header + values.numpy().tobytes()


@pytest.fixture
def made(tmp_path):
    """A folder with four small files, and what is in them."""
    raw = tmp_path / "MNIST" / "raw"
    raw.mkdir(parents=True)
    contents = {}
    for split, count in COUNTS.items():
        drawn = torch.randint(256, (count, 28, 28), generator=torch.Generator().manual_seed(count))
        contents[split] = drawn.byte(), torch.arange(count).remainder(10).flip(0)
        for name, values in zip(mnist.FILES[split], contents[split], strict=True):
            (raw / name).write_bytes(idx(values.byte()))
    return tmp_path, contents


@pytest.fixture(autouse=True)
def offline(monkeypatch):
    def refuse(*_, **__):
        raise OSError("no network in tests")

    monkeypatch.setattr("socket.getaddrinfo", refuse)
    monkeypatch.delenv("MNIST_FOLDER", raising=False)


@pytest.mark.parametrize("split", ["train", "test"])
def test_images_and_labels_of_a_split_in_order_row_after_row(made, split):
    folder, contents = made
    images, labels = mnist.load(split, str(folder))
    assert images.dtype == torch.uint8 and torch.equal(images, contents[split][0])
    assert labels.dtype == torch.int64 and torch.equal(labels, contents[split][1])


def test_the_folder_may_come_from_the_environment_and_an_argument_comes_first(made, monkeypatch, tmp_path):
    folder, contents = made
    monkeypatch.setenv("MNIST_FOLDER", str(folder))
    assert torch.equal(mnist.load("test")[0], contents["test"][0])
    with pytest.raises(FileNotFoundError):
        mnist.load("test", str(tmp_path / "another"))


def test_missing_data_is_reported_with_place_files_and_download(tmp_path):
    with pytest.raises(FileNotFoundError) as caught:
        mnist.load("train", str(tmp_path / "nothing"))
    said = str(caught.value)
    assert str(tmp_path / "nothing" / "MNIST" / "raw") in said and "download=True" in said
    assert all(name in said for pair in mnist.FILES.values() for name in pair)
    assert "\n" not in said and caught.value.__suppress_context__
    assert not (tmp_path / "nothing").exists()


def test_one_missing_file_is_named(made):
    folder, _ = made
    (folder / "MNIST/raw/t10k-labels-idx1-ubyte").unlink()
    with pytest.raises(FileNotFoundError, match="lacks t10k-labels-idx1-ubyte: put"):
        mnist.load("train", str(folder))


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[:-1],
        lambda data: data[:7],
        lambda data: b"",
        lambda data: data + b"\0",
        lambda data: b"\0\0\x0d" + data[3:],  # its header says floats
        lambda data: data[:3] + b"\x01" + data[4:],  # its header says one axis
        lambda data: b"<html><body>Not found</body></html>",
        gzip.compress,
        lambda _: idx(torch.zeros(40, 27, 28).byte()),
        lambda _: idx(torch.zeros(39, 28, 28).byte()),
    ],
)
def test_damaged_file_is_reported_with_the_fix(made, damage):
    folder, _ = made
    file = folder / "MNIST/raw" / mnist.FILES["train"][0]
    file.write_bytes(damage(file.read_bytes()))
    with pytest.raises(FileNotFoundError, match=r"is damaged \(.+\): remove it, and put .* gunzip"):
        mnist.load("train", str(folder))


def test_download_without_a_network_says_so(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"could not be downloaded \(.*no network in tests") as caught:
        mnist.load("train", str(tmp_path), download=True)
    assert "\n" not in str(caught.value) and "download=True" not in str(caught.value)


@pytest.fixture
def packed(made, monkeypatch):
    """The four files packed, as they are published; torchvision knows their MD5 sums."""
    folder, contents = made
    known = []
    for file in sorted((folder / "MNIST/raw").iterdir()):
        data = gzip.compress(file.read_bytes())
        file.unlink()
        file.with_name(f"{file.name}.gz").write_bytes(data)
        known.append((f"{file.name}.gz", hashlib.md5(data).hexdigest()))
    monkeypatch.setattr(torchvision.datasets.MNIST, "resources", known)
    return folder, contents


@pytest.mark.parametrize("split", ["train", "test"])
def test_published_archives_in_the_folder_are_unpacked_without_a_network(packed, split):
    folder, contents = packed
    with pytest.raises(FileNotFoundError, match="lacks"):
        mnist.load(split, str(folder))
    images, labels = mnist.load(split, str(folder), download=True)
    assert torch.equal(images, contents[split][0]) and torch.equal(labels, contents[split][1])


def test_archive_with_other_bytes_than_the_published_one_is_downloaded_again(packed):
    folder, _ = packed
    (folder / "MNIST/raw/train-images-idx3-ubyte.gz").write_bytes(gzip.compress(b"something else"))
    with pytest.raises(FileNotFoundError, match=r"could not be downloaded \(.*no network in tests"):
        mnist.load("train", str(folder), download=True)


def test_names_are_those_that_torchvision_downloads():
    names = {name for pair in mnist.FILES.values() for name in pair}
    assert {name.removesuffix(".gz") for name, _ in torchvision.datasets.MNIST.resources} == names
    with pytest.raises(ValueError, match="split"):
        mnist.load("validation")


def test_pixels_are_processed_like_those_of_the_included_digits():
    grey = digits.load_digits()[0][digits.split_indices("test")]  # steps of 1/16
    images = (grey * 255).round().byte()
    assert torch.allclose(mnist.scaled(images), digits.scaled_digits("test"), atol=1 / 127)
    plain = (grey != 0.5).flatten(1)  # no byte is exactly one half
    coins = mnist.binarised(images)
    assert torch.equal(coins[plain], digits.binarised_digits("test")[plain])
    ends = torch.tensor([[[0, 127], [128, 255]]], dtype=torch.uint8)
    assert mnist.scaled(ends)[0, [0, 3]].tolist() == [-1, 1] and mnist.scaled(ends).dtype == torch.float32
    assert mnist.binarised(ends).tolist() == [[-1, -1, 1, 1]]


@pytest.mark.parametrize("experiment", [q1, q2])
def test_paper_preset_trains_on_the_files_and_measures_on_them(made, experiment, monkeypatch):
    folder, contents = made
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(q2, "FEW_STEPS", (5, 10))
    monkeypatch.setattr(experiment, "REAL", 60)
    paper = experiment.PRESETS["paper"]
    assert paper.data != experiment.EMBEDDED
    settings = replace(paper, folder=str(folder), iterations=3, width=8, depth=3, num_steps=51)
    trained = experiment.train(settings, 0, "cpu")
    assert trained.weights["embed_pixels.weight"].shape == (8, 784) and len(trained.curves["loss"]) == 3
    measured = experiment.measure_real(trained.weights, asdict(settings))
    assert all(picture.images.shape[1:] == (28, 28) for picture in measured.pictures)
    if experiment is q1:
        ink = mnist.binarised(contents["train"][0]).eq(1).double().sum(0).add(1).div(42)
        test = mnist.binarised(contents["test"][0]) == 1
        bits = -torch.where(test, ink, 1 - ink).log2().mean().item()
        assert measured.metrics["bits_independent"] == pytest.approx(bits)
    with pytest.raises(FileNotFoundError, match="nothing"):
        experiment.train(replace(settings, folder=str(folder / "nothing")), 0, "cpu")


def test_torchvision_is_imported_only_when_images_are_read():
    code = "import sys; from solutions.given.experiments import q1, q2; print('torchvision' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.stdout.strip() == "False", done.stderr
