"""A bank of known answers for it, and the bodies of its functions, as text."""

from tests.harness.bank_homework import CODE

BANK = """
from autograder.misconceptions.writing import hint, right, wrong

TASK = "maths.double"

@wrong("triples by a sum", sometimes="constant factor")
@hint("How many are two?")
def double_sums_thrice(x):
    return x + x + x

@wrong("triples", often="constant factor")
@hint("Count the summands.")
def double_triples(x):
    return 3 * x

@wrong("adds one", often="values")
@hint("What is twice nothing?")
def double_adds_one(x):
    return 2 * x + 1

@right("adds it to itself")
def double_by_sum(x):
    return x + x

TASK = "maths.quadruple"

@wrong("doubles once", often="constant factor")
@hint("How often is it doubled?")
def quadruple_doubles_once(x):
    return maths.double(x)

TASK = "maths.octuple"

@wrong("squares", often="values")
@hint("What is eight times one?")
def octuple_squares(x):
    return x * x

TASK = "maths.flip"

@wrong("flips half as often", often="distribution")
@hint("Is a fair coin tossed besides?")
def flip_half_as_often(x, p, generator):
    return torch.where(torch.rand(x.shape, generator=generator) < p[:, None] / 2, -x, x)

@wrong("flips whole rows", often="distribution")
@hint("Who shares a coin?")
def flip_whole_rows(x, p, generator):
    return torch.where(torch.rand(len(x), 1, generator=generator) < p[:, None], -x, x)

TASK = "maths.Scale"

@wrong("divides", often="values")
@hint("Which way?")
def scale_divides(self, x):
    return x / self.weight
"""


DOUBLE, QUADRUPLE, OCTUPLE = "maths.double", "maths.quadruple", "maths.octuple"


FLIP, SCALE, SCALED = "maths.flip", "maths.Scale", "maths.scaled"


POWER, SUMMARY = "maths.power", "maths.summary"


BODIES = {
    DOUBLE: "return 2 * x",
    QUADRUPLE: "return maths.double(maths.double(x))",
    OCTUPLE: "return maths.double(maths.quadruple(x))",
    FLIP: "return torch.where(torch.rand(x.shape, generator=generator) < p[:, None], -x, x)",
    SCALE: "return self.weight * x",
    SCALED: "return model(x) + 1",
    POWER: "return x**n",
    SUMMARY: 'return {"count": x.numel(), "ends": [float(x[0]), float(x[-1])]}',
}


TRIPLES, ADDS_ONE = "return 3 * x", "return 2 * x + 1"


def code(bodies: dict[str, str]) -> str:
    """The reference with other bodies of one line or several for some tasks."""
    text = CODE
    for task, body in bodies.items():
        indent = " " * (8 if task == SCALE else 4)
        text = text.replace(BODIES[task], body.replace("\n", "\n" + indent))
    return text
