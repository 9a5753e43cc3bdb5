"""The limit of `make test` ends a loop of the submission wherever it is, and never the import of a library."""

import sys
from pathlib import Path

import pytest

from autograder.errors import TimeLimit
from autograder.transport.in_process import InProcess
from autograder.transport.session import Session

SLOW = "import time\nend = time.monotonic() + 1\nwhile time.monotonic() < end: pass\nIS_WHOLE = True\n"


def session(folder: Path, code: str, seconds: float) -> Session:
    """With a package whose one module is this code."""
    package = folder / "pupil"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "maths.py").write_text(code)
    return InProcess(package, "pupil").open(1, seconds, {})


def test_a_library_is_imported_to_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half a module would stay behind, for everything that runs later in this process."""
    (tmp_path / "slow_library.py").write_text(SLOW)
    monkeypatch.syspath_prepend(tmp_path)
    code = "def double(x):\n    import slow_library\n    while True: pass\n"
    with pytest.raises(TimeLimit):
        session(tmp_path, code, 0.2).call("maths.double", (1,))
    assert sys.modules.pop("slow_library").IS_WHOLE


def test_a_loop_at_the_import_of_the_submission_is_ended(tmp_path: Path) -> None:
    """Also below a library's function that the submission calls there."""
    code = "import functools\nfunctools.reduce(lambda a, b: a, iter(int, 1))\ndef double(x): return 2 * x\n"
    with pytest.raises(TimeLimit):
        session(tmp_path, code, 0.2).call("maths.double", (1,))


def test_what_is_charged_adds_up_over_the_calls(tmp_path: Path) -> None:
    code = "import time\ndef double(x):\n    time.sleep(0.2)\n    return 2 * x\n"
    opened = session(tmp_path, code, 0.5)
    for _ in range(2):
        opened.call("maths.double", (1,))
    assert opened.charged() > 0.35
    with pytest.raises(TimeLimit):
        opened.call("maths.double", (1,))
