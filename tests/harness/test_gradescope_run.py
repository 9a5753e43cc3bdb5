"""A run in the Gradescope container: lateness by the time of the submission, and a valid result after every failure."""

import json
import shutil
from pathlib import Path

import pytest

from autograder import schemas
from autograder.assignment.policies import HandIn, LeaderboardColumn
from autograder.cli import main
from autograder.errors import InputError
from autograder.grading.grader import Grader
from autograder.isolation.kernel.syscalls import supported
from autograder.platforms.gradescope import grade_upload, metadata
from autograder.platforms.gradescope import results as gradescope
from autograder.platforms.gradescope.metadata import Metadata
from autograder.platforms.gradescope.score_adjustment import NO_ADJUSTMENT, score_adjustment
from tests.harness.mini import CODE, MANIFEST, Mini

DUE = "2026-12-01T23:59:00.000000-08:00"
STRICT = HandIn(late_grace_minutes=15, late_loss_per_day=0.25, attempts=3)
isolated = pytest.mark.skipif(not supported(), reason="grading in a box needs Linux on x86_64 or aarch64")


def write_metadata(
    box: Path, created: str = DUE, previous: list | None = None, due: str | None = DUE, **more: object
) -> Path:
    box.mkdir(exist_ok=True)
    data = {
        "id": 7,
        "created_at": created,
        "assignment": {"due_date": due, "total_points": "110.0"},
        "users": [{"id": 1, "email": "a@b.c", "name": "A"}],
        "previous_submissions": previous or [],
    }
    path = box / metadata.NAME
    path.write_text(json.dumps({**data, **more}))
    return path


@pytest.mark.parametrize(
    ("created", "factor"),
    [
        ("2026-12-01T22:00:00-08:00", 1),
        ("2026-12-02T00:14:00-08:00", 1),  # within the grace period
        ("2026-12-02T08:14:00+00:00", 1),  # the same moment in another time zone
        ("2026-12-02T00:15:00-08:00", 0.75),  # no grace after the grace period
        ("2026-12-02T23:59:00-08:00", 0.75),
        ("2026-12-03T00:14:00-08:00", 0.75),  # the grace period of the second day
        ("2026-12-03T00:15:00-08:00", 0.5),
        ("2026-12-30T00:00:00-08:00", 0),  # never below 0
    ],
)
def test_late_days_count_from_the_submissions_own_time(tmp_path: Path, created: str, factor: float) -> None:
    assert score_adjustment(
        metadata.read(write_metadata(tmp_path, created), STRICT), STRICT
    ).factor == pytest.approx(factor)


@pytest.mark.parametrize(
    ("due", "created", "days"),
    [
        ("2026-10-31T20:00:00-07:00", "2026-11-01T19:30:00-08:00", 1),  # 24.5 hours, one of which came twice
        ("2026-10-31T20:00:00-07:00", "2026-11-01T20:16:00-08:00", 2),
        ("2027-03-13T20:00:00-08:00", "2027-03-14T20:16:00-07:00", 2),  # 23 hours and 16 minutes
        ("2027-03-13T20:00:00-08:00", "2027-03-14T19:30:00-07:00", 1),
        ("2026-11-01T01:50:00-07:00", "2026-11-01T01:10:00-08:00", 1),  # 20 minutes, earlier on the clock
        ("2027-03-14T01:55:00-08:00", "2027-03-14T03:05:00-07:00", 0),  # 10 minutes, 70 on the clock
        (
            "2026-12-01T20:00:00-08:00",
            "2026-12-03T03:30:00+00:00",
            1,
        ),  # zones that are no one's summer and winter
    ],
)
def test_a_day_ends_at_the_hour_of_the_due_time(tmp_path: Path, due: str, created: str, days: int) -> None:
    found = score_adjustment(metadata.read(write_metadata(tmp_path, created, due=due), STRICT), STRICT)
    assert found.factor == 1 - 0.25 * days


