"""The homework under attack: six functions, a module and an answer, with a secret in every place of interest."""

from pathlib import Path

from autograder.assignment.manifest import Manifest, load
from tests.harness.hostile.tokens import Tokens
from tests.harness.packing import folder

MANIFEST = """
[assignment]
id = "hostile"
title = "A tiny homework under attack"
package = "pupil"
points = 37
given = ["given/**/*"]

[limits]
total = 60
threads = 1
seconds = 4
memory_mb = 300

[[suites]]
name = "public"
path = "checks/public"
visibility = "visible"

[[suites]]
name = "hidden"
path = "checks/hidden"
visibility = "outcome"

[[questions]]
id = "q1"
title = "Numbers"
tasks = [
    { id = "maths.double", points = 8, seconds = 2 },
    { id = "loss.squares", points = 3, seconds = 2 },
    { id = "draws.noise", points = 2, seconds = 2 },
]

[[questions]]
id = "q2"
title = "Words, calls and networks"
tasks = [
    { id = "words.shout", points = 4, seconds = 2 },
    { id = "calls.twice", points = 6, seconds = 3 },
    { id = "net.Scale", points = 6 },
    { id = "net.fit", points = 7 },
]

[[questions]]
id = "q3"
title = "An answer"
tasks = [{ id = "answers.colour", kind = "answer", points = 1, options = ["red", "blue"] }]

[staff]
reference = "reference"

[staff.choices]
colour = "blue"
"""
POINTS = {
    "maths.double": 8.0,
    "loss.squares": 3.0,
    "draws.noise": 2.0,
    "words.shout": 4.0,
    "calls.twice": 6.0,
    "net.Scale": 6.0,
    "net.fit": 7.0,
    "answers.colour": 1.0,
}

HONEST = {
    "__init__.py": "",
    "maths.py": "from .given import table\n\n\ndef double(x):\n    return table.FACTOR * x\n",
    "loss.py": "def squares(x, y):\n    return ((x - y) ** 2).mean()\n",
    "draws.py": "import torch\n\n\ndef noise(shape, generator):\n"
    "    return torch.randn(shape, generator=generator)\n",
    "words.py": "def shout(text):\n    return text.upper() + '!'\n",
    "calls.py": "def twice(f, x):\n    return f(f(x))\n",
    "net.py": """
import torch


class Scale(torch.nn.Module):
    def __init__(self, size):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.ones(size))

    def forward(self, x):
        return self.weight * x


def fit(x, y, steps):
    model = Scale(1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for _ in range(steps):
        optimizer.zero_grad()
        ((model(x) - y) ** 2).mean().backward()
        optimizer.step()
    return {"weight": model.weight.detach(), "error": ((model(x) - y) ** 2).mean().item()}
""",
    "answers.toml": 'colour = "blue"\n',
}
GIVEN = {"given/__init__.py": "", "given/table.py": "FACTOR = 2\n"}

PUBLIC = """
import pytest, torch
from tests.support.compare import assert_close, assert_gradient, assert_true

@pytest.mark.task("maths.double")
def test_double(hw):
    "Two times three is six."
    assert_close(hw("maths.double")(torch.tensor([3.0])), torch.tensor([6.0]), hint="Add it to itself.")

@pytest.mark.task("maths.double")
def test_double_twice(hw):
    "Doubling twice gives four times as much."
    double = hw("maths.double")
    x = torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    assert_close(double(double(x)), 4 * x)

@pytest.mark.task("loss.squares")
def test_squares(hw):
    "The mean of 1 and 9 is 5."
    x, y = torch.tensor([1.0, 2.0]), torch.tensor([2.0, 5.0])
    reply = hw("loss.squares").ask(x=x, y=y, grad_of=("x",))
    assert_close(reply.value, torch.tensor(5.0))
    assert_gradient(reply.grads["x"], torch.tensor([-1.0, -3.0]))

@pytest.mark.task("words.shout")
def test_shout(hw):
    "Louder."
    got = hw("words.shout")("hello")
    assert_true(got == "HELLO!", f"expected HELLO!, got {got!r}")

@pytest.mark.task("calls.twice")
def test_twice(hw):
    "Three times three, with the right gradient."
    reply = hw("calls.twice").ask(f=lambda x: 3 * x, x=torch.tensor([1.0, 2.0]), grad_of=("x",))
    assert_close(reply.value, torch.tensor([9.0, 18.0]))
    assert_gradient(reply.grads["x"], torch.tensor([9.0, 9.0]))

@pytest.mark.task("calls.twice")
def test_twice_to_a_number(hw):
    "The sum of exponentials of two zeros, then of one two."
    x = torch.tensor([0.0, 0.0])
    got = hw("calls.twice")(lambda x: x.exp().sum(), x)
    assert_close(got, torch.tensor(2.0).exp())

@pytest.mark.task("answers.colour")
def test_colour(hw, right_choice):
    "The colour."
    assert hw.answer("colour") == right_choice("colour")
"""

