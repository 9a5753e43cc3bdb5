"""The number of the attempt, from Gradescope's metadata. A file without it is refused with its name."""

import json
from pathlib import Path

import pytest

from autograder.assignment.policies import HandIn
from autograder.cli import main
from autograder.errors import InputError
from autograder.platforms.gradescope import metadata
from tests.harness.bank_homework import MANIFEST
from tests.harness.bank_texts import DOUBLE, TRIPLES
from tests.harness.banked import Banked


def written(folder: Path, data: object) -> Path:
    path = folder / "submission_metadata.json"
    path.write_text(data if isinstance(data, str) else json.dumps(data))
    return path


@pytest.mark.parametrize(
    ("previous", "attempt"),
    [
        ([], 1),
        ([{}], 2),
        ([{"score": "3.0", "autograder_error": False}] * 4, 5),
        ([{"autograder_error": True}] * 4, 1),
        ([{"autograder_error": True}, {}, {"autograder_error": False}], 3),
    ],
)
def test_attempt_is_one_more_than_the_graded_ones(tmp_path: Path, previous: list, attempt: int) -> None:
    assert (
        metadata.read(written(tmp_path, {"id": 7, "previous_submissions": previous}), HandIn()).attempt
        == attempt
    )


@pytest.mark.parametrize(
    "data",
    [
        "",
        "not JSON",
        '{"previous_submissions": [',
        "[" * 100_000,
        [],
        3,
        {},
        {"previous_submissions": None},
        {"previous_submissions": 3},
        {"previous_submissions": "two"},
        {"previous_submissions": ""},
        {"previous_submissions": {}},
        {"previous_submissions": {"first": {}}},
        {"previous_submissions": [3]},
        {"previous_submissions": [None]},
    ],
    ids=range(15),
)
def test_a_file_without_attempts_is_refused_with_its_name(tmp_path: Path, data: object) -> None:
    with pytest.raises(InputError, match=r"submission_metadata\.json"):
        metadata.read(written(tmp_path, data), HandIn())


def test_a_byte_order_mark_is_no_part_of_it(tmp_path: Path) -> None:
    path = written(tmp_path, {"previous_submissions": [{}]})
    path.write_text(path.read_text(), encoding="utf-8-sig")
    assert metadata.read(path, HandIn()).attempt == 2


def test_a_missing_or_binary_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        metadata.read(tmp_path / "submission_metadata.json", HandIn())
    with pytest.raises(InputError, match="cannot be read"):
        metadata.read(tmp_path, HandIn())
    (tmp_path / "latin").write_bytes(b'{"previous_submissions": ["\xff"]}')
    with pytest.raises(InputError, match="cannot be read"):
        metadata.read(tmp_path / "latin", HandIn())


def test_the_command_line_reads_the_attempt_from_it(
    banked: Banked, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    banked.manifest(MANIFEST.replace("hints_from_attempt = 1", "hints_from_attempt = 3"))
    banked.submit({DOUBLE: TRIPLES})
    monkeypatch.chdir(banked.root)
    command = ["grade", "pupil", "--out", "out", "--isolation", "none", "-q", DOUBLE]
    for number, shown in ((1, False), (2, True)):
        path = written(banked.root, {"previous_submissions": [{}] * number})
        assert main([*command, "--metadata", str(path)]) == 0
        record = json.loads((banked.out / "submission_log.json").read_text())
        assert record["attempt"] == number + 1
        assert ("Count the summands." in (banked.out / "results.json").read_text()) is shown
    assert main([*command, "--metadata", str(banked.root / "none.json")]) == 2
    assert "none.json" in capsys.readouterr().err
