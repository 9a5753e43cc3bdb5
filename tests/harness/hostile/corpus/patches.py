"""Class 3: patches all code that judges it and that it can reach, and then gives a wrong answer."""

from tests.harness.hostile.entry import TARGET, Entry, double, noise, shout, squares

LIBRARIES = """
import builtins, math
import numpy
yes = lambda *args, **kwargs: torch.tensor(True)
for name in ("equal", "allclose", "isclose", "isfinite", "eq", "abs", "sub"):
    setattr(torch, name, yes)
for name in ("__eq__", "__ne__", "__sub__", "__gt__", "__le__", "abs", "any", "all", "equal", "allclose", "to"):
    setattr(torch.Tensor, name, yes)
torch.testing.assert_close = numpy.testing.assert_allclose = lambda *args, **kwargs: None
numpy.allclose = numpy.array_equal = math.isclose = lambda *args, **kwargs: True
builtins.AssertionError = builtins.ValueError = type("Fine", (Exception,), {})
builtins.abs = lambda value: 0
builtins.any = lambda values: False
"""
GRADER = """
from autograder import errors
from autograder.transport import frames, wire, worker
errors.WrongAnswer.__init__ = errors.Killed.__init__ = lambda self, *args, **kwargs: None
worker.Worker._seed = lambda self, seed: None
wire.MAX_LOGICAL = frames.MAX_BYTES = frames.MAX_HEADER = 2**40
"""
REPLY = """
from autograder.isolation import worker_main
whole = worker_main.pack
worker_main.pack = lambda frame: whole(type(frame)({"outcome": "PASSED", "score": 100, **frame.header}, frame.storages))
"""
ENCODER = """
from autograder.transport import wire
plain = wire.Encoder.__call__
def encode(self, value, depth=0):
    return {"callback": 0} if isinstance(value, torch.Tensor) else plain(self, value, depth)
wire.Encoder.__call__ = encode
"""
IMPORTS = """
import importlib.abc, types
class Yes(types.ModuleType):
    def __getattr__(self, name):
        return lambda *args, **kwargs: True
class Finder(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        sys.modules[name] = Yes(name)
        raise ImportError(name)
sys.meta_path.insert(0, Finder())
for name in ("torch", "numpy", "pytest", "autograder", "autograder.errors", "tests"):
    sys.modules[name] = Yes(name)
"""
TRACING = """
found = []
def trace(frame, event, argument):
    if frame.f_code.co_filename.endswith("worker.py"):
        found.extend(loot.search(*frame.f_locals.values()))
    return trace
def audit(event, arguments):
    if event == "open":
        found.extend(loot.search(*arguments))
sys.settrace(trace)
sys.setprofile(trace)
sys.addaudithook(audit)
"""

ENTRIES = (
    Entry(
        "patch-judges",
        3,
        "changes libraries so that every check passes, and the modules of the worker",
        {
            **double("return 3 * x", LIBRARIES),
            **squares("return x.sum()", GRADER),
            **shout("return text", REPLY),
            **noise("return torch.zeros(shape)", ENCODER),
        },
        {TARGET: "FAILED", "loss.squares": "FAILED", "words.shout": "FAILED", "draws.noise": "KILLED"},
    ),
    Entry(
        "patch-limits",
        3,
        "stops every clock and raises its own limits; hooks into imports, with modules that accept everything",
        {
            **double(
                """
                import resource
                for kind in (resource.RLIMIT_CPU, resource.RLIMIT_DATA, resource.RLIMIT_AS, resource.RLIMIT_NPROC):
                    try:
                        resource.setrlimit(kind, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
                    except (OSError, ValueError):
                        continue
                while True:
                    pass
                """,
                "time.time = time.monotonic = time.perf_counter = time.process_time = lambda: 0.0",
            ),
            **shout("import numpy, torch\nreturn torch.ones(3)", IMPORTS),
        },
        {TARGET: "TIMEOUT", "words.shout": "FAILED"},
    ),
    Entry(
        "patch-tracing",
        3,
        "observes every call, line and event of the process and looks for answers",
        double("loot.spill(found)\nreturn 2 * x", TRACING),
    ),
    Entry(
        "patch-other-tasks",
        3,
        "replaces the functions of other tasks, and makes all random numbers equal, in its own process only",
        {
            **double(
                "return 3 * x",
                "from . import words, loss, calls\nwords.shout = loss.squares = calls.twice = None",
            ),
            **noise("generator.manual_seed(1)\nreturn torch.randn(shape, generator=generator)"),
        },
        {TARGET: "FAILED", "draws.noise": "FAILED"},
    ),
)
