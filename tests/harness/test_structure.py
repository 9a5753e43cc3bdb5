"""The order of the folders: page and table agree, every path on the page exists, and every kind of import counts."""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.harness import structure

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
LAYERS = next(contract["layers"] for contract in SETTINGS["contracts"] if contract["type"] == "layers")


def test_the_page_shows_the_table() -> None:
    """Kills: a folder that moves in the table and not on the page."""
    rows = re.findall(r"^\| (\d+) \| (.+?) \|", PAGE, flags=re.M)
    shown: dict[int, set[str]] = {}
    for number, names in rows:
        shown.setdefault(int(number), set()).update(
            name.removesuffix("/").removesuffix(".py") for name in re.findall(r"`([\w./]+)`", names)
        )
    table = [set(re.findall(r"\w+", layer)) for layer in LAYERS if "commands" in layer or "__" not in layer]
    table = [layer for layer in table if not layer & {"cli", "check"}]
    assert [shown[number] for number in sorted(shown, reverse=True)] == table


def test_every_path_on_the_page_exists() -> None:
    """Kills: a page that leads to a file which has moved."""
    paths = set(re.findall(r"`((?:autograder|tests|docs|solutions|benchmarks)/[\w./]+)`", PAGE))
    assert len(paths) > 10
    assert [path for path in sorted(paths) if not (ROOT / path).exists()] == []


def test_figures_of_this_tree_keep_to_their_limits(capsys: pytest.CaptureFixture[str]) -> None:
    assert structure.main() == 0
    assert "0 circles" in capsys.readouterr().out


def test_a_circle_is_found() -> None:
    assert structure.circle({"a": {"b"}, "b": {"c"}, "c": set()}) == []
    assert set(structure.circle({"a": {"b"}, "b": {"c"}, "c": {"a"}})) == {"a", "b", "c"}


def test_a_long_file_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder in structure.CODE:
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "short.py").write_text("x = 1\n")
    (tmp_path / "autograder/long.py").write_text("x = 1\n" * 251)
    monkeypatch.setattr(structure, "imports", dict)
    assert [p for p in structure.problems(tmp_path) if "long.py has 251" in p]


UPWARD = {
    "at the top": "from autograder.commands import grade\n",
    "inside a function": "def f():\n    from autograder.grading import grade\n",
    "for types": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from autograder.record import build\n",
    "of a homework": "import solutions.answers\n",
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", UPWARD)
def test_an_import_that_runs_up_breaks_lint(kind: str, tmp_path: Path) -> None:
    """Kills: a check that overlooks lazy imports, or imports for types."""
    for package in ("autograder", "benchmarks", "solutions", "student", "tests"):
        shutil.copytree(
            ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__", "artifacts")
        )
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    command = [Path(sys.executable).with_name("lint-imports"), "--no-logo", "--no-cache"]
    assert subprocess.run(command, cwd=tmp_path, capture_output=True).returncode == 0
    target = tmp_path / "autograder/atomic.py"
    (tmp_path / "solutions/answers.py").write_text("")
    target.write_text(target.read_text(encoding="utf-8") + UPWARD[kind])
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 1 and "autograder.atomic" in done.stdout


NOT_PLAIN = ["Mend it first.", "It is made anew.", "plain english, misspeled"]  # codespell:ignore


@pytest.mark.parametrize("text", NOT_PLAIN)
def test_a_word_that_is_not_plain_breaks_lint(text: str, tmp_path: Path) -> None:
    """Kills: a list of words that is not read, and one that replaces codespell's own."""
    (tmp_path / "page.md").write_text(text)
    lists = ["-D", "-", "-D", str(ROOT / "docs/plain-words.txt")]
    done = subprocess.run(
        [sys.executable, "-m", "codespell_lib", *lists, "page.md"], cwd=tmp_path, capture_output=True
    )
    assert done.returncode == 65