def test_times_that_no_rule_needs_are_not_read(tmp_path: Path) -> None:
    path = write_metadata(tmp_path, "yesterday", due="2026-12-01T23:59:00")
    assert metadata.read(path, HandIn(attempts=3)) == Metadata()
    assert metadata.read(write_metadata(tmp_path, due=""), STRICT).due is None


def test_an_extension_of_one_student_counts(tmp_path: Path) -> None:
    users = [{"id": 1, "assignment": {"due_date": "2026-12-05T23:59:00-08:00"}}, {"id": 2}]
    path = write_metadata(tmp_path, "2026-12-04T00:00:00-08:00", users=users)
    assert score_adjustment(metadata.read(path, STRICT), STRICT) == NO_ADJUSTMENT


def test_without_a_due_date_or_a_policy_nothing_is_late(tmp_path: Path) -> None:
    late = "2027-12-01T00:00:00-08:00"
    assert (
        score_adjustment(metadata.read(write_metadata(tmp_path, late, due=None), STRICT), STRICT)
        == NO_ADJUSTMENT
    )
    assert score_adjustment(metadata.read(write_metadata(tmp_path, late), STRICT), HandIn()) == NO_ADJUSTMENT


@pytest.mark.parametrize("created", ["yesterday", 7, "2026-12-01T23:59:00", []])
def test_an_invalid_time_is_named(tmp_path: Path, created: object) -> None:
    with pytest.raises(InputError, match="created_at"):
        metadata.read(write_metadata(tmp_path, created), STRICT)  # type: ignore[arg-type]


def test_the_best_score_is_of_those_that_were_graded(tmp_path: Path) -> None:
    before = [{"score": "7.5"}, {"score": 3}, {"score": None}, {"score": "nan"}, {}, {"score": "1e999"}]
    before += [{"score": "9", "autograder_error": True}]
    found = metadata.read(write_metadata(tmp_path, previous=before), STRICT)
    assert (found.best, found.attempt) == (7.5, 7)


def test_one_more_than_the_attempts_is_refused_with_the_best_score() -> None:
    assert not score_adjustment(Metadata(attempt=3), STRICT).refused
    refused = score_adjustment(Metadata(attempt=4, best=7.5), STRICT).refused
    assert "submission 4" in refused and "7.5" in refused
    assert not score_adjustment(Metadata(attempt=400), HandIn()).refused


def test_lateness_is_in_the_score_and_the_text_but_not_in_the_entries(mini: Mini) -> None:
    record = mini.grade()
    late = score_adjustment(
        Metadata(created=_moment("2026-12-02T12:00:00Z"), due=_moment("2026-12-01T12:00:00Z")), STRICT
    )
    results = gradescope.render(record, late)
    assert results["score"] == 7.5 and "1 day late" in results["output"]
    assert sum(test["score"] for test in results["tests"]) == 10
    assert list(schemas.mistakes(results, "gradescope")) == []


def test_the_leaderboard_shows_measured_values_not_claims(mini: Mini) -> None:
    record = mini.grade()
    row = {"run": "maths.double", "measured": {"bits": 0.4}, "claimed": {"bits": 0.4}}
    record["training"] = [row, {**row, "measured": {"bits": 0.45678}, "claimed": {}}]
    ranks = (
        LeaderboardColumn("Bits", "maths.double", "bits", "asc"),
        LeaderboardColumn("None", "maths.double", "speed"),
    )
    assert gradescope.render(record, ranks=ranks)["leaderboard"] == [
        {"name": "Bits", "value": 0.4568, "order": "asc"}
    ]
    record["tasks"][0]["outcome"] = "FAILED"
    assert "leaderboard" not in gradescope.render(record, ranks=ranks)
    assert "leaderboard" not in gradescope.render(record)


def test_text_of_a_student_is_not_markup(mini: Mini) -> None:
    record = mini.grade()
    record["notes"] = ["left out: [x](javascript:1) <img src=x> `a` | **b**\n# c"]
    shown = gradescope.render(record)["output"]
    assert r"\[x\](javascript:1) \<img src=x\> \`a\` \| \*\*b\*\* \# c" in shown


