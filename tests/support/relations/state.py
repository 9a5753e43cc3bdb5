"""Relations of what is outside a call: random generators, what was called before, settings, networks."""

from typing import Any

import torch

from autograder.errors import StudentError, WrongAnswer
from autograder.transport.nested import numbers
from autograder.transport.wire import tensors
from tests.support.cases import Arguments, Draw, Inputs, with_generator
from tests.support.compare import assert_true
from tests.support.relations.agree import same


def repeat(function: Any, inputs: Inputs, draw: Draw, args: Arguments) -> None:
    """The same call gives the same bits, whatever was called in between."""
    seed = draw.integer(0, 2**40)
    first, _, again = (function(**with_generator(args, s)) for s in (seed, seed + 1, seed))
    text = "the same call, with a generator in the same state, has another result the second time"
    assert_true(
        same(first, again) and numbers(first) == numbers(again),
        text,
        hint="What does the code keep from one call to the next?",
    )


def generator(function: Any, inputs: Inputs, draw: Draw, args: Arguments) -> None:
    """The generator decides; without one, torch's global generator does, in the same way."""
    seed = draw.integer(0, 2**40)
    given = torch.Generator().manual_seed(seed)
    fresh = given.get_state()
    rest = {name: value for name, value in args.items() if name != "generator"}
    hint = "Pass `generator` on to every function that draws; None is torch's global generator there."
    expected = function(**rest, generator=given)
    other = function(**rest, generator=torch.Generator().manual_seed(seed + 1))
    assert_true(
        not torch.equal(given.get_state(), fresh),
        "the generator is not advanced",
        hint=hint,
        failure="distribution",
    )
    for more in ({}, {"generator": None}):
        reply = function.ask(**rest, **more, seed=seed)
        text = "without a generator, the draws are not those of torch's global generator"
        is_same = same(reply.value, expected) and len(tensors(reply.value)) > 0
        assert_true(is_same, text, hint=hint, failure="distribution")
        text = "without a generator, torch's global generator is not advanced: the next call draws the same"
        assert_true(reply.drew, text, hint=hint, failure="distribution")
    following = function(**rest, generator=given)
    for drawn, text in (
        (other, "generators of different seeds give equal draws"),
        (following, "a second call with the same generator draws the same numbers again"),
    ):
        assert_true(not same(expected, drawn), text, hint=hint, failure="distribution")


def surroundings(function: Any, inputs: Inputs, draw: Draw, args: Arguments) -> None:
    """The caller's settings are not touched, also if they are unusual: gradients off, another default dtype.

    The number of threads is left alone: a process that is forked from one that has computed with two would hang.
    """
    function.ask(**args, surroundings={"the gradient mode": False})
    try:
        function.ask(**args, surroundings={"torch's default dtype": torch.float64})
    except StudentError:
        pass  # only what is left behind counts here
    except WrongAnswer as error:
        if error.failure == "global state":
            raise


def network(function: Any, inputs: Inputs, draw: Draw, args: Arguments) -> None:
    """A torch module in the place of a function stays as it is, in training and in evaluation mode."""
    role = next(name for name in ("network", "policy") if name in args)
    for mode in ("train", "eval"):
        getattr(args[role], mode)()
        reply = function.ask(**args, **inputs.options, grad_of=(role,) if inputs.is_graphless else ())
        kept = any(gradient is not None for gradient in (reply.grads.get(role) or {}).values())
        text = "the result still has a graph that reaches the network, which costs memory in every step"
        assert_true(
            not kept, text, hint="Where does `torch.no_grad` end?", failure="gradient where none belongs"
        )
