"""The system-call filter: the tests really try each call that it must deny, and the code of a homework still works."""

import os
import re
import signal
import sys
from collections import Counter
from pathlib import Path

import pytest

from autograder.isolation.kernel import seccomp, syscalls
from tests.harness.confined import attempt, run

needs_filters = pytest.mark.skipif(not seccomp.available(), reason="this kernel takes no seccomp filter")
HEADERS = [Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"), Path("/usr/include/asm-generic/unistd.h")]

# All arguments are wrong. So a call that passes the filter returns another error than EPERM, or does nothing.
EVERY_FORBIDDEN = {
    name: f"call({name!r}, -1, -1, -1, -1, -1, -1)"
    for names in seccomp.FORBIDDEN.values()
    for name in names.split()
}
BY_ARGUMENT = {
    "a process by os.fork": "os.fork() or os._exit(0)",
    "a process by clone": "call('clone', signal.SIGCHLD, 0, 0, 0, 0) or os._exit(0)",
    "a process by clone that shares memory": "call('clone', 0x4100 | signal.SIGCHLD, 0, 0, 0, 0) or os._exit(0)",
    "a process by clone that ends unnoticed": "call('clone', 0, 0, 0, 0, 0) or os._exit(0)",
    "a thread in a new user namespace": "call('clone', 0x103D0F00, 0, 0, 0, 0)",
    "a program": "subprocess.run(['true'])",
    "a program in its own place": "os.execv('/bin/true', ['true'])",
    "signal the parent": "os.kill(os.getppid(), 0)",
    "signal process 1": "os.kill(1, 0)",
    "signal the process group": "os.kill(0, 0)",
    "signal everyone": "os.kill(-1, 0)",
    "signal a thread of the parent": "call('tgkill', os.getppid(), os.getppid(), 0)",
    "limits of the parent": "call('prlimit64', os.getppid(), 7, None, None)",
    "outlive the parent": "prctl(1, 0)",
    "be dumpable": "prctl(4, 1)",
    "be traced by anyone": "prctl(0x59616D61, -1)",
    "a socket": "socket.socket()",
    "a socket pair of another family": "socket.socketpair(socket.AF_INET)",
    "a datagram to an address": "socket.socketpair(type=socket.SOCK_DGRAM)[0].sendto(b'x', '\\0elsewhere')",
    "a datagram to a low address in memory": "call('sendto', 0, b'x', 1, 0, 1 << 12, 16)",
    "a datagram to a high address in memory": "call('sendto', 0, b'x', 1, 0, 1 << 32, 16)",
    "a file that signals another process": "fcntl.fcntl(0, 8, os.getppid())",
    "a file that signals by SIGKILL": "fcntl.fcntl(0, 10, 9)",
    "a lock on a file that others may read": "fcntl.lockf(0, fcntl.LOCK_SH | fcntl.LOCK_NB)",
    "asking who has locked a file": "fcntl.fcntl(0, fcntl.F_GETLK, bytes(32))",
    "a lock of an open file": "fcntl.fcntl(0, fcntl.F_OFD_SETLK, bytes(32))",
    "typing into a terminal": "fcntl.ioctl(0, termios.TIOCSTI, b'x')",
    "an unlisted ioctl": "fcntl.ioctl(0, 0x8901, bytes(4))",
    "a hard link": "os.link(scratch + '/a', scratch + '/b')",
    "a pipe with a name": "os.mkfifo(scratch + '/fifo')",
    "the mode of a file": "os.chmod(scratch, 0o700)",
    "the date of a file": "os.utime(scratch)",
    "another folder to be in": "os.chdir(scratch)",
    "a share of the processors": "os.sched_setaffinity(0, {0})",
}
WORKING = {
    "signal itself": "os.kill(os.getpid(), 0); signal.raise_signal(signal.SIGCHLD)",
    "signal a thread of its own": "signal.pthread_kill(threading.get_ident(), 0)",
    "a handler and a timer": "signal.signal(signal.SIGALRM, lambda *_: None);"
    "signal.setitimer(signal.ITIMER_REAL, 0.001); signal.pause()",
    "a thread": "done = []; t = threading.Thread(target=done.append, args=(1,)); t.start(); t.join(); assert done",
    "limits of its own, lowered": "import resource; resource.setrlimit(resource.RLIMIT_CORE, (0, 0));"
    "resource.prlimit(os.getpid(), resource.RLIMIT_CORE)",
    "its name": "prctl(15, b'worker'); assert prctl(39) == 1 and prctl(21) == 2",
    "whether this is a terminal": "assert not os.isatty(0)",
    "asyncio": "import asyncio; asyncio.run(asyncio.sleep(0))",
    "a socket pair": "a, b = socket.socketpair(); a.sendall(b'x'); assert b.recv(1) == b'x'",
    "a temporary folder": "import shutil, tempfile\nwith tempfile.TemporaryDirectory(dir=scratch) as folder:\n"
    " place = Path(folder); (place / 'a').write_text('x'); os.symlink('a', place / 'b');"
    " os.replace(place / 'b', place / 'c'); shutil.copyfile(place / 'a', place / 'd');"
    " assert sorted(os.listdir(place)) == ['a', 'c', 'd']",
    "a temporary file": "import tempfile; tempfile.TemporaryFile(dir=scratch).write(b'x')",
    "mapped memory": "import mmap; mmap.mmap(-1, 4096).write(b'x')",
    "a library": "import _sqlite3",
    "randomness": "os.urandom(8); os.getrandom(8)",
    "the processors": "os.sched_getaffinity(0)",
}


UNKNOWN = {
    "a call of the future": "ctypes.set_errno(0); libc = ctypes.CDLL(None, use_errno=True);"
    "libc.syscall(999); raise OSError(ctypes.get_errno(), '')",
    "clone3, whose flags a filter cannot see": "call('clone3', 0, 0)",
    "Landlock": "call('landlock_create_ruleset', None, 0, 1)",
}


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    scratch = tmp_path_factory.mktemp("scratch")
    (scratch / "a").touch()
    return attempt(
        "seccomp.install()", EVERY_FORBIDDEN | BY_ARGUMENT | WORKING | UNKNOWN, scratch=str(scratch)
    )


@needs_filters
@pytest.mark.parametrize("name", EVERY_FORBIDDEN)
def test_forbidden_call_is_not_permitted(results: dict[str, str], name: str) -> None:
    assert results[name] == ("EPERM" if syscalls.number(name) is not None else "ENOSYS")


@needs_filters
@pytest.mark.parametrize("name", BY_ARGUMENT)
def test_call_is_not_permitted_with_these_arguments(results: dict[str, str], name: str) -> None:
    assert results[name] == "EPERM"


@needs_filters
@pytest.mark.parametrize("name", WORKING)
def test_code_of_a_homework_still_works(results: dict[str, str], name: str) -> None:
    assert results[name] == "passed"


@needs_filters
@pytest.mark.parametrize("name", UNKNOWN)
def test_unknown_call_does_not_exist(results: dict[str, str], name: str) -> None:
    assert results[name] == "ENOSYS"


@needs_filters
def test_the_same_attempts_are_permitted_without_the_filter(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    # Without calls that would share memory or replace the process; process 1 is root; containers have no namespaces.
    left_out = ("shares memory", "own place", "process 1", "namespace")
    tried = {name: code for name, code in BY_ARGUMENT.items() if not any(word in name for word in left_out)}
    free = attempt("", tried, scratch=str(tmp_path))
    assert [name for name, end in free.items() if end == "EPERM"] == []


@needs_filters
def test_without_writes_files_can_only_be_read(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("a")
    results = attempt(
        "seccomp.install(writes=False)",
        {
            "read": "Path(scratch, 'a').read_text(); os.listdir(scratch)",
            "create": "open(f'{scratch}/b', 'w')",
            "append": "open(f'{scratch}/a', 'a')",
            "update": "os.open(f'{scratch}/a', os.O_RDWR)",
            "cut": "os.truncate(f'{scratch}/a', 0)",
            "folder": "os.mkdir(f'{scratch}/c')",
            "rename": "os.rename(f'{scratch}/a', f'{scratch}/d')",
            "remove": "os.unlink(f'{scratch}/a')",
            "link": "os.symlink('a', f'{scratch}/e')",
            "temporary": "os.open(scratch, os.O_TMPFILE | os.O_RDWR)",
        },
        scratch=str(tmp_path),
    )
    assert results.pop("read") == "passed" and set(results.values()) == {"EROFS"}


@needs_filters
def test_with_a_gpu_every_ioctl_passes_except_those_on_other_processes() -> None:
    results = attempt(
        "seccomp.install(gpu=True)",
        {
            "any": "fcntl.ioctl(0, 0x1234, bytes(4))",
            "typing": "fcntl.ioctl(0, termios.TIOCSTI, b'x')",
            "owner": "fcntl.ioctl(0, 0x8901, bytes(4))",
            "process": "os.fork() or os._exit(0)",
        },
    )
    assert results == {"any": "ENOTTY", "typing": "EPERM", "owner": "EPERM", "process": "EPERM"}


@needs_filters
def test_running_threads_are_restricted_too() -> None:
    before = (
        "go, met = threading.Event(), []\n"
        "def work():\n go.wait()\n try: socket.socket()\n except OSError as error: met.append(error.errno)\n"
        "thread = threading.Thread(target=work); thread.start(); seccomp.install(); go.set(); thread.join()"
    )
    assert attempt(before, {"met": "assert met == [errno.EPERM], met"}) == {"met": "passed"}


@needs_filters
def test_a_child_can_signal_itself_but_not_its_parent() -> None:
    before = (
        "program, parent = seccomp.program(), os.getpid()\nchild = os.fork()\n"
        "if child:\n sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))\n"
        "seccomp.install()"
    )
    attempts = {"itself": "os.kill(os.getpid(), 0)", "builder": "os.kill(parent, 0)"}
    assert attempt(before, attempts) == {"itself": "passed", "builder": "EPERM"}


@needs_filters
def test_abort_ends_the_process_by_its_own_signal() -> None:
    done = run("import os; from autograder.isolation.kernel import seccomp; seccomp.install(); os.abort()")
    assert done.returncode == -signal.SIGABRT


# getpid, with the x32 table and with the 32-bit gate (mov eax, 20; int 0x80; ret).
X32 = "import ctypes; ctypes.CDLL(None).syscall(ctypes.c_long(0x40000000 + 39))"
GATE = (
    "import ctypes, mmap; page = mmap.mmap(-1, 4096, prot=7); page.write(bytes.fromhex('b814000000cd80c3'));"
    "ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(page)))()"
)


@needs_filters
@pytest.mark.skipif(os.uname().machine != "x86_64", reason="only x86_64 has more than one table of calls")
@pytest.mark.parametrize("other_table", [X32, GATE], ids=["x32", "32-bit gate"])
def test_call_with_another_table_kills(other_table: str) -> None:
    if run(other_table).returncode != 0:
        pytest.skip("this kernel has no such table")
    done = run(f"from autograder.isolation.kernel import seccomp; seccomp.install(); {other_table}")
    assert done.returncode == -signal.SIGSYS


def test_no_call_is_in_two_groups() -> None:
    groups = [*seccomp.ALLOWED.values(), *seccomp.FORBIDDEN.values(), seccomp.ALLOWED_WITH_GPU]
    count = Counter(name for names in groups for name in names.split())
    assert [name for name, times in count.items() if times > 1] == []


@pytest.mark.parametrize("column", [0, 1], ids=["x86_64", "aarch64"])
def test_numbers_are_those_of_the_kernels_headers(column: int) -> None:
    if not HEADERS[column].exists():
        pytest.skip("the kernel's headers are not installed")
    defined = re.findall(r"#define __NR(?:3264)?_(\w+)\s+(\d+)", HEADERS[column].read_text())
    real = {"newfstatat" if name == "fstatat" else name: int(number) for name, number in defined}
    for entry in syscalls._NUMBERS.split():
        name, numbers = entry.split("=")
        assert numbers.split("/")[column] == str(real.get(name, "-")), name


def test_machine_without_a_table_is_refused_with_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    syscalls.machine.cache_clear()
    try:
        assert not syscalls.supported() and not seccomp.available()
        with pytest.raises(RuntimeError, match="no table of system calls for darwin"):
            seccomp.program.__wrapped__()
    finally:
        monkeypatch.undo()
        syscalls.machine.cache_clear()
