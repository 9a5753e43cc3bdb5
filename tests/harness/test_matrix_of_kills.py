"""The kill matrix: which entries are killed or accepted, the evidence, and the output and exit code of the command."""

import json
import os

import pytest

from autograder import cli, commands
from autograder.errors import HarnessError
from autograder.misconceptions import bank
from autograder.outcomes import Outcome
from autograder.proving import difference, matrix
from tests.harness.bank_homework import HIDDEN, MANIFEST, TESTS
from tests.harness.banked import Banked
from tests.harness.mistakes import fill, right, tried, wrong


@pytest.fixture
def inside(banked: Banked, monkeypatch: pytest.MonkeyPatch) -> Banked:
    """The tiny homework, with its folder as the working folder."""
    monkeypatch.chdir(banked.root)
    return banked


def mutants(*arguments: str) -> int:
    return cli.main(["mutants", *arguments])


def last_line(capsys: pytest.CaptureFixture[str]) -> str:
    return capsys.readouterr().out.rstrip().split("\n")[-1]


def test_all_killed_and_accepted_is_exit_code_0_and_is_written(
    inside: Banked, capsys: pytest.CaptureFixture[str]
) -> None:
    entries = bank.load(inside.loaded()).values()
    count = sum(entry.is_wrong for entry in entries)
    line = f"killed {count}/{count}, accepted {len(entries) - count}/{len(entries) - count}"
    assert mutants("--out", "out") == commands.DONE
    assert last_line(capsys) == line
    data = json.loads((inside.root / "out/matrix.json").read_text())
    page = (inside.root / "out/matrix.html").read_text()
    assert data["holds"] and data["last_line"] == line and data["seed"] == 0
    assert data["failures"] == {"SURVIVES": [], "REFUSED": [], "NOT PROVEN DIFFERENT": []}
    reported = {entry["id"]: entry for entry in data["entries"]}
    assert reported["double_adds_one"]["tests"] == {
        "checks/public/test_mini.py::test_double": "FAILED",
        "checks/public/test_mini.py::test_double_of_none": "FAILED",
        "checks/hidden/test_hidden_mini.py::test_secret_double": "FAILED",
    }
    assert reported["double_triples"]["where"].startswith("mistakes/q1.py:")
    assert all(entry["difference"] for entry in data["entries"] if entry["wrong"])
    assert line in page and "double_<wbr>triples" in page


def test_survivor_is_named_and_changes_exit_code_and_last_line(
    inside: Banked, capsys: pytest.CaptureFixture[str]
) -> None:
    fill(
        inside,
        wrong("maths.double", "twice", "return x + x"),
        wrong("maths.double", "thrice", "return 3 * x"),
    )
    assert mutants("--out", "out") == commands.NOT_PASSED
    shown = capsys.readouterr().out
    assert "SURVIVES twice (mistakes/q1.py:3): is wrong" in shown and "SURVIVES thrice" not in shown
    assert shown.rstrip().endswith("killed 1/2, accepted 0/0")
    assert json.loads((inside.root / "out/matrix.json").read_text())["failures"]["SURVIVES"] == ["twice"]


def test_refused_right_answer_is_named_with_the_test_and_changes_exit_code_and_last_line(
    inside: Banked, capsys: pytest.CaptureFixture[str]
) -> None:
    fill(
        inside, right("maths.double", "by_sum", "return x + x"), right("maths.double", "odd", "return x * x")
    )
    assert mutants() == commands.NOT_PASSED
    shown = capsys.readouterr().out
    assert "REFUSED odd (mistakes/q1.py:8): is right" in shown and "REFUSED by_sum" not in shown
    assert "checks/public/test_mini.py::test_double: FAILED: the result is wrong" in shown
    assert shown.rstrip().endswith("killed 0/0, accepted 1/2")