@pytest.fixture
def box(mini: Mini, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A container folder with the right submission. The tiny homework is the working folder."""
    monkeypatch.chdir(mini.root)
    (mini.root / "box").mkdir()
    shutil.copytree(mini.root / "pupil", mini.root / "box/submission/pupil")
    return mini.root / "box"


def shown(box: Path) -> dict:
    """The checked results of a run."""
    assert main(["gradescope", "--box", str(box)]) == 0
    results = json.loads((box / "results/results.json").read_text())
    assert list(schemas.mistakes(results, "gradescope")) == []
    return results


@isolated
def test_a_run_grades_and_keeps_record_and_results(box: Path, mini: Mini) -> None:
    mini.manifest(MANIFEST + "\n[hand_in]\nlate_loss_per_day = 0.1\n")
    write_metadata(box, "2026-12-02T12:00:00-08:00")
    results = shown(box)
    assert results["score"] == 9 and len(results["tests"]) == 3 and "1 day late" in results["output"]
    record = json.loads((box / "results/submission_log.json").read_text())
    assert record["score"] == 10 and record["complete"] and record["isolation"]["mode"] == "isolated"


@isolated
def test_an_empty_upload_gets_no_points_and_a_reason(box: Path) -> None:
    shutil.rmtree(box / "submission")
    (box / "submission").mkdir()
    results = shown(box)
    assert results["score"] == 0 and len(results["tests"]) == 3 and "no " in results["output"]


def test_one_attempt_too_many_is_not_opened(box: Path, mini: Mini, monkeypatch: pytest.MonkeyPatch) -> None:
    mini.manifest(MANIFEST + "\n[hand_in]\nattempts = 1\n")
    monkeypatch.setattr(Grader, "__init__", lambda *_: pytest.fail("it was opened"))
    write_metadata(box, previous=[{"score": "6"}])
    results = shown(box)
    assert results["score"] == 6 and "it was not graded" in results["output"]


def test_a_fault_of_ours_costs_no_points_and_its_traceback_is_for_staff(
    box: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("the secret is 6.5")

    monkeypatch.setattr(Grader, "__init__", broken)
    write_metadata(box, previous=[{"score": "6"}, {"score": 4}])
    results = shown(box)
    assert results["score"] == 6 and "Staff see the error" in results["output"]
    assert results["stdout_visibility"] == "hidden" and "secret" not in json.dumps(results)
    assert "RuntimeError: the secret is 6.5" in capsys.readouterr().out


def test_unreadable_metadata_of_gradescope_is_our_fault_where_a_rule_needs_it(box: Path, mini: Mini) -> None:
    mini.manifest(MANIFEST + "\n[hand_in]\nattempts = 3\n")
    (box / metadata.NAME).write_text("{")
    results = shown(box)
    assert "could not be read" in results["output"] and "Staff see the error" in results["output"]


@isolated
def test_metadata_that_no_rule_needs_costs_no_grade(box: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (box / metadata.NAME).write_text("{")
    assert shown(box)["score"] == 10
    assert metadata.NAME in capsys.readouterr().out


@isolated
def test_a_broken_test_of_ours_keeps_an_earlier_score(
    box: Path, mini: Mini, capsys: pytest.CaptureFixture[str]
) -> None:
    mini.hidden("import no_such_module\n")
    (box / "submission/pupil/maths.py").write_text(CODE.replace("2 * x", "3 * x"))
    write_metadata(box, previous=[{"score": "9"}])
    results = shown(box)
    assert results["score"] == 9 and "not your fault" in results["output"]
    assert "no_such_module" in capsys.readouterr().out and "no_such_module" not in json.dumps(results)


def test_result_before_the_grader_starts_is_valid() -> None:
    assert list(schemas.mistakes(grade_upload.ungraded(grade_upload.UNSTARTED, 0), "gradescope")) == []


def _moment(text: str):
    from datetime import datetime

    return datetime.fromisoformat(text)
