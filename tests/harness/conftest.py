"""A second, tiny homework, so that the grader is tested on something that is not homework 12."""

from pathlib import Path

import pytest

from tests.harness.mini import Mini


@pytest.fixture
def mini(tmp_path: Path) -> Mini:
    """A fresh tiny homework in a folder of its own, its submission right."""
    return Mini(tmp_path / "mini")
