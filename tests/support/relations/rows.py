"""Relations of rows: parts and orders of a batch, padding, and the axes after the batch."""

from typing import Any

import torch
from torch import Tensor

from autograder.transport.nested import replaced
from autograder.transport.wire import tensors
from tests.support.cases import Arguments, Draw, Inputs
from tests.support.compare import assert_true
from tests.support.relations.agree import agree


def batch(function: Any, inputs: Inputs, draw: Draw, args: Arguments) -> None:
    """The rows of a batch do not depend on each other: a part of it, and another order, give the same rows.

    The batch has two rows or more.
    """
    whole = function(**args)
    count = draw.batch
    order, cut = torch.randperm(count, generator=draw.generator), draw.integer(1, count - 1)
    hint = "Over which axis does the code sum, normalise or index? Rows of a batch have nothing to do with each other."
    mixed = function(**_rows(inputs, args, order))
    expected = _of_rows(whole, order, inputs.result_axis) if inputs.whole == "rows" else whole
    agree(mixed, expected, "the result changes with the order of the rows", hint)
    parts = torch.arange(cut), torch.arange(cut, count)
    found = [function(**_rows(inputs, args, part)) for part in parts]
    text = f"rows 0 to {cut - 1} of a batch of {count} have another result than the same rows alone"
    if inputs.whole == "rows":
        for part, one in zip(parts, found, strict=True):
            agree(one, _of_rows(whole, part, inputs.result_axis), text, hint)
        return
    weights = [float(len(part)) for part in parts]
    if inputs.whole == "tokens":
        weights = [float(args["mask"][part].sum()) for part in parts]
    total = sum(weight * one.double() for weight, one in zip(weights, found, strict=True)) / sum(weights)
    text = f"the result of a batch of {count} is not the mean over its {inputs.whole_of}"
    text += f", in parts of {cut} and {count - cut}"
    agree(
        whole, total.to(whole.dtype), text, "What is averaged over what? Parts of a batch can differ in size."
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
            agree(a, b, f"the result changes when padding contains {junk}, or when there is more of it", hint)


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
        agree(tuple(back), tuple(like), "the result changes with the number of axes after the batch", hint)


def time(function: Any, inputs: Inputs, draw: Draw, args: Arguments) -> None:
    """One int for t is the same as this time for each row."""
    t = int(args["t"].max()) if isinstance(args["t"], Tensor) else args["t"]
    one = function(**{**args, "t": t})
    each = function(**{**args, "t": torch.full((draw.batch,), t)})
    expected = tuple(
        a.expand(b.shape) if a.ndim == 0 else a for a, b in zip(tensors(one), tensors(each), strict=True)
    )
    text = "one time for the whole batch and the same time for each row have different results"
    agree(tuple(tensors(each)), expected, text, "t is an int or Long[B]: along which axis do B times belong?")


def _rows(inputs: Inputs, args: Arguments, rows: Tensor) -> Arguments:
    return {
        name: value.index_select(inputs.rows[name], rows)
        if name in inputs.rows and isinstance(value, Tensor)
        else value
        for name, value in args.items()
    }


def _of_rows(result: Any, rows: Tensor, axis: int) -> Any:
    return replaced(result, lambda x: x.index_select(axis, rows) if x.ndim > axis else x)


def _flat(value: Any, draw: Draw) -> Any:
    """Data of [B, ...] with one axis after the batch."""
    if isinstance(value, Tensor) and tuple(value.shape) == draw.shape:
        return value.reshape(draw.batch, -1)
    return value
