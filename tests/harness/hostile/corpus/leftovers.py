"""Class 8: leaves something running, signals and traces other processes, writes outside, changes its user."""

from tests.harness.hostile.entry import TARGET, Entry, double, shout

TRY = """
def attempt(function, *arguments):
    try:
        return function(*arguments)
    except (OSError, ValueError, RuntimeError):
        return None
"""


BABBLE = """
import threading
def babble():
    while True:
        forge.send(b"HWF1 this is no frame")
        time.sleep(0.01)
threading.Thread(target=babble, daemon=True).start()
"""


def quietly(id: str, tries: str, body: str, top: str = "") -> Entry:
    """An entry that tries, catches the exception, and goes on honestly; the result is checked from outside."""
    return Entry(id, 8, tries, double(f"{body.strip()}\nreturn 2 * x", TRY + top))


ENTRIES = (
    quietly(
        "left-processes",
        "processes: a daemon, with raw system calls, with multiprocessing, with an honest data loader",
        """
import ctypes, multiprocessing, platform
pid = attempt(os.fork)
if pid == 0:
    attempt(os.setsid)
    if attempt(os.fork) == 0:
        time.sleep(30)
    os._exit(0)
libc = ctypes.CDLL(None, use_errno=True)
fork, vfork, clone, clone3 = {"x86_64": (57, 58, 56, 435), "aarch64": (-1, -1, 220, 435)}[platform.machine()]
for number, *arguments in ((fork,), (clone, 17, 0, 0, 0, 0), (clone, 0x8000 | 17, 0, 0, 0, 0), (clone3, 0, 0)):
    if number >= 0 and libc.syscall(number, *arguments) == 0:
        time.sleep(30)
        os._exit(0)
from torch.utils.data import DataLoader
for method in ("fork", "spawn", "forkserver"):
    attempt(lambda: multiprocessing.get_context(method).Process(target=time.sleep, args=(30,)).start())
attempt(lambda: list(DataLoader([1.0, 2.0], num_workers=2, generator=torch.Generator())))
""",
    ),
    quietly(
        "left-threads",
        "threads, timers and alarms that go on after the value is returned",
        """
import threading
threading.Thread(target=time.sleep, args=(30,)).start()
threading.Timer(0.01, spin).start()
signal.setitimer(signal.ITIMER_REAL, 20, 0.001)
""",
        """
import signal
signal.signal(signal.SIGALRM, lambda *_: os._exit(0))
def spin():
    while True:
        pass
""",
    ),
    quietly(
        "signal-others",
        "signals the grader and all others, tries to kill one, becomes root, mounts, makes devices and namespaces",
        """
import ctypes, fcntl, signal
for pid in {os.getppid(), *aim.PIDS} - {os.getpid()}:
    attempt(os.kill, pid, 0)
attempt(os.kill, -1, 0)
attempt(os.killpg, os.getpgrp(), 0)
for number in (signal.SIGTERM, signal.SIGKILL):
    attempt(os.kill, aim.VICTIM, number)
    attempt(lambda: signal.pidfd_send_signal(os.pidfd_open(aim.VICTIM), number))
receive, send = os.pipe()
for number, argument in ((fcntl.F_SETOWN, aim.VICTIM), (fcntl.F_SETSIG, signal.SIGKILL), (fcntl.F_SETFL, os.O_ASYNC)):
    attempt(fcntl.fcntl, receive, number, argument)
attempt(os.write, send, b"x")
ctypes.CDLL(None).sigqueue(aim.VICTIM, int(signal.SIGKILL), 0)
libc = ctypes.CDLL(None)
was = os.getuid()
attempt(os.setuid, 0)
attempt(os.setgroups, [0])
attempt(os.mknod, "device", 0o20666, 259)
got = [was != os.getuid(), 0 in os.getgroups() and was != 0, os.path.exists("device")]
got += [libc.unshare(0x10000000) == 0, libc.mount(b"none", b"/", b"tmpfs", 0, None) == 0]
got += [attempt(os.chroot, "/") is not None]
loot.spill([f"right {number} was gained" for number, gained in enumerate(got) if gained])
""",
    ),
    quietly(
        "write-outside",
        "writes to all places: canaries, temporary folders, home, the homework, its own sources",
        """
home = os.path.expanduser("~")
for place in [*aim.FOLDERS, home, "/home", "/etc", "/var/tmp", sys.prefix, os.path.dirname(__file__), "/dev/shm"]:
    if place == os.getcwd():
        continue
    attempt(lambda: open(f"{place}/{aim.MARK}", "x").close())
    attempt(os.mkdir, f"{place}/{aim.MARK}.folder")
    attempt(os.symlink, "/", f"{place}/{aim.MARK}.link")
    attempt(os.mkfifo, f"{place}/{aim.MARK}.pipe")
for path in [*aim.CANARIES, __file__]:
    attempt(lambda: open(path, "ab").close())
    attempt(os.truncate, path, 0)
    attempt(os.chmod, path, 0)
    attempt(os.utime, path, (0, 0))
    attempt(os.rename, path, path + "~")
    attempt(os.link, path, aim.MARK)
    attempt(os.unlink, path)
    attempt(os.setxattr, path, "user.left", b"x")
""",
    ),
    Entry(
        "left-babble",
        8,
        "threads that write to the connection at any time, or a moment after the value was sent",
        {
            **shout("time.sleep(0.2)\nreturn text.upper() + '!'", BABBLE),
            **double(
                "import threading\nthreading.Timer(0.05, forge.send, [b'late']).start()\n"
                "time.sleep(0.2 if x.numel() > 1 else 0)\nreturn 2 * x"
            ),
        },
        {"words.shout": "KILLED", TARGET: ("KILLED", 4.0)},
    ),
)
