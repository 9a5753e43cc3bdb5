"""Class 7 as well: takes all resources. Every amount is limited, in case nothing else limits it."""

from tests.harness.hostile.entry import TARGET, Entry, double, in_each_test, shout


def refused(id: str, tries: str, body: str) -> Entry:
    """An entry that gets no resource, catches the exception, and goes on honestly."""
    return Entry(id, 7, tries, double(f"{body.strip()}\nreturn 2 * x"))


ENTRIES = (
    Entry(
        "greed-memory",
        7,
        "takes two gigabytes: as bytes, as a tensor, as shared memory, as a text",
        in_each_test(
            "held = [bytearray(b'x' * (64 << 20)) for _ in range(32)]",
            "return torch.ones(2**29) + x.sum()",
            """
            import mmap
            areas = []
            for _ in range(32):
                areas.append(mmap.mmap(-1, 64 << 20))
                for start in range(0, 64 << 20, 1 << 20):
                    areas[-1][start] = 1
            """,
            "return 'x' * 2**31",
        ),
        {TARGET: "KILLED"},
    ),
    Entry(
        "greed-files",
        7,
        "writes a file of 200 MB, 200 MB in many files, twenty thousand empty files, and opens ten thousand files",
        in_each_test(
            "with open('large', 'wb') as file:\n    for _ in range(200):\n        file.write(bytes(1 << 20))",
            """
            for number in range(200):
                with open(f"f{number}", "wb") as file:
                    file.write(bytes(1 << 20))
            time.sleep(20)
            """,
            "for number in range(20_000):\n    open(f'f{number}', 'wb').close()\ntime.sleep(20)",
            "held = [open(os.devnull) for _ in range(10_000)]",
        ),
        {TARGET: "KILLED"},
    ),
    Entry(
        "greed-output",
        7,
        "prints without end: in pieces, in one line, in two threads, by writing both streams",
        in_each_test(
            "while True:\n    os.write(1, b'x' * 65536)",
            "while True:\n    sys.stderr.write('y' * 100_000)",
            """
            import threading
            def flood():
                while True:
                    os.write(2, b"x" * 65536)
            threading.Thread(target=flood).start()
            flood()
            """,
            "while True:\n    print('x' * 65536, flush=True)\n    print('x' * 65536, file=sys.stderr)",
        ),
        {TARGET: "KILLED"},
    ),
    refused(
        "greed-swallowed",
        "takes memory, processes, threads and programs until it gets no more, and then continues",
        """
import subprocess, threading
held = []
try:
    for _ in range(32):
        held.append(bytearray(b"x" * (64 << 20)))
except MemoryError:
    held.clear()
else:
    os._exit(0)
for _ in range(200):
    try:
        if os.fork() == 0:
            time.sleep(20)
            os._exit(0)
    except OSError:
        continue
    os._exit(0)
stop = threading.Event()
try:
    for _ in range(500):
        threading.Thread(target=stop.wait, args=(20,), daemon=True).start()
except RuntimeError:
    pass
stop.set()
for attempt in (
    lambda: subprocess.run(["sh", "-c", "sleep 20"], timeout=1),
    lambda: subprocess.Popen([sys.executable, "-c", "import time; time.sleep(20)"]),
    lambda: os.posix_spawn("/bin/sleep", ["sleep", "20"], {}),
    lambda: os.execv(sys.executable, [sys.executable, "-c", "print()"]),
):
    try:
        attempt()
    except (OSError, ValueError):
        continue
    os._exit(0)
""",
    ),
    Entry(
        "greed-stack",
        7,
        "calls itself until the C stack overflows, and until the limit of Python",
        {
            **double(
                "sys.setrecursionlimit(10**9)\ndeep = ctypes.CFUNCTYPE(ctypes.c_int)(lambda: deep())\nreturn deep()",
                "import ctypes",
            ),
            **shout("return shout(text)"),
        },
        {TARGET: "KILLED", "words.shout": "CRASHED"},
    ),
    refused(
        "greed-output-later",
        "prints without end in a thread after it has returned, and closes unused descriptors",
        """
import threading
def flood(number):
    while True:
        os.write(number, b"x" * 4096)
        time.sleep(0.0005)
if threading.active_count() == 1:
    threading.Thread(target=flood, args=(os.dup(1),), daemon=True).start()
    os.closerange(0, 3)
""",
    ),
)
