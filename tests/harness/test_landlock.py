"""Landlock: the tests really try each action that it must deny, and each action that it must allow."""

import errno
import importlib.util
import os
import socket
import struct
from pathlib import Path
from typing import Any

import pytest

from autograder.isolation.kernel import landlock, syscalls
from tests.harness.confined import attempt

ABI = landlock.abi()
needs_landlock = pytest.mark.skipif(not ABI, reason="this kernel has no Landlock")
# Only the interpreter, one folder, one file of another folder, a scratch folder and three devices are allowed.
NAMES = (
    "read, other, scratch = (top + '/' + name for name in ('read', 'other', 'scratch'))\n"
    "def write(path): open(path, 'w').write('x')\n"
    # The kernel first checks permission, then finds that the file is not a program.
    "def execute(path):\n try: os.execv(path, ['program'])\n"
    " except OSError as error:\n  if error.errno != errno.ENOEXEC: raise\n"
)
RESTRICT = (
    "landlock.restrict([Path(sys.prefix), Path(sys.base_prefix), Path(top, 'read'), Path(top, 'other/one')],"
    " [Path(top, 'scratch')], [Path('/dev/null'), Path('/dev/urandom'), Path('/dev/ptmx')])"
)
REFUSED = {
    "read a file beside a readable one": "open(other + '/two')",
    "read a file outside": "open('/etc/passwd')",
    "read through /proc": "open('/proc/self/environ')",
    "read through a link": "os.symlink(other + '/two', scratch + '/link'); open(scratch + '/link')",
    "list a folder outside": "os.listdir(other)",
    "list the folder above": "os.listdir(scratch + '/..')",
    "write where one may read": "write(read + '/new')",
    "change what one may read": "open(read + '/a', 'r+')",
    "append to what one may read": "open(read + '/a', 'a')",
    "make a folder where one may read": "os.mkdir(read + '/folder')",
    "make a link where one may read": "os.symlink('a', read + '/link')",
    "remove what one may read": "os.unlink(read + '/library.so')",
    "write outside": "write(other + '/two')",
    "write into the single file": "open(other + '/one', 'r+')",
    "a pipe with a name": "os.mkfifo(scratch + '/fifo')",
    "a socket with a name": "socket.socket(socket.AF_UNIX).bind(scratch + '/socket')",
    "a device outside": "open('/dev/full', 'rb')",
    "run a program": "subprocess.run(['/bin/true'])",
    "run the interpreter": "subprocess.run([sys.executable, '-c', ''])",
    "run what one may read": "execute(read + '/a')",
    "run what one may write": "execute(scratch + '/program')",
}
REFUSED_SINCE = {
    "empty a file outside by name": (3, "EACCES", "os.truncate(other + '/two', 0)"),
    "connect by TCP": (4, "EACCES", "socket.create_connection(('127.0.0.1', 1))"),
    "bind by TCP": (4, "EACCES", "socket.socket().bind(('127.0.0.1', 0))"),
    "an abstract socket of another": (6, "EPERM", "socket.socket(socket.AF_UNIX).connect(abstract)"),
    "signal the parent": (6, "EPERM", "os.kill(os.getppid(), 0)"),
}
WORKING = {
    "read": "assert open(read + '/a').read() == 'a' and os.listdir(read) and open(other + '/one').read() == 'one'",
    "write": "write(scratch + '/a'); os.truncate(scratch + '/a', 0); os.unlink(scratch + '/a')",
    "folders": "os.makedirs(scratch + '/b/c'); os.rmdir(scratch + '/b/c'); os.rmdir(scratch + '/b')",
    "links": "write(scratch + '/d'); os.symlink('d', scratch + '/e'); open(scratch + '/e').read()",
    "temporary files": "tempfile.tempdir = scratch; tempfile.TemporaryFile().write(b'x');"
    " tempfile.TemporaryDirectory().cleanup()",
    "devices": "open('/dev/urandom', 'rb').read(4); open('/dev/null', 'wb').write(b'x')",
    "control of a device": "assert os.isatty(os.open('/dev/ptmx', os.O_RDWR))",
    "a library of Python's": "ctypes.CDLL(library)",
    "a library outside Python's": "ctypes.CDLL(read + '/library.so')",
    "signal itself": "os.kill(os.getpid(), 0)",
    "what was open already": "assert kept.read()",
}
MOVE = "os.mkdir(scratch + '/to'); write(scratch + '/f'); os.rename(scratch + '/f', scratch + '/to/f')"


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    top = tmp_path_factory.mktemp("top")
    _fill(top)
    since = {name: code for name, (_, _, code) in REFUSED_SINCE.items()}
    abstract = f"\0{top}"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(abstract)
        server.listen()
        return attempt(
            "kept = open('/etc/passwd')\n" + NAMES + RESTRICT,
            REFUSED | since | WORKING | {"move": MOVE},
            top=str(top),
            abstract=abstract,
            library=_library(),
        )


def _fill(top: Path) -> None:
    for folder in ("read", "other", "scratch"):
        (top / folder).mkdir()
    (top / "read/a").write_text("a")
    (top / "other/one").write_text("one")
    (top / "other/two").write_text("two")
    (top / "scratch/program").write_text("text")
    for program in ("read/a", "scratch/program"):
        (top / program).chmod(0o755)
    (top / "read/library.so").write_bytes(Path(_library()).read_bytes())


