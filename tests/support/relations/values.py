"""Relations of values: memory layout, dtype, factors, constants that are added, and gradients."""

import math
from typing import Any

import torch
from torch import Tensor

from autograder.errors import WrongAnswer
from autograder.transport.nested import replaced
from autograder.transport.wire import tensors
from tests.support.cases import Arguments, Draw, Inputs, with_generator
from tests.support.compare import assert_no_gradient, assert_true
from tests.support.relations.agree import agree, is_float, same


def layout(function: Any, inputs: Inputs, draw: Draw, args: Arguments) -> None:
    """The memory layout of an argument does not matter."""
    seed = draw.integer(0, 2**40)
    expected = function(**with_generator(args, seed))
    hint = "`view` needs contiguous memory, `reshape` does not. Does the code read storage instead of values?"
    text = "the result changes with the memory layout of the arguments"
    # Numbers that are drawn like a transposed tensor come in another order.
    for change in (_scattered,) if "generator" in args else (_scattered, _transposed):
        changed = {name: change(value) for name, value in args.items()}
        agree(function(**with_generator(changed, seed)), expected, text, hint)


def dtype(function: Any, inputs: Inputs, draw: Draw, args: Arguments) -> None:
    """The result has the dtype of the data, and double precision is double precision inside."""
    hint = "Which dtype do numbers and new tensors have in the code, and which one has the data?"
    floats = [name for name, value in args.items() if is_float(value) and value.dtype == draw.case.dtype]
    data = [name for name in floats if name not in inputs.schedules]
    wide = {name: value.double() if name in data else value for name, value in args.items()}
    narrow = {name: value.float() if name in data else value for name, value in args.items()}
    exact, rough = function(**wide), function(**narrow)
    for result, kind in ((exact, torch.float64), (rough, torch.float32)):
        for found in tensors(result):
            text = f"for data of {kind} the result has dtype {found.dtype}"
            assert_true(
                not found.is_floating_point() or found.dtype == kind, text, hint=hint, failure="dtype"
            )
    if inputs.takes_halves:
        half = function(**{name: value.bfloat16() if name in data else value for name, value in args.items()})
        for found in tensors(half):
            text = f"for data of torch.bfloat16 the result has dtype {found.dtype}"
            assert_true(found.dtype == torch.bfloat16, text, hint=hint, failure="dtype")
    if inputs.is_smooth and draw.case.scale >= 1 and draw.case.dtype == torch.float64:
        _assert_double(function, wide, data, exact, hint)


def _assert_double(function: Any, args: Arguments, data: list[str], exact: Any, hint: str) -> None:
    """Fails if the digits that only double precision has do not reach the result, or are not in it."""
    for name in data:
        rounded = function(**{**args, name: args[name].float().double()})
        if same(rounded, exact) and not same(function(**{**args, name: 1.5 * args[name]}), exact):
            text = (
                f"double precision is lost inside: `{name}` rounded to single precision has the same result"
            )
            raise WrongAnswer(text, hint=hint, failure="dtype")
    for result in tensors(exact):
        told = result[(result != 0) & result.isfinite()]
        text = "double precision is lost inside: the result has no more digits than single precision"
        is_double = not told.is_floating_point() or not torch.equal(told, told.float().double())
        assert_true(is_double or not told.numel(), text, hint=hint, failure="dtype")


def linear(function: Any, inputs: Inputs, draw: Draw, args: Arguments) -> None:
    """Multiplying all of some arguments multiplies the result."""
    expected = function(**args)
    names = " and ".join(f"`{name}`" for name in inputs.linear)
    for factor in (-3.0, 1e-6, 1e6):
        got = function(**{n: v * factor if n in inputs.linear else v for n, v in args.items()})
        scaled = replaced(expected, lambda x, by=factor: x * by)
        text = f"{names} times {factor:g} must give {factor:g} times the result, and does not"
        agree(
            got, scaled, text, "Is something added, limited or rounded that does not belong to the formula?"
        )


def shift(function: Any, inputs: Inputs, draw: Draw, args: Arguments) -> None:
    """Adding a constant to some arguments changes nothing."""
    expected = function(**args)
    names = " and ".join(f"`{name}`" for name in inputs.shift)
    for constant in (3.0, -7e5):
        got = function(**{n: v + constant if n in inputs.shift else v for n, v in args.items()})
        text = f"adding {constant:g} to {names} must change nothing, and does"
        hint = "Only differences count. Is a large number computed on the way?"
        agree(got, expected, text, hint, floor=1e-14 * abs(constant))  # the sums are rounded


def gradient(function: Any, inputs: Inputs, draw: Draw, args: Arguments) -> None:
    """The gradient is that of the values, by finite differences; constants get none."""
    step = 1e-5 * draw.case.scale
    names = inputs.differentiable
    reply = function.ask(**args, grad_of=(*names, *inputs.constants))
    for name in inputs.constants:
        assert_no_gradient(reply.grads[name], what=f"`{name}`")
    if not names:
        return
    directions = {name: _direction(args[name], draw) for name in names}

    def at(distance: float) -> float:
        moved = {n: args[n] + distance * d for n, d in directions.items()}
        return sum(float(value.double().sum()) for value in tensors(function(**{**args, **moved})))

    before, here, after = at(-step), at(0.0), at(step)
    slopes = (here - before) / step, (after - here) / step
    size = max(map(abs, slopes))
    if not math.isfinite(size) or abs(slopes[0] - slopes[1]) > 1e-3 * size:
        return  # a kink lies between, or the values overflow: there is no derivative to compare
    for name in names:
        text = f"`{name}` gets no gradient: the graph is cut somewhere (detach, item, no_grad, a new tensor)"
        assert_true(reply.grads[name] is not None, text, failure="no gradient")
    parts = [float((reply.grads[name].double() * direction).sum()) for name, direction in directions.items()]
    found, slope = sum(parts), (after - before) / (2 * step)
    noise = 1e-9 * abs(here) / step + 1e-12
    text = f"the gradient does not belong to the values: finite differences give {slope:.8g}, it gives {found:.8g}"
    scale = max(size, *map(abs, parts))
    assert_true(
        abs(found - slope) <= 2e-3 * scale + noise,
        text,
        hint="Is a part of the formula cut out of the graph, or counted twice?",
        failure="no gradient",
    )


def _scattered(value: Any) -> Any:
    """The same values in a larger tensor, with gaps between them and between their rows."""
    if not isinstance(value, Tensor) or not value.ndim:
        return value
    wide = torch.cat([value, torch.zeros_like(value[..., :1])], dim=-1)
    return torch.stack([torch.zeros_like(wide), wide], dim=-1)[..., :-1, 1]


def _transposed(value: Any) -> Any:
    """The same values in a memory whose axes are in reverse order."""
    if not isinstance(value, Tensor) or value.ndim < 2:
        return value
    axes = tuple(reversed(range(value.ndim)))
    return value.permute(axes).contiguous().permute(axes)


def _direction(value: Tensor, draw: Draw) -> Tensor:
    return torch.randn(value.shape, generator=draw.generator, dtype=torch.float64)
