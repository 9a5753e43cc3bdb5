"""The files of `autograder submit`: no older log is lost, no file is half written, a large log has a zip."""

import json
import os
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
import torch
from safetensors.torch import save

from autograder import cli, commands
from autograder.record import hand_in as submit
from tests.harness.handed_in import LOG, ZIP, shown, staged, submitted, with_weights
from tests.harness.mini import Mini


@pytest.fixture
def inside(mini: Mini, monkeypatch: pytest.MonkeyPatch) -> Mini:
    """The tiny homework with trained weights, as the working folder."""
    with_weights(mini)
    monkeypatch.chdir(mini.root)
    return mini


@pytest.mark.parametrize(
    ("old", "stamp"),
    [
        (b'{"started": "2026-11-24T10:12:13+00:00"}', "2026-11-24T10-12-13"),
        (b'{"started": "2026-11-24T10:12:13+02:00"}', "2026-11-24T08-12-13"),
        (b'{"started": "last week"}', "2020-01-02T03-04-05"),
        (b'{"started": 3}', "2020-01-02T03-04-05"),
        (b"[]", "2020-01-02T03-04-05"),
        (b"[" * 100_000, "2020-01-02T03-04-05"),
        (b"half a fi\xff", "2020-01-02T03-04-05"),
        (b"", "2020-01-02T03-04-05"),
    ],
)
def test_older_log_is_kept_under_its_own_time(
    inside: Mini, capsys: pytest.CaptureFixture[str], old: bytes, stamp: str
) -> None:
    LOG.write_bytes(old)
    made = datetime(2020, 1, 2, 3, 4, 5, tzinfo=UTC).timestamp()
    os.utime(LOG, (made, made))
    submitted()
    assert Path(f"submission_log.{stamp}.json").read_bytes() == old
    assert f"the older submission_log.json is kept as submission_log.{stamp}.json" in shown(capsys)


def test_kept_log_is_never_overwritten(inside: Mini) -> None:
    olds = [json.dumps({"started": "2026-11-24T10:12:13+00:00", "number": n}) for n in range(3)]
    for old in olds:
        LOG.write_text(old)
        submitted()
    names = [f"submission_log.2026-11-24T10-12-13{end}.json" for end in ("", "-2", "-3")]
    assert [Path(name).read_text() for name in names] == olds
    assert sorted(path.name for path in Path().glob("sub*")) == sorted([*names, LOG.name])


@pytest.mark.parametrize("at", ["log", "zip"])
@pytest.mark.parametrize("error", [KeyboardInterrupt, MemoryError])
def test_interruption_while_writing_keeps_the_old_files(
    inside: Mini, monkeypatch: pytest.MonkeyPatch, at: str, error: type[BaseException]
) -> None:
    LOG.write_text("old")
    before = {path.name for path in Path().iterdir()}

    def half(*arguments: object, **_: object) -> None:
        next(path for path in arguments if isinstance(path, Path)).write_text("half")
        raise error

    taken, record = submit.collect(Path("pupil"), inside.loaded()), inside.grade()
    monkeypatch.setattr(submit, "LARGE_MB", 0)
    monkeypatch.setattr(*((submit.build, "write") if at == "log" else (submit.atomic, "write_zip")), half)
    with pytest.raises(error):
        submit.write(record, taken, inside.loaded())
    assert LOG.read_text() == "old" and {path.name for path in Path().iterdir()} - {"out"} == before


def test_interruption_after_the_rename_keeps_the_old_log_complete(
    inside: Mini, monkeypatch: pytest.MonkeyPatch
) -> None:
    LOG.write_text('{"started": "2026-11-24T10:12:13+00:00"}')
    taken, record = submit.collect(Path("pupil"), inside.loaded()), inside.grade()
    replace = os.replace

    def stop_at_the_last(old: Path, new: Path) -> None:
        if Path(new) == inside.root / LOG:
            raise KeyboardInterrupt
        replace(old, new)

    monkeypatch.setattr(os, "replace", stop_at_the_last)
    with pytest.raises(KeyboardInterrupt):
        submit.write(record, taken, inside.loaded())
    assert json.loads(Path("submission_log.2026-11-24T10-12-13.json").read_text())["started"]


def test_folder_that_cannot_be_written_to_exits_2_with_a_sentence(
    inside: Mini, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    LOG.write_text("old")
    monkeypatch.setattr(submit.build, "write", refuse)
    assert cli.main(["submit", "--package", "pupil"]) == commands.BAD_CALL
    error = capsys.readouterr().err
    assert "cannot be written into" in error and "No space left" in error and LOG.read_text() == "old"


# --------------------------------------------------------------------------------------------- the large one


def test_large_log_has_a_zip_that_is_staged_in_the_same_way(
    inside: Mini, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(submit, "LARGE_MB", 0.9)
    flat = save({"w": torch.full((240_000,), float("nan"))})
    for number in range(4):
        Path(f"pupil/artifacts/flat{number}.safetensors").write_bytes(flat)
    submitted()
    assert LOG.stat().st_size > 4 * len(flat)
    assert "upload submission.zip, which contains the same files and is smaller" in shown(capsys)
    as_folder = staged(inside.root / "pupil", inside)
    assert staged(inside.root / ZIP, inside) == as_folder == staged(inside.root / LOG, inside)
    assert as_folder[2] == ()  # a file that compresses extremely well is not treated as a bomb
    with zipfile.ZipFile(ZIP) as archive:
        assert {info.external_attr >> 16 for info in archive.infolist()} == {0o100644}
        assert all(name.startswith("pupil/") for name in archive.namelist())  # unpacks into one folder


def test_same_files_give_the_same_zip_and_the_older_one_is_kept(
    inside: Mini, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(submit, "LARGE_MB", 0)
    submitted()
    first = ZIP.read_bytes()
    os.utime("pupil/maths.py", (1, 1))
    os.utime(ZIP, (86400, 86400))
    submitted()
    assert ZIP.read_bytes() == first == Path("submission.1970-01-02T00-00-00.zip").read_bytes()


def test_zip_of_an_earlier_log_is_removed_with_a_small_one(inside: Mini) -> None:
    ZIP.write_bytes(b"old")
    submitted()
    (kept,) = Path().glob("submission.*.zip")
    assert not ZIP.exists() and kept.read_bytes() == b"old"


def test_log_that_is_too_large_to_be_read_has_a_zip(inside: Mini, capsys: pytest.CaptureFixture[str]) -> None:
    inside.manifest(Path("assignment.toml").read_text() + "log_mb = 0.001\n")
    submitted()
    assert ZIP.exists() and "upload submission.zip" in shown(capsys)
