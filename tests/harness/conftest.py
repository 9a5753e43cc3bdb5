"""A second, tiny homework, so that the grader is not tested on homework 12 alone; a zygote and a browser to share."""

import gc
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from autograder.isolation.isolated import Isolated, ZygoteConfig
from autograder.isolation.kernel.syscalls import supported
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


@pytest.fixture
def own_random_state() -> Iterator[None]:
    """A test that asks for it leaves torch's global random state as it was."""
    with torch.random.fork_rng(devices=[]):
        yield


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
    isolated = Isolated(ZygoteConfig(staging, "pupil", ("torch", "numpy")))
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


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A headless Chromium."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed (extra: dev)")
    names = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "chrome")
    with playwright.sync_playwright() as started:
        own = started.chromium.executable_path
        found = next(filter(None, map(shutil.which, names)), own if os.path.exists(own) else None)
        if found is None:
            pytest.skip(
                "no Chromium on this machine: install the package chromium, or `playwright install chromium`"
            )
        opened = started.chromium.launch(executable_path=found)
        yield opened
        opened.close()
