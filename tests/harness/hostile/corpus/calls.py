"""Class 3 as well: misuses the functions that a test passes in. They run in the grader."""

from textwrap import dedent, indent

from tests.harness.hostile.entry import TARGET, Entry, double, squares, task

TWICE = "calls.twice"
QUESTION = """
def question(number=0, grad=True, args=None, kwargs=forge.EMPTY, storages=()):
    header = {"op": "callback", "number": number, "grad": grad, "args": args, "kwargs": kwargs}
    return forge.frame(header, *storages)

def ask(x, **changes):
    forge.send(question(**{"args": {"tuple": [forge.node(x, 0)]}, "storages": [forge.raw(x)], **changes}))

def backward(call=0, gradients=None, storages=()):
    return forge.frame({"op": "vjp", "call": call, "gradients": gradients}, *storages)
"""


def asked(
    id: str, tries: str, gradient: str, number: str, hidden: str, outcome: str | tuple[str, float] = "KILLED"
) -> Entry:
    """An entry whose `calls.twice` has a different body in each of its tests."""
    conditions = ("if x.sum() > 0:", "elif x.numel() == 2:", "else:")
    parts = zip(conditions, (gradient, number, hidden), strict=True)
    body = "\n".join(
        f"{condition}\n{indent(dedent(part).strip(chr(10)), '    ')}" for condition, part in parts
    )
    return Entry(id, 3, tries, task("calls", "twice(f, x)", body, QUESTION), {TWICE: outcome})


ENTRIES = (
    asked(
        "call-junk",
        "calls it with None, with a hundred thousand arguments; catches all exceptions and gives the right result",
        "return f(None)",
        "return f(*range(100_000))",
        "try:\n    f(None)\nexcept Exception:\n    pass\nreturn f(f(x))",
        "CRASHED",
    ),
    asked(
        "call-unknown",
        "calls functions that were never passed, and sends invalid requests",
        "ask(x, number=7)\nforge.hold()",
        "ask(x, number=-1)\nforge.hold()",
        "forge.send(forge.frame({'op': None}))\nforge.hold()",
    ),
    asked(
        "call-odd-arguments",
        "calls it with invalid arguments, keywords and options",
        "ask(x, args=3)\nforge.hold()",
        "ask(x, kwargs={'list': []})\nforge.hold()",
        "ask(x, grad='yes')\nforge.hold()",
    ),
    Entry(
        "call-without-functions",
        3,
        "calls a function in a test that passes no function, and requests its gradient",
        {
            **double("ask(x)\nforge.hold()", QUESTION),
            **squares("forge.send(backward())\nforge.hold()", QUESTION),
        },
        {TARGET: "KILLED", "loss.squares": "KILLED"},
    ),
    asked(
        "vjp-that-never-was",
        "requests the gradient of a call that never happened, with wrong weights, and of a call without a gradient",
        "forge.send(backward(3, {'list': []}))\nforge.hold()",
        "ask(x)\nforge.receive()\nforge.send(backward(0, {'list': [3, None, 'x']}))\nforge.hold()",
        """
        ask(x, grad=False)
        forge.receive()
        forge.send(backward(0, {"list": [forge.node(x, 0)]}, [forge.raw(x)]))
        forge.hold()
        """,
    ),
    asked("call-without-end", "calls it without end", *["while True:\n    f(x)"] * 3, "TIMEOUT"),
    asked(
        "call-flood",
        "sends requests without end, and reads no answer",
        *["while True:\n    ask(x)"] * 3,
        "TIMEOUT",
    ),
    asked(
        "call-memory",
        "calls it with one number that looks like 128 MB, to get this back, or so that graphs fill the memory",
        "ask(x, args={'tuple': [forge.node(x, 0, size=[2**25 - 8], stride=[0])]})\nforge.hold()",
        """
        for _ in range(8):
            ask(x, args={"tuple": [forge.node(x, 0, size=[2**25 - 8], stride=[0], grad=True)]})
            forge.receive()
        os._exit(0)
        """,
        "ask(x, args={'tuple': [forge.node(x, 0, size=[2**24 - 8], stride=[0])]})\nforge.hold()",
    ),
)
