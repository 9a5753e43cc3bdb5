"""`autograder report`: a page from a record in a file, and a clear message if the file has no record."""

import json
from pathlib import Path
from typing import Any

import pytest

from autograder import cli, commands
from autograder.errors import InputError
from autograder.record import read as stored
from tests.harness.mini import Mini


@pytest.fixture
def written(mini: Mini) -> Path:
    """The file of a record from `grade`."""
    mini.grade()
    return mini.out / "submission_log.json"


def changed(path: Path, **values: Any) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}))


def test_record_is_read_as_it_was_written(written: Path, mini: Mini) -> None:
    record = stored.read(written)
    assert record == json.loads(written.read_text()) and record["score"] == 10


def test_log_with_sources_is_a_record(written: Path) -> None:
    changed(written, files={"maths.py": "x", "artifacts/a.safetensors": {"base64": "/w=="}})
    assert stored.read(written)["files"]["maths.py"] == "x"


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "is not valid JSON"),
        (b'{"score": ', "is not valid JSON"),
        (b"\xff\xfe\xff", "is not valid JSON"),
        (b"[" * 100_000, "is not valid JSON"),
        (b'{"score": NaN}', "NaN is not a finite number"),
        (b'{"score": -Infinity}', "-Infinity is not a finite number"),
        (b'{"score": 1e999}', "1e999 is not a finite number"),
        (b"[1]", "does not fit the schema of a record (the top level"),
        (b'{"score": 1}', "'schema_version' is a required property"),
    ],
)
def test_file_that_is_not_a_record_is_named_with_the_fix(tmp_path: Path, data: bytes, says: str) -> None:
    path = tmp_path / "log.json"
    path.write_bytes(data)
    with pytest.raises(InputError) as caught:
        stored.read(path)
    message = str(caught.value)
    assert message.startswith(f"{path} ") and says in message and message.endswith(stored.ADVICE)
    assert len(message) < 1500


def test_value_with_a_wrong_type_is_named_with_its_place(written: Path) -> None:
    changed(written, score="ten", questions=[{"id": 3}])
    with pytest.raises(InputError, match=r"score: 'ten' is not of type 'number'"):
        stored.read(written)


def test_page_is_next_to_its_record(written: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["report", str(written)]) == commands.DONE
    page = written.with_name("report.html")
    assert "A tiny homework" in page.read_text(encoding="utf-8")
    assert f"written: {page}" in capsys.readouterr().out


def test_page_is_written_to_a_given_file(written: Path, tmp_path: Path) -> None:
    page = tmp_path / "mine.html"
    assert cli.main(["report", str(written), "--out", str(page)]) == commands.DONE
    assert page.exists() and not written.with_name("report.html").exists()


@pytest.mark.parametrize(
    ("record", "out", "says"),
    [
        ("nowhere.json", "page.html", "cannot be read (No such file or directory)"),
        (".", "page.html", "cannot be read (Is a directory)"),
        ("log.json", "page.html", "is not valid JSON"),
    ],
)
def test_bad_call_exits_2_with_a_sentence(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    record: str,
    out: str,
    says: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("log.json").write_text("<html>")
    assert cli.main(["report", record, "--out", out]) == commands.BAD_CALL
    error = capsys.readouterr().err
    assert says in error and "Traceback" not in error and not Path(out).exists()


def test_page_cannot_replace_a_folder(
    written: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["report", str(written), "--out", str(tmp_path)]) == commands.BAD_CALL
    assert "is a folder: give a file" in capsys.readouterr().err


def test_grade_writes_a_page_and_says_so(
    mini: Mini, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(mini.root)
    call = ["grade", "pupil", "--out", "out", "--device", "cpu", "--isolation", "none"]
    assert cli.main(call) == commands.DONE
    assert "A tiny homework" in Path("out/report.html").read_text(encoding="utf-8")
    assert "report.html" in capsys.readouterr().out.splitlines()[-1]


def test_page_of_an_earlier_grade_is_removed(mini: Mini, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("halfway")

    monkeypatch.chdir(mini.root)
    monkeypatch.setattr("autograder.grading.grader.grade", fail)
    Path("out").mkdir()
    Path("out/report.html").write_text("of another submission")
    call = ["grade", "pupil", "--out", "out", "--device", "cpu", "--isolation", "none"]
    assert cli.main(call) == commands.OUR_FAULT and not Path("out/report.html").exists()
