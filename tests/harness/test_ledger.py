"""The ledger: a missing, skipped, deselected or duplicate test is reported and earns no points."""

import json
from pathlib import Path

import pytest

from autograder import schemas
from autograder.record import keep
from autograder.record.build import NAME
from autograder.testing.plugin import Plugin
from tests.harness.mini import CODE, DOUBLE, PUBLIC, QUADRUPLE, Mini, outcomes, points


@pytest.mark.parametrize(
    "mark",
    ["pytest.mark.skip", "pytest.mark.skipif(True, reason='x')", "pytest.mark.xfail"],
    ids=["skip", "skipif", "xfail"],
)
def test_skipped_or_xfail_test_earns_nothing_and_is_reported(mini: Mini, mark: str) -> None:
    wrong = "5 * x" if "xfail" in mark else "2 * x"
    mini.code(CODE.replace("2 * x", wrong))
    mini.public(
        PUBLIC.replace('@pytest.mark.task("maths.double")', f'@{mark}\n@pytest.mark.task("maths.double")')
    )
    record = mini.grade(only=(DOUBLE,))
    if "xfail" in mark:
        assert outcomes(record)[DOUBLE] == "FAILED" and record["score"] == 0
    else:
        assert outcomes(record)[DOUBLE] == "HARNESS" and points(record)[DOUBLE] == 2 and record["faults"]


def test_test_that_skips_itself_earns_nothing(mini: Mini) -> None:
    mini.public(PUBLIC.replace('"Two times three is six."', 'pytest.skip("no time")'))
    record = mini.grade(only=(DOUBLE,))
    assert outcomes(record)[DOUBLE] == "HARNESS" and record["faults"]


def test_deselected_test_counts_as_not_run(mini: Mini) -> None:
    (mini.root / "checks/conftest.py").write_text(
        "import pytest\n"
        "@pytest.hookimpl(wrapper=True, tryfirst=True)\n"
        "def pytest_collection_modifyitems(items):\n    yield\n    items[:] = items[1:]\n"
    )
    record = mini.grade(only=(DOUBLE,))
    assert outcomes(record)[DOUBLE] == "HARNESS" and record["faults"] and record["score"] < 4


def test_duplicate_test_is_counted_once_and_reported(mini: Mini) -> None:
    (mini.root / "checks/conftest.py").write_text(
        "import copy, pytest\n@pytest.hookimpl(tryfirst=True)\ndef pytest_collection_modifyitems(items):\n"
        "    items.append(copy.copy(items[0]))\n"
    )
    record = mini.grade(only=(DOUBLE,))
    assert any("twice" in fault for fault in record["faults"]) and record["score"] == 4


def test_test_file_that_cannot_be_imported_is_reported(mini: Mini) -> None:
    mini.hidden("import no_such_module\n")
    record = mini.grade()
    assert any("no_such_module" in fault for fault in record["faults"])


def test_test_without_a_task_is_reported(mini: Mini) -> None:
    mini.public(PUBLIC.replace('@pytest.mark.task("maths.quadruple")', ""))
    record = mini.grade()
    assert any("no `task` marker" in fault for fault in record["faults"])
    assert outcomes(record)[QUADRUPLE] == "HARNESS" and points(record)[QUADRUPLE] == 0


def test_task_without_any_test_is_reported(mini: Mini) -> None:
    mini.public(PUBLIC.split('@pytest.mark.task("answers.colour")')[0])
    record = mini.grade()
    assert any("answers.colour: has no test" in fault for fault in record["faults"])


def test_pytest_settings_of_a_user_do_not_apply(mini: Mini, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_ADDOPTS", "-k nothing --exitfirst")
    (mini.root / "pytest.ini").write_text("[pytest]\naddopts = -k nothing\n")
    assert mini.grade()["score"] == 10


def test_valid_record_is_on_disk_before_the_first_test_and_after_each(mini: Mini, monkeypatch) -> None:
    seen = []
    write = keep.write

    def spy(data: object, path: Path, **how: bool) -> None:
        write(data, path, **how)
        schema = "record" if path.name == NAME else "gradescope"
        seen.append((path.name, json.loads(path.read_text())))
        assert list(schemas.mistakes(seen[-1][1], schema)) == []

    monkeypatch.setattr(keep, "write", spy)
    mini.grade()
    logs = [data for name, data in seen if name == NAME]
    assert [log["complete"] for log in logs] == [False] * 6 + [True]
    assert [sum(test["outcome"] == "PASSED" for test in log["tests"]) for log in logs] == [
        0,
        0,
        1,
        2,
        3,
        4,
        4,
    ]
    assert sum(name == "results.json" for name, _ in seen) == len(logs)


def test_interrupted_grading_leaves_a_valid_record_that_says_so(
    mini: Mini, monkeypatch: pytest.MonkeyPatch
) -> None:
    end = Plugin._end
    calls = []

    def dying(self: Plugin, *args: object) -> None:
        end(self, *args)  # type: ignore[arg-type]
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(Plugin, "_end", dying)
    with pytest.raises(KeyboardInterrupt):
        mini.grade()
    results = json.loads((mini.out / "results.json").read_text())
    log = json.loads((mini.out / NAME).read_text())
    assert results["score"] == log["score"] < 10 and log["faults"]
    assert any("cut short" in test["rationale"] for test in log["tests"])
