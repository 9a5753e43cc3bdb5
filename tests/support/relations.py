"""Relations between calls of one function: what must be the same, or change in a known way, when its inputs change.

A relation knows no right value. It is a function of the submission's function, the task's `Inputs`, a `Draw` and the
arguments of one call, and raises `WrongAnswer` where it does not hold.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from autograder.errors import WrongAnswer
from autograder.testing.homework import Homework
from autograder.transport.wire import identical, tensors
from tests.support.cases import Arguments, Case, Draw, Inputs
from tests.support.compare import assert_close, assert_no_gradient, assert_true

Relation = Callable[[Any, Inputs, Draw, Arguments], None]
LOOSE = {torch.float64: 1e-7, torch.float32: 1e-3}  # for a sum in another order, and for what it cancels
SCALED = (
    "batch",
    "dtype",
    "pad",
    "linear",
    "shift",
    "gradient",
)  # what can be different for large or many values


def batch(function: Any, inputs: Inputs, draw: Draw, args: Arguments) -> None:
    """The rows of a batch do not depend on each other: a part of it, and another order, give the same rows."""
    whole = function(**args)
    count = draw.batch
    order = torch.randperm(count, generator=draw.generator)
    hint = "Over which axis does the code sum, normalise or index? Rows of a batch have nothing to do with each other."
    mixed = function(**_rows(inputs, args, order))
    if inputs.whole == "rows":
        expected = _of_rows(whole, order, inputs.result_axis)
    else:
        expected = whole
    _agree(mixed, expected, "the result changes with the order of the rows", hint)
    cut = draw.integer(1, count - 1) if count > 1 else 1
    parts = [torch.arange(cut), torch.arange(cut, count)] if count > 1 else []
    if not parts:
        return
    found = [function(**_rows(inputs, args, part)) for part in parts]
    text = f"rows 0 to {cut - 1} of a batch of {count} have another result than the same rows alone"
    if inputs.whole == "rows":
        for part, one in zip(parts, found, strict=True):
            _agree(one, _of_rows(whole, part, inputs.result_axis), text, hint)
        return
    weights = [float(len(part)) for part in parts]
    if inputs.whole == "tokens":
        weights = [float(args["mask"][part].sum()) for part in parts]
    total = sum(weight * one.double() for weight, one in zip(weights, found, strict=True)) / sum(weights)
    text = (
        f"the result of a batch of {count} is not the mean over its rows, in parts of {cut} and {count - cut}"
    )
    _agree(
        whole, total.to(whole.dtype), text, "What is averaged over what? Parts of a batch can differ in size."
    )


def layout(function: Any, inputs: Inputs, draw: Draw, args: Arguments) -> None:
    """The memory layout of an argument does not matter."""
    expected = function(**args)
    hint = "`view` needs contiguous memory, `reshape` does not. Does the code read storage instead of values?"
    for change in (_every_second, _transposed):
        changed = {name: change(value) for name, value in args.items()}
        _agree(
            function(**changed), expected, "the result changes with the memory layout of the arguments", hint
        )


def dtype(function: Any, inputs: Inputs, draw: Draw, args: Arguments) -> None:
    """The result has the dtype of the data, and double precision is double precision inside."""
    hint = "Which dtype do numbers and new tensors have in the code, and which one has the data?"
    data = [name for name, value in args.items() if _is_float(value) and value.dtype == draw.case.dtype]
    wide = {name: value.double() if name in data else value for name, value in args.items()}
    narrow = {name: value.float() if name in data else value for name, value in args.items()}
    exact, rough = function(**wide), function(**narrow)
    for result, kind in ((exact, torch.float64), (rough, torch.float32)):
        for found in tensors(result):
            text = f"for data of {kind} the result has dtype {found.dtype}"
            assert_true(
                not found.is_floating_point() or found.dtype == kind, text, hint=hint, failure="dtype"
            )
    if inputs.is_smooth and draw.case.scale >= 1:
        moved = {}
        for change in (1e-10, 0.5):
            changed = {name: wide[name] * (1 + change) if name in data else wide[name] for name in args}
            pairs = zip(tensors(exact), tensors(function(**changed)), strict=True)
            moved[change] = any(not identical(a, b) for a, b in pairs)
        text = "double precision is lost inside: a change of the data by one part in 10^10 changes nothing"
        assert_true(moved[1e-10] or not moved[0.5], text, hint=hint, failure="dtype")


def axes(function: Any, inputs: Inputs, draw: Draw, args: Arguments) -> None:
    """The axes after the batch can be any number."""
    expected = function(**args)
    hint = "The docstring says [B, ...]. Which axes does the code count on?"
    flat = {name: _flat(args[name], draw) for name in args}
    for extra in ((), (1, 1)):
        changed = {
            n: v.reshape(*v.shape, *extra) if n in inputs.rows and v is not args[n] else v
            for n, v in flat.items()
        }
        got = function(**changed)
        like = [one.reshape(len(one), -1) if one.ndim > 1 else one for one in tensors(expected)]
        back = [one.reshape(len(one), -1) if one.ndim > 1 else one for one in tensors(got)]
        _agree(tuple(back), tuple(like), "the result changes with the number of axes after the batch", hint)


def time(function: Any, inputs: Inputs, draw: Draw, args: Arguments) -> None:
    """One int for t is the same as this time for each row."""
    t = int(args["t"].max()) if isinstance(args["t"], Tensor) else args["t"]
    one = function(**{**args, "t": t})
    each = function(**{**args, "t": torch.full((draw.batch,), t)})
    expected = tuple(
        a.expand(b.shape) if a.ndim == 0 else a for a, b in zip(tensors(one), tensors(each), strict=True)
    )
    text = "one time for the whole batch and the same time for each row have different results"
    _agree(
        tuple(tensors(each)), expected, text, "t is an int or Long[B]: along which axis do B times belong?"
    )


def pad(function: Any, inputs: Inputs, draw: Draw, args: Arguments) -> None:
    """Padding is ignored, whatever stands there and however much there is."""
    mask = args["mask"]
    expected = function(**args)
    hint = "What is 0 * NaN? And where does the code read entries at which the mask is False?"
    more = torch.cat([mask, torch.zeros_like(mask[:, :2])], dim=1) if mask.shape[1] > 1 else mask
    for junk in (float("nan"), float("inf"), -1e30):
        changed: Arguments = {**args, "mask": more}
        for name in inputs.padded:
            value = args[name]
            filler = junk if value.is_floating_point() else 0
            here = mask.reshape(*mask.shape, *(1,) * (value.ndim - 2))
            held = torch.where(here, value, torch.full_like(value, filler))
            tail = torch.full_like(value[:, : more.shape[1] - mask.shape[1]], filler)
            changed[name] = torch.cat([held, tail], dim=1)
        got = function(**changed)
        for a, b in zip(tensors(got), tensors(expected), strict=True):
            if b.ndim == 2:
                text = "entries at padding are not 0"
                assert_true(bool((a[:, mask.shape[1] :] == 0).all()), text, hint=hint)
                a = a[:, : mask.shape[1]]
            _agree(
                a, b, f"the result changes when padding contains {junk}, or when there is more of it", hint
            )


def linear(function: Any, inputs: Inputs, draw: Draw, args: Arguments) -> None:
    """Multiplying all of some arguments multiplies the result."""
    expected = function(**args)
    names = " and ".join(f"`{name}`" for name in inputs.linear)
    for factor in (-3.0, 1e-6, 1e6):
        got = function(**{n: v * factor if n in inputs.linear else v for n, v in args.items()})
        scaled = _mapped(expected, lambda x, by=factor: x * by)
        text = f"{names} times {factor:g} must give {factor:g} times the result, and does not"
        _agree(
            got, scaled, text, "Is something added, limited or rounded that does not belong to the formula?"
        )


def shift(function: Any, inputs: Inputs, draw: Draw, args: Arguments) -> None:
    """Adding a constant to some arguments changes nothing."""
    expected = function(**args)
    names = " and ".join(f"`{name}`" for name in inputs.shift)
    for constant in (3.0, -700.0):
        got = function(**{n: v + constant if n in inputs.shift else v for n, v in args.items()})
        text = f"adding {constant:g} to {names} must change nothing, and does"
        _agree(got, expected, text, "Only differences count. Is a large number computed on the way?")


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
    found = sum(parts)
    noise = 1e-9 * abs(here) / step + 1e-12
    text = f"the gradient does not belong to the values: by finite differences {(after - before) / (2 * step):.8g}, it gives {found:.8g}"
    scale = max(size, *map(abs, parts))
    assert_true(
        abs(found - (after - before) / (2 * step)) <= 2e-3 * scale + noise,
        text,
        hint="Is a part of the formula cut out of the graph, or counted twice?",
        failure="no gradient",
    )


def repeat(function: Any, inputs: Inputs, draw: Draw, args: Arguments) -> None:
    """The same call gives the same bits, whatever was called in between."""
    seed = draw.integer(0, 2**40)
    given = "generator" in args

    def call(with_seed: int) -> Any:
        own = {"generator": torch.Generator().manual_seed(with_seed)} if given else {}
        return function(**{**args, **own})

    first, _, again = call(seed), call(seed + 1), call(seed)
    same = all(identical(a, b) for a, b in zip(tensors(first), tensors(again), strict=True))
    text = "the same call, with a generator in the same state, has another result the second time"
    assert_true(
        same and _numbers(first) == _numbers(again),
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
        same = all(identical(a, b) for a, b in zip(tensors(reply.value), tensors(expected), strict=True))
        text = "without a generator, the draws are not those of torch's global generator"
        assert_true(same and len(tensors(reply.value)) > 0, text, hint=hint, failure="distribution")
        text = "without a generator, torch's global generator is not advanced: the next call draws the same"
        assert_true(reply.drew, text, hint=hint, failure="distribution")
    different = any(not identical(a, b) for a, b in zip(tensors(expected), tensors(other), strict=True))
    assert_true(
        different, "generators of different seeds give equal draws", hint=hint, failure="distribution"
    )


RELATIONS: Mapping[str, Relation] = {
    "batch": batch,
    "layout": layout,
    "dtype": dtype,
    "axes": axes,
    "time": time,
    "pad": pad,
    "linear": linear,
    "shift": shift,
    "gradient": gradient,
    "repeat": repeat,
    "generator": generator,
}


def hold(hw: Homework, task: str, relations: Sequence[str], inputs: Inputs, cases: Sequence[Case]) -> None:
    """Fails unless these relations of a task hold in these cases. A message begins with the case."""
    __tracebackhide__ = True
    for case in inputs.cases or cases:
        for name in relations:
            draw = Draw(case, hw.generator())
            args = inputs.make(draw)
            try:
                RELATIONS[name](inputs.function(hw, task, case), inputs, draw, args)
            except WrongAnswer as error:
                raise WrongAnswer(
                    f"{case.name}: {error.rationale}", hint=error.hint, failure=error.failure
                ) from None


def _agree(got: Any, expected: Any, text: str, hint: str) -> None:
    """Fails with the text unless both are equal up to rounding."""
    mine, right = tensors(got), tensors(expected)
    assert_true(
        len(mine) == len(right) and len(_numbers(got)) == len(_numbers(expected)),
        text,
        hint=hint,
        failure="type",
    )
    for a, b in [*zip(mine, right, strict=True), *zip(_numbers(got), _numbers(expected), strict=True)]:
        loose = {}
        if isinstance(b, Tensor) and b.dtype in LOOSE and b.numel():
            size = b[b.isfinite()].abs().max().item() if b.isfinite().any() else 0.0
            loose = {"rtol": LOOSE[b.dtype], "atol": LOOSE[b.dtype] * size}
        try:
            assert_close(a, b, hint=hint, **loose)
        except WrongAnswer as error:
            raise WrongAnswer(f"{text} ({error.rationale})", hint=hint, failure=error.failure) from None


def _rows(inputs: Inputs, args: Arguments, rows: Tensor) -> Arguments:
    return {
        name: value.index_select(inputs.rows[name], rows)
        if name in inputs.rows and isinstance(value, Tensor)
        else value
        for name, value in args.items()
    }


def _of_rows(result: Any, rows: Tensor, axis: int) -> Any:
    return _mapped(result, lambda x: x.index_select(axis, rows) if x.ndim > axis else x)


def _mapped(value: Any, change: Callable[[Tensor], Tensor]) -> Any:
    if isinstance(value, Tensor):
        return change(value)
    return type(value)(_mapped(part, change) for part in value) if isinstance(value, tuple | list) else value


def _numbers(value: Any) -> list[float]:
    if isinstance(value, int | float):
        return [float(value)]
    return [x for part in value for x in _numbers(part)] if isinstance(value, tuple | list) else []


def _is_float(value: Any) -> bool:
    return isinstance(value, Tensor) and value.is_floating_point()


def _every_second(value: Any) -> Any:
    """The same values as every second element of a larger tensor, from its second element on."""
    if not isinstance(value, Tensor) or not value.ndim:
        return value
    return torch.stack([torch.zeros_like(value), value], dim=-1)[..., 1]


def _transposed(value: Any) -> Any:
    """The same values in a memory whose axes are in reverse order."""
    if not isinstance(value, Tensor) or value.ndim < 2:
        return value
    axes = tuple(reversed(range(value.ndim)))
    return value.permute(axes).contiguous().permute(axes)


def _flat(value: Any, draw: Draw) -> Any:
    """Data of [B, ...] with one axis after the batch."""
    if isinstance(value, Tensor) and tuple(value.shape) == draw.shape:
        return value.reshape(draw.batch, -1)
    return value


def _direction(value: Tensor, draw: Draw) -> Tensor:
    return torch.randn(value.shape, generator=draw.generator, dtype=torch.float64)