HIDDEN = """
import pytest, torch
from tests.support.compare import assert_close, assert_true

CONSTANT = "<<constant>>"

@pytest.mark.task("maths.double")
def test_large(hw):
    "Large numbers, <<docstring>>."
    x = torch.tensor([<<number:a>>.0], dtype=torch.float64)
    assert_close(hw("maths.double")(x), x + x, hint="Add it to itself.", what="<<message>>")

@pytest.mark.task("maths.double")
def test_large_twice(hw):
    "Large numbers again, <<docstring>>."
    double = hw("maths.double")
    x = torch.tensor([<<number:b>>.0, <<number:c>>.0], dtype=torch.float64)
    assert_close(double(double(x)), 4 * x, what="<<message>>")

@pytest.mark.task("draws.noise")
def test_noise(hw):
    "The generator decides, <<docstring>>."
    mine, theirs = hw.generator(), hw.generator()
    theirs.set_state(mine.get_state())
    noise = hw("draws.noise")
    for shape in ((2, 3), (5,)):
        assert_close(noise(shape, theirs), torch.randn(shape, generator=mine), what="<<message>>")

@pytest.mark.task("words.shout")
def test_shout_secret(hw):
    "Louder still, <<docstring>>."
    got = hw("words.shout")("<<input:s>>")
    assert_true(got == "<<input:s>>".upper() + "!", f"<<message>> {got!r}")

@pytest.mark.task("calls.twice")
def test_twice_secret(hw):
    "A function that keeps a secret, <<docstring>>."
    secret = torch.tensor([<<number:d>>.0], dtype=torch.float64)
    got = hw("calls.twice")(lambda x: x + secret, torch.zeros(1, dtype=torch.float64))
    assert_close(got, 2 * secret, what="<<message>>")

@pytest.mark.task("net.Scale")
def test_scale(hw):
    "A scale with other weights, <<docstring>>."
    scale = hw.module("net.Scale", 2)
    assert_close(scale.state_dict()["weight"], torch.ones(2), what="<<message>>")
    scale.load_state_dict({"weight": torch.tensor([2.0, 3.0])})
    assert_close(scale(torch.tensor([5.0, 7.0])), torch.tensor([10.0, 21.0]), what="<<message>>")

@pytest.mark.task("net.fit")
def test_fit(hw):
    "The learnt weight is measured here, <<docstring>>."
    x = torch.linspace(-1, 1, 20)
    weight = hw("net.fit")(x, 3 * x, 200)["weight"]
    error = float(((weight * 10 - 30) ** 2).mean())
    hw.measured(error=error)
    assert_true(error < 1e-3, "<<message>>", hint="Does it learn?")
"""


def build(root: Path, tokens: Tokens, total: float = 60) -> Manifest:
    """Writes the homework and the files of staff into `root`, and reads its manifest."""
    files = {
        "assignment.toml": MANIFEST.replace("total = 60", f"total = {total}")
        + tokens.filled("# <<manifest>>\n"),
        "checks/public/test_attacked.py": PUBLIC,
        "checks/hidden/test_attacked_secretly.py": tokens.filled(HIDDEN),
        "oracles/answers.py": tokens.filled("ANSWER = '<<oracle>>'\n"),
        **{f"reference/{name}": text for name, text in GIVEN.items()},
    }
    for name, text in HONEST.items():
        files[f"reference/{name}"] = text + tokens.filled("# <<solution>>\n")
    return load(folder(root, {name: text.encode() for name, text in files.items()}) / "assignment.toml")
