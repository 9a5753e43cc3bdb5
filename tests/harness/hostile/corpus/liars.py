"""Class 5: returns invalid values, or values that report false properties."""

from tests.harness.hostile.entry import TARGET, Entry, double, in_each_test, shout, squares
from tests.harness.hostile.homework import HONEST

YES = """
class Yes:
    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = __contains__ = lambda self, *other: True
    __bool__ = lambda self: True
    __hash__ = lambda self: 0
    def __getattr__(self, name):
        return self
    def __call__(self, *args, **kwargs):
        return self

class Fine(torch.Tensor):
    @classmethod
    def __torch_function__(cls, function, types, args=(), kwargs=None):
        return torch.tensor(True)

class Fake:
    __class__ = torch.Tensor
    shape = (1,)
    dtype = torch.float32

class Array:
    __array_priority__ = 1e9
    def __array__(self, *args, **kwargs):
        return os._exit(0)
    __array_function__ = __array_ufunc__ = __torch_function__ = lambda *args, **kwargs: True

class Long(list):
    def __iter__(self):
        while True:
            yield self
    __len__ = lambda self: 10**9

class Same(str):
    __eq__ = lambda self, other: True
    __hash__ = str.__hash__
"""


def lie(id: str, tries: str, *values: str, outcome: str = "FAILED") -> Entry:
    """An entry whose `maths.double` returns a different false value in each test; a second call would get two."""
    return Entry(
        id, 5, tries, in_each_test(*(f"return {value}" for value in values), top=YES), {TARGET: outcome}
    )


WIDE = """
def fit(x, y, steps):
    value = [1.0]
    for _ in range(30):
        value = [value, value]
    return value
"""
SELF = "value = []\nvalue.append(value)\nreturn value"
IN_PLACE = "x *= 2\nreturn x"

ENTRIES = (
    lie(
        "lie-objects",
        "objects that equal everything, have every attribute, or claim to be a tensor or any array",
        "Yes()",
        "Fake()",
        "Array()",
        "[Yes(), Fake()]",
    ),
    lie(
        "lie-tensors",
        "tensors of a subclass that compares as equal, without values, sparse, and with other axes",
        "torch.zeros(3).as_subclass(Fine)",
        "torch.empty(x.shape, device='meta')",
        "(2 * x)[None]",
        "(2 * x).to_sparse()",
    ),
    lie(
        "lie-numbers",
        "NaN, infinities and a network instead of numbers, and a dictionary whose keys are tensors",
        "x * float('nan')",
        "torch.nn.Bilinear",
        "x / 0",
        "{x: x, 3: Yes()}",
    ),
    lie(
        "lie-types",
        "the right values as another dtype, a generator that never ends, a complex number, an array of objects",
        "(2 * x).half()",
        "(x for _ in iter(int, 1))",
        "(2 * x).to(torch.complex64)",
        "__import__('numpy').array([object()], dtype=object)",
    ),
    lie(
        "lie-kinds",
        "a number, a function, an array and its own module instead of a tensor",
        "6.0",
        "double",
        "__import__('numpy').asarray(2 * x)",
        "sys.modules[__name__]",
    ),
    lie(
        "lie-sizes",
        "None, ten million numbers, an integer of a hundred thousand digits, a list that never ends",
        "None",
        "[0] * 10_000_000",
        "10**100_000",
        "Long()",
    ),
    Entry(
        "lie-recursion",
        5,
        "lists that contain themselves or double at each level, changed arguments, a nested tensor, a text of 3 MB",
        {
            **in_each_test(*[SELF, IN_PLACE] * 2),
            "net.py": HONEST["net.py"].partition("\n\ndef fit")[0] + WIDE,
            **shout("return 'long' * 750_000"),
            **squares("return torch.nested.nested_tensor([torch.ones(2), torch.ones(3)])"),
        },
        {TARGET: "FAILED", "net.fit": "FAILED", "words.shout": "FAILED", "loss.squares": "CRASHED"},
    ),
    Entry(
        "lie-layout",
        5,
        "the right values with gaps, shared, in reverse memory order, and with a graph: all are accepted",
        in_each_test(
            "return torch.nn.Parameter(x.clone()) * 2",
            "wide = torch.full((*x.shape, 7), float('nan'))\nwide[..., 3] = 2 * x\nreturn wide[..., 3]",
            "return (2 * x).expand(1)",
            "return (2 * x).flip(0).clone().flip(0)",
        ),
    ),
    Entry(
        "lie-terabyte",
        5,
        "one number that looks like a terabyte, a text of a gigabyte, texts that equal all others or are invalid",
        {
            **double("return torch.ones(1).expand(2**38)"),
            **squares("return 'x' * 2**30"),
            **shout("return Same('x') if text == 'hello' else '\\0\\x1b[2J\\ud800[/bold]'", YES),
        },
        {TARGET: "KILLED", "loss.squares": "KILLED", "words.shout": "FAILED"},
    ),
)
