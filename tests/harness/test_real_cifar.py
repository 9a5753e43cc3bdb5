"""The reader of CIFAR-10, on small files in its format; nothing is downloaded."""

import hashlib
import os
import pickle
import subprocess
import sys
import tarfile

import numpy as np
import pytest
import torch

from solutions.given.data import cifar

torchvision = pytest.importorskip("torchvision", reason="torchvision reads CIFAR-10")

NAMES = [f"data_batch_{number}" for number in range(1, 6)]


def batch(count, seed):
    drawn = np.random.default_rng(seed)
    return {
        "batch_label": "made by a test",
        "labels": drawn.integers(10, size=count).tolist(),
        "data": drawn.integers(256, size=(count, 3072), dtype=np.uint8),
        "filenames": [f"{number}.png" for number in range(count)],
    }


@pytest.fixture
def published(monkeypatch, tmp_path):
    """Five batches and a test batch as if they were the published ones: torchvision knows their MD5 sums."""
    folder = tmp_path / "cifar"
    batches = folder / "cifar-10-batches-py"
    batches.mkdir(parents=True)
    made = {name: batch(4 + number, number) for number, name in enumerate([*NAMES, "test_batch"])}
    contents = {**made, "batches.meta": {"label_names": [f"class {number}" for number in range(10)]}}
    sums = {}
    for name, content in contents.items():
        data = pickle.dumps(content, protocol=2)
        (batches / name).write_bytes(data)
        sums[name] = hashlib.md5(data).hexdigest()
    known = torchvision.datasets.CIFAR10
    monkeypatch.setattr(known, "train_list", [[name, sums[name]] for name in NAMES])
    monkeypatch.setattr(known, "test_list", [["test_batch", sums["test_batch"]]])
    monkeypatch.setattr(known, "meta", {**known.meta, "md5": sums["batches.meta"]})
    return folder, made


@pytest.fixture(autouse=True)
def offline(monkeypatch):
    def refuse(*_, **__):
        raise OSError("no network in tests")

    monkeypatch.setattr("socket.getaddrinfo", refuse)
    monkeypatch.delenv("CIFAR10_FOLDER", raising=False)


def test_train_is_five_batches_in_order_channel_after_channel(published):
    folder, made = published
    images, labels = cifar.load("train", str(folder))
    count = sum(len(made[name]["labels"]) for name in NAMES)
    assert images.shape == (count, 3, 32, 32) and images.dtype == torch.uint8
    assert labels.dtype == torch.int64
    assert labels.tolist() == [label for name in NAMES for label in made[name]["labels"]]
    second = made["data_batch_2"]["data"][0]  # 1024 red values row after row, then green, then blue
    picture = images[len(made["data_batch_1"]["labels"])]
    assert picture[2, 5, 7] == second[2 * 1024 + 5 * 32 + 7]
    assert torch.equal(picture.flatten(), torch.from_numpy(second))


def test_test_is_its_own_batch_and_the_folder_may_come_from_the_environment(published, monkeypatch):
    folder, made = published
    monkeypatch.setenv("CIFAR10_FOLDER", str(folder))
    images, labels = cifar.load("test")
    assert labels.tolist() == made["test_batch"]["labels"]
    assert images[0, 1, 0, 0] == made["test_batch"]["data"][0, 1024]


def test_damaged_file_is_never_unpickled(published, tmp_path):
    class Gadget:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "escaped"),)

    folder, _ = published
    (folder / "cifar-10-batches-py" / "data_batch_3").write_bytes(pickle.dumps(Gadget()))
    with pytest.raises(FileNotFoundError, match="is not there, or damaged"):
        cifar.load("train", str(folder))
    assert not (tmp_path / "escaped").exists()


def test_missing_data_is_reported_with_place_files_and_download(tmp_path):
    with pytest.raises(FileNotFoundError) as caught:
        cifar.load("train", str(tmp_path / "nothing"))
    said = str(caught.value)
    assert str(tmp_path / "nothing") in said and cifar.ARCHIVE in said and "download=True" in said
    assert "\n" not in said and caught.value.__suppress_context__
    assert not (tmp_path / "nothing").exists()


def test_download_without_a_network_says_so(published, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"could not be downloaded \(.*no network in tests"):
        cifar.load("train", str(tmp_path / "nothing"), download=True)


def test_archive_in_the_folder_is_unpacked_without_a_network(published, tmp_path, monkeypatch):
    folder, made = published
    other = tmp_path / "other"
    other.mkdir()
    archive = other / "cifar-10-python.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(folder / "cifar-10-batches-py", "cifar-10-batches-py")
    monkeypatch.setattr(
        torchvision.datasets.CIFAR10, "tgz_md5", hashlib.md5(archive.read_bytes()).hexdigest()
    )
    _, labels = cifar.load("test", str(other), download=True)
    assert labels.tolist() == made["test_batch"]["labels"]


def test_folder_and_address_are_those_of_torchvision():
    assert torchvision.datasets.CIFAR10.url == cifar.ARCHIVE
    with pytest.raises(ValueError, match="split"):
        cifar.load("validation")


def test_normalised_colours_have_mean_0_and_deviation_1():
    mean, deviation = torch.tensor(cifar.MEAN), torch.tensor(cifar.DEVIATION)
    low, high = (255 * (mean - deviation)).round().byte(), (255 * (mean + deviation)).round().byte()
    images = torch.stack([low, high]).view(2, 3, 1, 1).expand(2, 3, 4, 5)
    found = cifar.normalised(images)
    assert found.dtype == torch.float32 and found.shape == images.shape
    assert torch.allclose(found[0], torch.tensor(-1.0), atol=0.01)
    assert torch.allclose(found[1], torch.tensor(1.0), atol=0.01)


def test_augmented_images_are_crops_of_the_padded_ones_and_their_mirrors():
    images = torch.arange(1, 2 * 3 * 6 * 7 + 1).view(2, 3, 6, 7).byte()
    padded = cifar.F.pad(images, (4, 4, 4, 4))
    cuts = [
        cut.flip(-1) if mirrored else cut
        for down in range(9)
        for right in range(9)
        for mirrored in (False, True)
        for cut in [padded[:, :, down : down + 6, right : right + 7]]
    ]
    right = [{cifar.normalised(cut)[row].numpy().tobytes() for cut in cuts} for row in range(2)]
    assert [len(each) for each in right] == [162, 162]
    generator = torch.Generator().manual_seed(0)
    seen = [set(), set()]
    for _ in range(600):
        for row, found in enumerate(cifar.augmented(images, generator)):
            assert found.is_contiguous()
            seen[row].add(found.numpy().tobytes())
    assert seen[0] <= right[0] and seen[1] <= right[1]
    assert min(map(len, seen)) > 140  # a crop is missed with probability 0.024: 4 of 162 are


def test_augmentation_is_reproducible():
    images = torch.randint(256, (5, 3, 32, 32), generator=torch.Generator().manual_seed(1)).byte()
    first, again, other = (cifar.augmented(images, torch.Generator().manual_seed(seed)) for seed in (2, 2, 3))
    assert torch.equal(first, again) and not torch.equal(first, other)


def test_torchvision_is_imported_only_when_images_are_read():
    code = "import sys; from solutions.given.data import cifar; print('torchvision' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.stdout.strip() == "False", done.stderr