def test_right_answer_runs_the_dependent_tasks_and_a_wrong_one_its_own(
    banked: Banked,
) -> None:
    banked.manifest(
        MANIFEST.replace('needs = ["maths.quadruple", "maths.double"]', 'needs = ["maths.quadruple"]')
    )
    fill(
        banked,
        # Only octuple doubles 12.
        right("maths.double", "odd_at_12", "return torch.where(x == 12, x, 2 * x)"),
        wrong("maths.double", "thrice", "return 3 * x"),
    )
    trials = tried(banked)
    assert [test.partition("::")[2] for test in trials["odd_at_12"].killers] == ["test_octuple"]
    assert {result.task for result in trials["thrice"].results.values()} == {"maths.double"}


def test_endless_or_exiting_entry_is_killed_and_the_others_run(
    banked: Banked,
) -> None:
    banked.manifest(MANIFEST.replace("seconds = 5", "seconds = 0.5"))
    fill(
        banked,
        wrong("maths.double", "waits", "while True:\n    pass"),
        wrong("maths.double", "leaves", "import os\nos._exit(3)"),
        wrong("maths.double", "thrice", "return 3 * x"),
        right("maths.double", "twice", "return x + x"),
    )
    trials = tried(banked)
    assert {result.outcome for result in trials["waits"].results.values()} == {Outcome.TIMEOUT}
    assert trials["leaves"].killers and trials["thrice"].killers and not trials["twice"].killers
    for name in ("waits", "leaves"):
        found = difference.of(trials[name])
        assert found is not None and (found["what"], found["reply"]) == ("time", "none")


def test_fault_of_a_test_is_a_fault_and_not_a_kill(inside: Banked, capfd: pytest.CaptureFixture[str]) -> None:
    inside.public(TESTS.replace('"Two times three is six."', "undefined_name"))
    with pytest.raises(HarnessError, match="undefined_name"):
        tried(inside)
    assert mutants() == commands.OUR_FAULT
    assert "error of the grader itself" in capfd.readouterr().err


def test_only_some_of_many_faults_are_reported(banked: Banked) -> None:
    banked.public(TESTS.replace('"Two times three is six."', "undefined_name"))
    fill(banked, *(wrong("maths.double", f"times_{n}", f"return {n} * x") for n in range(3, 12)))
    with pytest.raises(HarnessError) as caught:
        tried(banked)
    assert str(caught.value).count("times_") == matrix.MAX_FAULTS and "more" in str(caught.value)


def test_entry_equal_to_the_reference_is_not_proven_different(
    inside: Banked, capsys: pytest.CaptureFixture[str]
) -> None:
    inside.hidden(HIDDEN.replace("6.5", "7.5"))
    fill(inside, wrong("maths.double", "twice", "return x + x"))
    assert mutants() == commands.NOT_PASSED
    shown = capsys.readouterr().out
    assert "NOT PROVEN DIFFERENT twice" in shown and shown.rstrip().endswith("killed 1/1, accepted 0/0")


def test_seed_reaches_the_tests(banked: Banked) -> None:
    banked.hidden(HIDDEN.replace("assert_close(hw", "assert hw.seed % 2, 'even'; assert_close(hw"))
    fill(banked, right("maths.double", "twice", "return x + x"))
    manifest = banked.loaded()
    entries = list(bank.load(manifest).values())
    ends = [bool(matrix.try_all(manifest, entries, seed=s, workers=1)[0].killers) for s in range(8)]
    assert True in ends and False in ends


def test_several_workers_find_the_same_as_one(banked: Banked) -> None:
    manifest = banked.loaded()
    entries = list(bank.load(manifest).values())
    one, three = (matrix.try_all(manifest, entries, seed=0, workers=n) for n in (1, 3))
    assert [t.entry.id for t in three] == [e.id for e in entries]
    assert [sorted(t.killers) for t in one] == [sorted(t.killers) for t in three]


def test_trials_leave_nothing_behind(banked: Banked, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = banked.root / "temporary"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    fill(banked, wrong("maths.double", "thrice", "return 3 * x"))
    tried(banked)
    assert os.listdir(folder) == []
