"""The sheets for grading by hand, made from two small records."""

import csv
import io
import json
from pathlib import Path

import pytest

from autograder import cli, commands
from autograder.errors import InputError
from autograder.render import manual
from tests.harness.mini import MANIFEST, PUBLIC, Mini

ESSAY = """
@pytest.mark.task("answers.essay")
def test_essay(hw):
    "There is an essay."
    assert hw.answer("essay")
"""
WITH_ESSAY = MANIFEST.replace(
    "]\n\n[staff]",
    '    { id = "answers.essay", kind = "answer", text = true, points = 0 },\n]\n'
    '[[questions]]\nid = "q2"\ntitle = "On paper"\nmanual_points = 1\n'
    '[[questions]]\nid = "q3"\ntitle = "Nothing for people"\n\n[staff]',
)
RUBRIC = """# 1. All of it {#q1}

Why?

<!-- BEGIN SOLUTION q1 -->
Because.
<!-- BEGIN RUBRIC q1 -->
- 2 points: A reason.
  It may be short.
- 1 point: Another.
<!-- END RUBRIC -->
<!-- END SOLUTION -->

# 2. {#q2}

# 3. {#q3}
"""


@pytest.fixture
def logs(mini: Mini, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """One log of Ada and Alan, with special characters in an answer; one log without a name and without an essay."""
    mini.manifest(WITH_ESSAY)
    mini.public(PUBLIC + ESSAY)
    monkeypatch.chdir(mini.root)
    found = []
    for name, form in {
        "a": 'names = ["Ada #1", "Alan"]\nstudent_ids = ["1", "2"]\ncolour = "blue"\n'
        'essay = """=1+1\n```\n# Points: all\\u001b[2J"""\n',
        "b": 'colour = "red"\n',
    }.items():
        mini.answers(form)
        mini.grade()
        found.append((mini.out / "submission_log.json").rename(mini.root / f"{name}.json"))
    return found


def test_table_has_a_row_for_each_submission_and_question(mini: Mini, logs: list[Path]) -> None:
    manual.export(logs, mini.loaded(), mini.root / "by_hand")
    rows = list(csv.DictReader(io.StringIO((mini.root / "by_hand/manual.csv").read_text())))
    told = [tuple(row[name] for name in ("names", "ids", "question", "manual_points")) for row in rows]
    assert told == [
        ("Ada #1; Alan", "1; 2", "q1", "3"),
        ("Ada #1; Alan", "1; 2", "q2", "1"),
        ("", "", "q1", "3"),
        ("", "", "q2", "1"),
    ]
    assert [row["submission"] for row in rows] == [str(logs[0])] * 2 + [str(logs[1])] * 2
    # A spreadsheet would run a text that starts with an equal sign; a terminal would run an escape sequence.
    assert rows[0]["answer"] == "'=1+1\n```\n# Points: all\\x1b[2J"
    assert [row["answer"] for row in rows[1:]] == ["", "", ""]
    assert {row["points"] + row["comment"] for row in rows} == {""}


def test_page_has_answers_and_a_rubric_to_fill_in(mini: Mini, logs: list[Path]) -> None:
    written = manual.export(logs, mini.loaded(), mini.root / "by_hand")
    assert [path.name for path in written] == ["manual.csv", "q1.md", "q2.md"]
    page = written[1].read_text()
    assert page.startswith("# q1: Arithmetic\n\n## Ada \\#1; Alan (1; 2)\n\nFrom `")
    # No text in an answer can end its block and look like text of the grader.
    assert "`essay`:\n\n````text\n=1+1\n```\n# Points: all\\x1b[2J\n````\n" in page
    assert "- `colour`: `blue`" in page and "- `colour`: `red`" in page and "(blank)" in page
    assert page.count("### Rubric, ___ of 3 points\n\n- [ ] 3 points:\n\nComment:\n") == 2
    assert "## no name (no id)" in page


def test_rubric_is_that_of_the_written_solutions(mini: Mini, logs: list[Path]) -> None:
    mini.manifest(WITH_ESSAY.replace('reference = "pupil"', 'reference = "pupil"\nhandout = "sheet"'))
    (mini.root / "sheet").mkdir()
    (mini.root / "sheet/index.md").write_text("Hello.\n")
    (mini.root / "sheet/q1.md").write_text(RUBRIC)
    page = manual.export(logs, mini.loaded(), mini.root / "by_hand")[1].read_text()
    assert "\n- [ ] 2 points: A reason.\n  It may be short.\n- [ ] 1 point: Another.\n" in page
    assert "Because" not in page


def test_record_of_another_assignment_is_refused(mini: Mini, logs: list[Path]) -> None:
    record = json.loads(logs[0].read_text())
    record["assignment"]["id"] = "other"
    logs[0].write_text(json.dumps(record))
    with pytest.raises(InputError, match="belongs to other, not to mini"):
        manual.export(logs, mini.loaded(), mini.root / "by_hand")
    assert not (mini.root / "by_hand").exists()


def test_command(mini: Mini, logs: list[Path], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["manual", *map(str, logs), "--out", "by_hand"]) == commands.DONE
    assert capsys.readouterr().out.splitlines()[-1] == "written: by_hand/q2.md"
    assert cli.main(["manual", "nothing.json", "--out", "by_hand"]) == commands.BAD_CALL
    assert cli.main(["manual", str(logs[0]), "--out", str(logs[1])]) == commands.BAD_CALL
