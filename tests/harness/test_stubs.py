"""The generator of stubs: its output for a package."""

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from autograder.release import leaks
from autograder.release.stubs import StubError, differences, generate, write
from tests.harness.area import ANSWERS_STUB, AREA, AREA_STUB, TASKS, only, package


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A complete small package of solutions."""
    return package(tmp_path / "solutions")


def test_functions_methods_imports_and_answers_are_removed(source: Path) -> None:
    """Functions and methods become a TODO and a raise, imports are removed, everything else is kept byte for byte."""
    generated = generate(source, TASKS, questions={"q1c", "q5"})
    assert generated["area.py"].decode() == AREA_STUB
    assert generated["answers.toml"].decode() == ANSWERS_STUB
    assert generated["given/data.npz"] == bytes(range(256))
    assert list(generated) == [
        "__init__.py",
        "answers.toml",
        "area.py",
        "given/artifacts/kept.bin",
        "given/base.py",
        "given/data.npz",
    ]


def test_blanked_answers_keep_their_keys(source: Path) -> None:
    """Blank answers parse, and have the same keys."""
    blank = tomllib.loads(generate(source, TASKS)["answers.toml"].decode())
    assert blank["q5"] == {"hours": "", "with whom": "", "kept": True}
    assert blank["q1"] == {"choice": ""}


def test_values_outside_markers_can_be_anything(tmp_path: Path) -> None:
    """Even a value that is not equal to itself stays."""
    text = "a = nan\nb = [1979-05-27, inf]\n"
    assert generate(only(tmp_path, text, "answers.toml"), {}) == {"answers.toml": text.encode()}


def test_stub_is_idempotent_under_generation(source: Path, tmp_path: Path) -> None:
    """Stubs of stubs are the same, because they contain no marker."""
    stub = generate(source, TASKS)["area.py"]
    assert generate(only(tmp_path, stub), {}) == {"area.py": stub}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('"""D."""\n\n{}\n\nimport b\n', '"""D."""\n\nimport b\n'),
        ('"""D."""\n\n{}\nimport b\n', '"""D."""\n\nimport b\n'),
        ('"""D."""\n\nimport b\n{}\n', '"""D."""\n\nimport b\n'),
        ("import b\n{}\nimport c\n", "import b\nimport c\n"),
        ("import b\n\n{}\n\nimport c\n", "import b\n\nimport c\n"),
        ("import b\n\n{}\n\n\ndef f():\n    pass\n", "import b\n\n\ndef f():\n    pass\n"),
        ("import b\n{}\n\n\ndef f():\n    pass\n", "import b\n\n\ndef f():\n    pass\n"),
        (
            "def f():\n    pass\n\n\n{}\n\n\ndef g():\n    pass\n",
            "def f():\n    pass\n\n\ndef g():\n    pass\n",
        ),
        ("{}\nimport b\n", "import b\n"),
        ("def f():\n    pass\n\n\n{}\n", "def f():\n    pass\n"),
        ("{}\n", ""),
    ],
)
def test_module_block_leaves_no_trace(tmp_path: Path, before: str, after: str) -> None:
    """The output does not show where a block of imports was."""
    block = "# BEGIN SOLUTION q1a\nimport a\n\nimport z\n\n# END SOLUTION"
    folder = only(tmp_path, before.format(block))
    (folder / "other.py").write_text(
        "def f():\n    # BEGIN SOLUTION q1a\n    return 1\n    # END SOLUTION\n", newline=""
    )
    assert generate(folder, {"other.f": "q1a"})["area.py"].decode() == after


def test_stubs_are_formatted(source: Path, tmp_path: Path) -> None:
    """`ruff format` changes nothing in stubs of formatted sources."""
    pytest.importorskip("ruff")
    (source / "area.py").write_text(AREA)
    write(source, tmp_path / "student", TASKS)
    command = [sys.executable, "-m", "ruff", "format", "--isolated", "--check", "--quiet"]
    for folder in (source, tmp_path / "student"):
        assert subprocess.run([*command, str(folder)], check=False).returncode == 0, folder


def test_stub_raises_with_its_task(source: Path) -> None:
    """A student first sees the question and the task."""
    scope: dict[str, object] = {}
    text = generate(source, TASKS)["area.py"].decode().replace("from . import given", "")
    square = next(node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef))
    exec(compile(ast.Module([square], []), "area.py", "exec"), scope)
    with pytest.raises(NotImplementedError, match=r"TODO\(q1a\): area\.square"):
        scope["square"](1.0)  # type: ignore[operator]
    with pytest.raises(ValueError, match="negative"):
        scope["square"](-1.0)  # type: ignore[operator]


def test_task_without_block_is_refused(source: Path) -> None:
    """A task of the manifest that has no block is named, with the file where it belongs."""
    with pytest.raises(StubError, match=r"area\.py: .*area\.circle.* no solution block"):
        generate(source, TASKS | {"area.circle": "q1a"})
    with pytest.raises(StubError, match="no such file"):
        generate(source, TASKS | {"volume.cube": "q1a"})


def test_markers_in_other_files_are_refused(source: Path) -> None:
    """A file that is copied completely must not contain a block."""
    (source / "notes.md").write_text("# BEGIN SOLUTION q1a\n42\n# END SOLUTION\n")
    with pytest.raises(StubError, match="copied whole"):
        generate(source, TASKS)


def test_source_that_is_missing_or_linked_is_refused(source: Path, tmp_path: Path) -> None:
    """No source, and a source that leads out of its folder, are refused."""
    with pytest.raises(StubError, match="not a folder"):
        generate(tmp_path / "nowhere", TASKS)
    (source / "link.py").symlink_to(tmp_path)
    with pytest.raises(StubError, match="link"):
        generate(source, TASKS)


FOUR_SIDES = "return self . width * self . height"
POWER = ("return math . pow ( value , 2.0", "math . pow ( value , 2.0 )")


@pytest.mark.parametrize(
    ("name", "planted", "found"),
    [
        ("area.py", "\n# return self.width * self.height\n", ["return self.width * self.height", FOUR_SIDES]),
        ("area.py", "import math\n", ["import math"]),
        ("given/base.py", "    return  math.pow(value, 2.0)", [*POWER]),
        ("README.md", "`return math.pow(value, 2.0)`", [*POWER, "return math.pow(value, 2.0)"]),
        ("README.md", "`return math.exp(value)`", []),
        ("answers.toml", 'choice = "sigmoid"\n', ['choice = "sigmoid"']),
        ("area.py", "# a comment that gives all away\n", ["# a comment that gives all away"]),
    ],
)
def test_leaks_are_found(source: Path, name: str, planted: str, found: list[str]) -> None:
    """Lines and runs of tokens of a solution are found in any file, and nothing else is reported."""
    generated = generate(source, TASKS)
    secrets = leaks.gather(source)
    assert leaks.find(generated, secrets) == []
    generated[name] = generated.get(name, b"") + planted.encode()
    assert leaks.find(generated, secrets) == sorted(f"{name}: {what}" for what in found)


def test_leaks_of_a_broken_source_are_refused(tmp_path: Path) -> None:
    """A source that cannot be read cannot be searched."""
    with pytest.raises(StubError, match="cannot be read as Python"):
        leaks.gather(only(tmp_path, "x = (\n"))


def test_student_package_equals_the_generated_one() -> None:
    """`student/` equals the stubs of `solutions/` byte for byte, and contains no line of a solution."""
    from autograder.assignment.manifest import load

    root = Path(__file__).parents[2]
    manifest = load(root / "assignment.toml")
    tasks = manifest.code_tasks()
    generated = generate(
        root / "solutions", tasks, questions={question.id for question in manifest.questions}
    )
    assert differences(root / "solutions", root / "student", tasks) == []
    assert leaks.find(generated, leaks.gather(root / "solutions")) == []
    assert len(tasks) >= 40