def _library() -> str:
    """A library that nothing else has loaded, and that needs only the C library."""
    found = importlib.util.find_spec("numpy.random._common")
    assert found is not None and found.origin is not None
    return found.origin


@needs_landlock
@pytest.mark.parametrize("name", REFUSED)
def test_refused(results: dict[str, str], name: str) -> None:
    assert results[name] == "EACCES"


@needs_landlock
@pytest.mark.parametrize("name", REFUSED_SINCE)
def test_refused_by_later_versions(results: dict[str, str], name: str) -> None:
    since, error, _ = REFUSED_SINCE[name]
    if since > ABI:
        pytest.skip(f"Landlock {ABI} here; this is refused from {since} on")
    assert results[name] == error


@needs_landlock
@pytest.mark.parametrize("name", WORKING)
def test_allowed(results: dict[str, str], name: str) -> None:
    assert results[name] == "passed"


@needs_landlock
def test_moves_between_folders_of_the_scratch_work_from_version_2_on(results: dict[str, str]) -> None:
    assert results["move"] == ("passed" if ABI >= 2 else "EXDEV")


@needs_landlock
def test_the_same_attempts_succeed_without_landlock(tmp_path: Path) -> None:
    _fill(tmp_path)
    free = attempt(NAMES, REFUSED, top=str(tmp_path))
    assert {name: end for name, end in free.items() if end != "passed"} == {}


@needs_landlock
def test_a_second_call_cannot_widen_the_first(tmp_path: Path) -> None:
    _fill(tmp_path)
    attempts = {"again": "landlock.restrict([Path('/')], [Path('/')], [])", "read": "open('/etc/passwd')"}
    before = NAMES + RESTRICT.replace("Path(top, 'read')", "Path('/proc')")
    assert attempt(before, attempts, top=str(tmp_path)) == {"again": "passed", "read": "EACCES"}


@needs_landlock
def test_threads_started_later_are_restricted(tmp_path: Path) -> None:
    _fill(tmp_path)
    later = (
        "met = []\n"
        "def work():\n try: open('/etc/passwd')\n except OSError as error: met.append(error.errno)\n"
        "thread = threading.Thread(target=work); thread.start(); thread.join(); assert met == [errno.EACCES], met"
    )
    assert attempt(NAMES + RESTRICT, {"later": later}, top=str(tmp_path)) == {"later": "passed"}


@needs_landlock
def test_refuses_to_restrict_one_thread_of_several(tmp_path: Path) -> None:
    _fill(tmp_path)
    before = "go = threading.Event(); threading.Thread(target=go.wait).start()\n" + NAMES
    results = attempt(before, {"restrict": RESTRICT, "end": "go.set()"}, top=str(tmp_path))
    assert (
        results["restrict"].startswith("RuntimeError") and "other threads are running" in results["restrict"]
    )


@needs_landlock
def test_missing_path_is_an_error() -> None:
    assert attempt("", {"restrict": "landlock.restrict([Path('/nowhere')], [], [])"}) == {
        "restrict": "ENOENT"
    }


@pytest.mark.parametrize(
    ("version", "files", "net", "scope"),
    [
        (1, 0x1FFF, 0, 0),
        (2, 0x3FFF, 0, 0),
        (3, 0x7FFF, 0, 0),
        (4, 0x7FFF, 3, 0),
        (5, 0xFFFF, 3, 0),
        (6, 0xFFFF, 3, 3),
        (9, 0xFFFF, 3, 3),
    ],
)
def test_requests_exactly_the_rights_of_the_kernel_version(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, version: int, files: int, net: int, scope: int
) -> None:
    calls: list[tuple[Any, ...]] = []

    def kernel(name: str, *arguments: Any) -> int:
        calls.append((name, *arguments))
        if name == "landlock_create_ruleset":
            return version if arguments[0] is None else os.open(os.devnull, os.O_RDONLY)
        return 0

    monkeypatch.setattr(syscalls, "call", kernel)
    monkeypatch.setattr(syscalls, "supported", lambda: True)
    monkeypatch.setattr(landlock, "_threads", lambda: 1)
    (tmp_path / "file").touch()
    landlock.restrict([tmp_path, tmp_path / "file"], [tmp_path], [tmp_path / "file"])
    asked = [call[1] for call in calls if call[0] == "landlock_create_ruleset" and call[1]]
    assert [struct.unpack("=QQQ", attributes) for attributes in asked] == [(files, net, scope)]
    rules = [struct.unpack_from("=Q", call[3])[0] for call in calls if call[0] == "landlock_add_rule"]
    assert len(rules) == 4 and all(rights and rights & ~files == 0 for rights in rules)
    assert [call[0] for call in calls[-2:]] == ["prctl", "landlock_restrict_self"]


@pytest.mark.parametrize("error", [errno.ENOSYS, errno.EOPNOTSUPP, errno.EPERM])
def test_kernel_without_landlock_has_version_0_and_restricts_nothing(
    monkeypatch: pytest.MonkeyPatch, error: int
) -> None:
    def kernel(*_: Any) -> int:
        raise OSError(error, "no")

    monkeypatch.setattr(syscalls, "call", kernel)
    assert landlock.abi() == 0
    with pytest.raises(RuntimeError, match="no Landlock"):
        landlock.restrict([], [], [])
