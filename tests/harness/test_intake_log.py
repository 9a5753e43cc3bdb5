"""A log as a submission: its sources are staged like the members of an archive, and its claims are ignored."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from autograder import schemas
from autograder.assignment.limits import IntakeLimits
from autograder.submission.reader import log as reader
from autograder.submission.reader.extract import Remark, Skipped, extract
from tests.harness.mini import Mini
from tests.harness.packing import GOOD, STAGED, folder, linux, names, said, stage, tarred, zipped
from tests.harness.written_logs import ADVICE, FILES, log, written


def not_said(event: Any) -> bool:
    return not isinstance(event, Remark)


def test_sources_of_a_log_are_staged(tmp_path: Path) -> None:
    staged = stage(written(tmp_path, log()))
    assert names(staged) == STAGED and staged.notes == ()
    assert (staged.package / "maths.py").read_bytes() == GOOD["pupil/maths.py"]


@pytest.mark.parametrize("how", ["folder", "zip", "tar", "renamed", "beside a note"])
def test_folder_or_archive_with_only_a_log_is_that_log(tmp_path: Path, how: str) -> None:
    name = "submission_log (1).json" if how == "renamed" else "submission_log.json"
    files = {f"mine/{name}": json.dumps(log()).encode()}
    files |= {"readme.txt": b"hello"} if how == "beside a note" else {}
    pack = {"zip": zipped, "tar": tarred}.get(how, folder)
    assert names(stage(pack(tmp_path / "hw", files))) == STAGED


def test_log_beside_a_package_is_left_out(tmp_path: Path) -> None:
    files = {**GOOD, "submission_log.json": json.dumps(log(files={"maths.py": "evil"})).encode()}
    staged = stage(folder(tmp_path / "hw", files))
    assert (staged.package / "maths.py").read_bytes() == GOOD["pupil/maths.py"]
    assert said(staged, "left out: submission_log.json")


def test_second_log_is_named(tmp_path: Path) -> None:
    files = {f"submission_log{i}.json": json.dumps(log()).encode() for i in (1, 2)}
    staged = stage(folder(tmp_path / "hw", files))
    assert names(staged) == STAGED and said(
        staged, "left out: submission_log2.json: a second log; hand in only one"
    )


def test_record_with_sources_fits_its_schema(mini: Mini) -> None:
    record = mini.grade()
    assert list(schemas.mistakes({**record, "files": FILES}, "record")) == []
    assert list(schemas.mistakes({**record, "files": {"a.py": 1}}, "record")) != []


@pytest.mark.parametrize("files", [None, {}, [], "text"])
def test_log_without_sources_is_noted_with_the_fix(tmp_path: Path, files: Any) -> None:
    staged = stage(written(tmp_path, log(files=files)))
    assert said(staged, f"submission_log.json contains no sources: {ADVICE}")


def test_wrong_digests_are_noted_and_the_sources_are_graded(tmp_path: Path) -> None:
    claims = {**log()["sources"], "maths.py": "0" * 64, "gone.py": "1" * 64}
    staged = stage(written(tmp_path, log(sources=claims)))
    assert names(staged) == STAGED and said(staged, "was changed after it was made", "(gone.py, maths.py)")


def test_log_of_another_assignment_is_noted(tmp_path: Path) -> None:
    staged = stage(written(tmp_path, log(assignment={"id": "hw11"})))
    assert said(staged, "submission_log.json is a log of hw11, but this is mini")


@pytest.mark.parametrize("of", [None, [], {"id": [[]]}, {"id": 3}])
def test_log_without_assignment_is_noted(tmp_path: Path, of: Any) -> None:
    assert said(
        stage(written(tmp_path, log(assignment=of))), "is a log of an assignment that it does not name"
    )


@pytest.mark.parametrize(
    "name", ["/tmp/evil.py", "../evil.py", "C:\\evil.py", "a\0.py", "given/../../evil.py", ""]
)
def test_paths_in_a_log_are_checked_like_an_archives(tmp_path: Path, name: str) -> None:
    staged = stage(written(tmp_path, log(files={**FILES, name: "evil"})))
    assert names(staged) == STAGED and said(staged, "left out:")


def test_limits_hold_for_a_log(tmp_path: Path) -> None:
    staged = stage(written(tmp_path, log(files={**FILES, "big.py": "#" * 1_000_001, "a.bin": "x"})))
    assert names(staged) == STAGED
    assert said(staged, "left out: big.py: larger than 1 MB") and said(staged, "left out: a.bin: not among")


@pytest.mark.parametrize("text", [3, None, ["x"], {"a": 1}, "\ud800"])
def test_source_that_is_not_text_is_left_out(tmp_path: Path, text: Any) -> None:
    staged = stage(written(tmp_path, log(files={**FILES, "odd.py": text})))
    assert names(staged) == STAGED and said(
        staged, "left out: odd.py: neither UTF-8 text nor base64 in the log"
    )


def test_bytes_and_text_with_byte_order_mark_and_line_ends_are_staged(tmp_path: Path) -> None:
    weights, text = bytes(range(256)) * 1000, "\ufeffx = 1\r\ny = 2\rz = 3\n"
    files = {**FILES, "w.bin": weights, "none.bin": b"", "marked.py": text}
    staged = stage(written(tmp_path, log(files=files)), 'accept = ["**/*.py", "answers.toml", "*.bin"]')
    assert names(staged) == STAGED | {"w.bin", "none.bin", "marked.py"} and staged.notes == ()
    assert (staged.package / "w.bin").read_bytes() == weights
    assert (staged.package / "marked.py").read_bytes() == text.encode()
    assert staged.digests["w.bin"] == hashlib.sha256(weights).hexdigest()


@pytest.mark.parametrize(
    "data", [b"", b"a", b"\n\r\n", b"\xef\xbb\xbfa\r", b"\xff", b"\xed\xa0\x80", bytes(70000) + b"\xff"]
)
def test_embedded_files_are_read_back_byte_for_byte(data: bytes) -> None:
    value = json.loads(json.dumps(reader.embedded(data)))
    (entry,) = (
        e for e in reader.entries("log", json.dumps(log(files={"a": value})).encode(), "mini") if not_said(e)
    )
    with entry.open() as stream:
        assert stream.read(-1) == data and entry.size == len(data) and not entry.odd


def test_zero_bytes_are_not_text_though_they_are_utf_8() -> None:
    assert len(json.dumps(reader.embedded(bytes(3000)))) < 4100


PADDED = "A" * (reader.PIECE - 4) + "QQ=="


@pytest.mark.parametrize(
    "letters",
    [
        "Q",
        "QQ",
        "QQ=",
        "Q===",
        "QR==",
        "QQ==\n",
        " QQ==",
        "QQ==QQ==",
        "QQ-_",
        "Q\u00e9==",
        "\ud800",
        "=",
        PADDED + "QQ==",
        None,
        3,
    ],
)
def test_base64_in_another_form_is_left_out(tmp_path: Path, letters: Any) -> None:
    staged = stage(written(tmp_path, log(files={**FILES, "odd.py": {"base64": letters}})))
    assert names(staged) == STAGED and said(
        staged, "left out: odd.py: neither UTF-8 text nor base64 in the log"
    )


def test_base64_with_other_keys_is_left_out(tmp_path: Path) -> None:
    staged = stage(written(tmp_path, log(files={**FILES, "odd.py": {"base64": "QQ==", "mode": 511}})))
    assert names(staged) == STAGED and said(staged, "left out: odd.py: neither UTF-8 text nor base64")


def test_wrong_digest_of_bytes_is_noted(tmp_path: Path) -> None:
    changed = log(files={**FILES, "w.py": b"\xff"})
    changed["files"]["w.py"]["base64"] = "/g=="
    staged = stage(written(tmp_path, changed))
    assert (staged.package / "w.py").read_bytes() == b"\xfe" and said(staged, "was changed after", "(w.py)")


def test_bytes_that_are_too_large_are_left_out_and_never_decoded_completely(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = []
    decode = reader.base64.b64decode
    monkeypatch.setattr(reader.base64, "b64decode", lambda piece: asked.append(len(piece)) or decode(piece))
    files = {"fits.py": bytes(1_000_000), "large.py": bytes(1_000_001)}
    data = json.dumps(log(files=files)).encode()
    events = list(extract("log", reader.entries("log", data, "mini"), IntakeLimits()))
    assert [(event.name, isinstance(event, Skipped)) for event in events] == [
        ("fits.py", False),
        ("large.py", True),
    ]
    assert "larger than 1 MB" in events[1].why
    assert max(asked) <= reader.PIECE and sum(asked) < 3 * 1_400_000  # all are measured, one is read


def test_log_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    staged = stage(written(tmp_path, log(pad="x" * 2_000_000)), "log_mb = 1")
    assert said(staged, "submission_log.json has more than 1 MB, the limit for a log", "make submit")


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"[" * 1_000_000, "is nested too deeply"),
        (b'{"a":' * 1_000_000, "is nested too deeply"),
        (b"[1, 2]", "is JSON, but not a log"),
        (b'{"files": {', "is not valid JSON"),
        (b'{"files": "\xff"}', "is not UTF-8 text"),
        (json.dumps({"nbformat": 4, "cells": []}).encode(), "is a notebook"),
        pytest.param(b"[" + b"[]," * 15_000_000 + b"0]", "more than 384 MB of memory", marks=linux),
    ],
    ids=["arrays", "objects", "top level", "cut short", "encoding", "notebook", "memory"],
)
def test_json_that_is_not_a_log_is_refused_with_a_reason(tmp_path: Path, data: bytes, says: str) -> None:
    assert said(stage(written(tmp_path, data)), "submission_log.json", says)


@pytest.mark.parametrize(
    ("odd", "says"),
    [
        (b'"seed": ' + b"9" * 1_000_000, "a number of more than 100 digits"),
        (b'"seed": NaN', "contains NaN"),
        (b'"seed": 1, "seed": 2', "has the key 'seed' twice"),
        (b'"seed": 1e999999999', ""),
    ],
    ids=["digits", "nan", "doubled", "infinite"],
)
def test_unusual_value_is_noted_and_the_sources_are_graded(tmp_path: Path, odd: bytes, says: str) -> None:
    data = json.dumps(log()).encode()[:-1] + b", " + odd + b"}"
    staged = stage(written(tmp_path, data))
    assert names(staged) == STAGED and (said(staged, says) if says else staged.notes == ())
