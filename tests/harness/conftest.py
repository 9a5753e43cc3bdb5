"""A second, tiny homework, so that the grader is tested on something that is not homework 12; and a zygote to share."""

import gc
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from autograder.isolation.isolated import Isolated, Setting
from autograder.isolation.syscalls import supported
from tests.harness.banked import Banked
from tests.harness.mini import Mini


@pytest.fixture
def mini(tmp_path: Path) -> Mini:
    """A fresh tiny homework in a folder of its own, its submission right."""
    return Mini(tmp_path / "mini")


@pytest.fixture
def banked(tmp_path: Path) -> Iterator[Banked]:
    """A fresh tiny homework with a bank of mistakes, its submission right."""
    gc.freeze()  # the grader collects garbage after each examination, and pytest holds much that is none
    yield Banked(tmp_path / "banked")
    gc.unfreeze()


@pytest.fixture(scope="session")
def zygote(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Isolated]:
    """One zygote for all tests of a process; what it mounts is in its staging folder, as `pupil`."""
    if not supported():
        pytest.skip("isolation needs Linux")
    folder = tmp_path_factory.mktemp("isolation")
    for path in (folder, *folder.parents[:2]):  # pytest's own folders are closed to other users
        os.chmod(path, 0o711)
    staging = folder / "staging"
    staging.mkdir()
    isolated = Isolated(Setting(staging, "pupil", ("torch", "numpy")))
    yield isolated
    isolated.stop()


@pytest.fixture
def pupil(zygote: Isolated) -> Path:
    """The empty package folder that the zygote's workers mount."""
    folder = Path(zygote.staging) / "pupil"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    return folder
