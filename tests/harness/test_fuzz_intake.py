"""Fuzzing of the intake: every submission is staged with notes, and no reader fails.

The readers run in this process, so that many examples fit into seconds. Here a timer ends a hang; in production the
limit does. FUZZ_EXAMPLES=3000 searches longer, FUZZ_READER=1 starts the real reader each time (about 0.1 s).
"""

import contextlib
import gzip
import io
import json
import os
import signal
import tarfile
import tempfile
import warnings
import zipfile
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from unittest.mock import patch

from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.assignment.kinds import Kind
from autograder.assignment.manifest import Task
from autograder.submission import answers
from autograder.submission import sources as source
from autograder.submission.reader import process as reading
from tests.harness.hostile_files import (
    FILES,
    MAGIC,
    contents,
    hostile_names,
    kinds,
    letters,
    mutated,
    mutations,
)
from tests.harness.packing import GOOD, member, stage, tarred, zipped

few = settings(max_examples=int(os.environ.get("FUZZ_EXAMPLES", "60")), deadline=None, database=None)


class Hangs(Exception):
    pass


def run_here(job: str, request: dict, *, seconds: int = reading.SECONDS) -> reading.ReaderOutput:
    """Does the work of `reading.run` without a process."""

    def stop(*_: object) -> None:
        raise Hangs

    parts: list = []
    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        for header, data in import_module(f"autograder.submission.reader.{job}").job(
            json.loads(json.dumps(request))
        ):
            parts.append((json.loads(json.dumps(header)), data))
    except Hangs:
        return reading.ReaderOutput(tuple(parts), f"it took longer than {seconds} s")
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    return reading.ReaderOutput(tuple(parts), "")


@contextlib.contextmanager
def folder_for_one() -> Iterator[Path]:
    """A new folder, in which the readers run in this process."""
    run = reading.run_reader if "FUZZ_READER" in os.environ else run_here
    with (
        tempfile.TemporaryDirectory() as root,
        patch.object(reading, "run_reader", run),
        warnings.catch_warnings(action="ignore"),  # duplicate names in a zip, unusual escapes in a source
    ):
        yield Path(root).resolve()


def staged(pack) -> None:
    """Stages the files that `pack` writes; `stage` checks every written file."""
    with folder_for_one() as root:
        pack(root / "hw")
        for note in stage(root / "hw").notes:
            if "could not be read completely" in note:
                assert "it took longer than" in note or "MB of memory" in note, note


@few
@given(st.lists(st.tuples(hostile_names, contents, st.integers(0, 2**32 - 1) | st.just(0)), max_size=6))
def test_zip_of_hostile_entries(entries) -> None:
    more = []
    for name, data, attributes in entries:
        info = zipfile.ZipInfo("x")
        info.filename, info.external_attr = name, attributes
        more.append((info, data))
    staged(lambda path: zipped(path, GOOD, *more))


@few
@given(
    st.lists(st.tuples(hostile_names, contents, kinds), max_size=6), st.sampled_from(["w", "w:gz", "w:xz"])
)
def test_tar_of_hostile_entries(entries, mode: str) -> None:
    more = [member(name, data, type=kind, linkname="../../x") for name, data, kind in entries]
    staged(lambda path: tarred(path, GOOD, *more, mode=mode))


@few
@given(
    st.dictionaries(
        hostile_names,
        st.text(st.characters(), max_size=50)
        | st.none()
        | st.lists(st.just(0))
        | st.dictionaries(st.sampled_from(["base64", "text"]), letters | st.none(), max_size=2),
    )
)
def test_log_of_hostile_files(files) -> None:
    staged(
        lambda path: path.write_text(json.dumps({"assignment": {"id": "mini"}, "files": {**FILES, **files}}))
    )


@few
@given(st.sampled_from(MAGIC), st.binary(max_size=2000))
def test_random_bytes(magic: bytes, data: bytes) -> None:
    staged(lambda path: path.write_bytes(magic + data))


@few
@given(st.sampled_from(["zip", "zip", "zip", "w", "w:gz", "w:bz2", "w:xz", "log"]), mutations)
def test_mutated_submission(how: str, changes) -> None:
    def pack(path: Path) -> None:
        if how == "zip":
            zipped(path, GOOD)
        elif how == "log":
            path.write_text(json.dumps({"assignment": {"id": "mini"}, "files": FILES}))
        else:
            tarred(path, GOOD, mode=how)
        path.write_bytes(mutated(path.read_bytes(), changes))

    staged(pack)


def with_right_sums(data: bytes) -> bytes:
    """A tar with corrected checksums, so that its headers are accepted."""
    blocks = [bytearray(data[at : at + 512]) for at in range(0, len(data), 512)]
    for block in blocks:
        if block[257:262] == b"ustar":
            block[148:156] = b" " * 8
            block[148:156] = b"%06o\0 " % sum(block)
    return b"".join(blocks)


@few
@given(st.sampled_from([tarfile.GNU_FORMAT, tarfile.PAX_FORMAT]), mutations, st.booleans())
def test_tar_with_false_headers(form: int, changes, packed: bool) -> None:
    buffer = io.BytesIO()
    sparse = {"GNU.sparse.map": "0,1,2,3", "GNU.sparse.size": "9", "GNU.sparse.name": "x.py"}
    long = [member(name, b"#" * 99) for name in ("pupil/" + "long/" * 30 + "é.py", "pupil/short.py")]
    with tarfile.open(fileobj=buffer, mode="w", format=form) as archive:
        for info, data in [
            *long,
            member("pupil/sparse.py", b"x" * 9, pax_headers=sparse),
            member("pupil/maths.py"),
        ]:
            archive.addfile(info, io.BytesIO(data))
    lies = with_right_sums(mutated(buffer.getvalue().rstrip(b"\0"), changes))
    staged(lambda path: path.write_bytes(gzip.compress(lies) if packed else lies))


@few
@given(st.lists(st.tuples(hostile_names, contents), max_size=6))
def test_folder_of_hostile_names(entries) -> None:
    def pack(path: Path) -> None:
        for name, data in entries:
            target = path / name.replace("/", "_").replace("\0", "0").lstrip(".")
            path.mkdir(exist_ok=True)
            with contextlib.suppress(
                OSError
            ):  # a name that the file system does not accept, or the folder itself
                target.write_bytes(data)
        path.mkdir(exist_ok=True)

    staged(pack)


@few
@given(st.binary(max_size=300) | mutations.map(lambda changes: mutated(GOOD["pupil/maths.py"], changes)))
def test_source_of_any_bytes_has_a_state(data: bytes) -> None:
    with folder_for_one() as root:
        (root / "maths.py").write_bytes(data)
        seen = source.scan(root, [Task("maths.double", "q1", Kind.CODE, 1, (), 1, 1)])["maths.double"]
    assert seen.state is not source.State.BROKEN or (
        seen.why.startswith("maths.py") and seen.why.isprintable()
    )


@few
@given(
    st.binary(max_size=300)
    | mutations.map(lambda changes: mutated(b'a = "x"\nb = [1, 2.5]\n[c]\nd = 1\n', changes))
)
def test_answer_form_of_any_bytes_is_read_or_has_a_problem(data: bytes) -> None:
    with folder_for_one() as root:
        (root / "answers.toml").write_bytes(data)
        found = answers.read(root)
    assert not found.problem or (found.values == {} and found.problem.startswith("answers.toml"))
    json.dump(found.values, io.StringIO())
