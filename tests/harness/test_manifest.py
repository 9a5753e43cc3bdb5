"""Every mistake in the manifest is named, with its line."""

from pathlib import Path

import pytest

from autograder.assignment.manifest import ManifestError, find, load
from autograder.submission import sources as source
from tests.harness.mini import MANIFEST

ROOT = Path(__file__).parents[2]


def _mistake(tmp_path: Path, old: str, new: str) -> str:
    assert MANIFEST.count(old) == 1
    path = tmp_path / "assignment.toml"
    path.write_text(MANIFEST.replace(old, new))
    with pytest.raises(ManifestError) as caught:
        load(path)
    return str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("threads = 1", "threads = 1\nthread = 2", 11, "unknown key 'thread' in limits"),
        ("points = 4 }", "pionts = 4 }", 29, "'points' is a required property"),
        ("points = 4 }", "points = 4, colour = 1 }", 29, "unknown key 'colour'"),
        ("points = 4 }", "points = -4 }", 29, "less than the minimum"),
        ("points = 4 }", "points = 3 }", 6, "add up to 9, not to 10"),
        ('needs = ["maths.double"]', 'needs = ["maths.treble"]', 30, "'maths.treble', which is not a task"),
        (
            'needs = ["maths.double"]',
            'needs = ["maths.quadruple"]',
            30,
            "cycle: maths.quadruple -> maths.quadruple",
        ),
        ('"maths.quadruple", points', '"maths.double", points', 30, "there are two tasks 'maths.double'"),
        ('"maths.quadruple", points', '"quadruple", points', 30, "does not match"),
        ('colour = "blue"', 'colour = "green"', 38, "'green' is not one of the options"),
        ('colour = "blue"', 'shape = "round"', 38, "'shape' is not an answer task"),
        (
            "points = 4 }",
            "points = 4, weights = { publik = 0 } }",
            29,
            "suite 'publik', which does not exist",
        ),
        ("total = 60", "", 8, "'total' is a required property"),
        ('title = "Arithmetic"', "title = Arithmetic", 26, "not valid TOML"),
    ],
)
def test_mistake_is_named_with_its_line(tmp_path: Path, old: str, new: str, line: int, words: str) -> None:
    message = _mistake(tmp_path, old, new)
    assert words in message
    assert f":{line}:" in message or f"line {line}" in message


def test_all_mistakes_are_named_at_once(tmp_path: Path) -> None:
    path = tmp_path / "assignment.toml"
    path.write_text(
        MANIFEST.replace("threads = 1", "threads = 0").replace("points = 4 }", "points = 4, x = 1 }")
    )
    with pytest.raises(ManifestError) as caught:
        load(path)
    assert len(str(caught.value).splitlines()) == 2


def test_needs_are_what_the_reference_calls() -> None:
    manifest = load(ROOT / "assignment.toml")
    looks = source.scan(ROOT / "solutions", manifest.tasks.values())
    code = [task for task in manifest.tasks.values() if task.kind == "code"]
    for task in code:
        room = [other for other in code if other.id.split(".")[0] == task.id.split(".")[0]]
        by_name = {
            other.name: other.id for other in sorted(room, key=lambda other: other.module == task.module)
        }
        called = {by_name[name] for name in looks[task.id].calls & by_name.keys()} - {task.id}
        assert called == {need for need in task.needs if not looks[need].is_class or need in called}, task.id


def test_homework_has_all_questions_and_all_points() -> None:
    manifest = load(ROOT / "assignment.toml")
    due = ["q1a", "q1b", "q1c", "q1d", "q1e", "q2a", "q2b", "q2c", "q3a", "q3b", "q4a", "q4b", "q4c", "q5"]
    assert [question.id for question in manifest.questions] == due
    assert sum(question.points for question in manifest.questions) == manifest.points == 110
    assert len(manifest.tasks) >= 40


def test_missing_manifest_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(Exception, match="call this from inside the homework's folder"):
        find(tmp_path)
