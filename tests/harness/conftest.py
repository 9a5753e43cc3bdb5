"""A second, tiny homework, so that the tests do not need homework 12; a shared zygote and a shared browser."""

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
from autograder.transport.in_process import InProcess
from autograder.transport.session import Transport
from tests.harness.banked import Banked
from tests.harness.mini import Mini


@pytest.fixture
def mini(tmp_path: Path) -> Mini:
    """A new tiny homework in its own folder, with a right submission."""
    return Mini(tmp_path / "mini")


@pytest.fixture
def banked(tmp_path: Path) -> Iterator[Banked]:
    """A new tiny homework with a bank of mistakes and a right submission."""
    gc.freeze()  # the grader collects garbage after each examination, and pytest keeps many objects alive
    yield Banked(tmp_path / "banked")
    gc.unfreeze()


@pytest.fixture
def own_random_state() -> Iterator[None]:
    """A test that asks for it leaves torch's global random state as it was."""
    with torch.random.fork_rng(devices=[]):
        yield


@pytest.fixture(scope="session")
def zygote(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Isolated]:
    """One zygote for all tests of a process. It mounts the folder `pupil` of its staging folder."""
    if not supported():
        pytest.skip("isolation needs Linux")
    folder = tmp_path_factory.mktemp("isolation")
    for path in (folder, *folder.parents[:2]):  # other users cannot enter the folders of pytest
        os.chmod(path, 0o711)
    staging = folder / "staging"
    staging.mkdir()
    isolated = Isolated(ZygoteConfig(staging, "pupil", ("torch", "numpy")))
    yield isolated
    isolated.stop()


@pytest.fixture
def pupil(zygote: Isolated) -> Path:
    """The empty package folder that the workers of the zygote mount."""
    folder = Path(zygote.staging) / "pupil"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    return folder


@pytest.fixture(params=["in process", "isolated"])
def either_transport(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Transport, Path]:
    """Both transports, and the folder of the package: whatever holds for one holds for the other."""
    if request.param == "in process":
        return InProcess(tmp_path, "pupil"), tmp_path
    return request.getfixturevalue("zygote"), request.getfixturevalue("pupil")


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
