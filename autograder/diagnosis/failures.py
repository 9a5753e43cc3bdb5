"""The class of a failure: how a submission's results, all together, differ from the right ones.

The names are those of the bank (`autograder.misconceptions.bank.FAILURES`). The first class that fits is returned.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import torch

from autograder.diagnosis.call_result import CallResult, close, same_value
from autograder.transport.global_state import TORCH_GENERATOR
from autograder.transport.nested import as_float
from autograder.transport.wire import tensors

Pairs = list[tuple[CallResult, CallResult]]


def classify(
    pairs: Pairs,
    *,
    random: Callable[[], bool],
    shifted: Callable[[], Iterable[Pairs]],
    ignored: Callable[[], str],
) -> tuple[str, str]:
    """The class, and the name of the argument if the class is "ignores an argument".

    Args:
        pairs: results of the submission and of the reference in the same calls.
        random: returns whether the results are random and have another distribution than the reference's.
        shifted: returns the same pairs, with the reference called at neighbouring times.
        ignored: returns the name of an argument that the submission's results do not depend on, or "".
    """
    for name, holds in _PLAIN:
        if holds(pairs):
            return name, ""
    if all(same_value(mine.value, right.value) for mine, right in pairs):
        return ("global state" if _leaves(pairs) else _gradient_class(pairs)), ""
    for name, holds in _PATTERNS:
        if holds(pairs):
            return name, ""
    if any(other and all(same_value(a.value, b.value) for a, b in other) for other in shifted()):
        return "off by one in time", ""
    if name := ignored():
        return "ignores an argument", name
    if _does_not_sum_to_one(pairs):
        return "does not sum to one", ""
    return ("distribution" if random() else "values"), ""


def _raises(pairs: Pairs) -> bool:
    return any(mine.error and not right.error for mine, right in pairs)


def _type(pairs: Pairs) -> bool:
    return any(
        mine.refused or not _same_structure(mine.value, right.value) for mine, right in _answered(pairs)
    )


def _shape(pairs: Pairs) -> bool:
    return any(a.shape != b.shape for a, b in _tensors(pairs))


def _dtype(pairs: Pairs) -> bool:
    return any(a.dtype != b.dtype for a, b in _tensors(pairs))


def _changes_arguments(pairs: Pairs) -> bool:
    return any(mine.changed_arguments != right.changed_arguments for mine, right in _answered(pairs))


def _leaves(pairs: Pairs, but: str = "") -> bool:
    """Whether the submission leaves something changed. To draw from the wrong generator is another mistake first."""
    return any(set(mine.left) - {*right.left, but} for mine, right in pairs)


def _transposed(pairs: Pairs) -> bool:
    different = [(a, b) for a, b in _tensors(pairs) if not close(a, b)]
    return bool(different) and all(
        any(
            b.shape[i] == b.shape[j] and close(a.transpose(i, j), b)
            for i in range(b.dim())
            for j in range(i + 1, b.dim())
        )
        for a, b in different
    )


def _not_finite(pairs: Pairs) -> bool:
    gradients = (
        (a, b)
        for mine, right in _answered(pairs)
        for a, b in _gradients(mine.gradients, right.gradients)
        if a is not None and b is not None and a.shape == b.shape
    )
    return any(
        bool((~a.isfinite() & b.isfinite()).any())
        for a, b in (*_tensors(pairs), *gradients)
        if a.is_floating_point()
    )


def _sign(pairs: Pairs) -> bool:
    values = list(_tensors(pairs))
    return any(bool((b != 0).any()) for _, b in values) and all(
        b.dtype is not torch.bool and close(-a, b) for a, b in values
    )


def _factor(pairs: Pairs) -> bool:
    values = [(a, b) for a, b in _tensors(pairs) if b.is_floating_point() and bool(b.isfinite().all())]
    if len(values) < len(list(_tensors(pairs))):
        return False
    finest = max(
        (b.dtype.itemsize for _, b in values), default=0
    )  # a factor is as precise as its values at most
    a, b = max(
        ((a, b) for a, b in values if b.dtype.itemsize == finest and b.numel()),
        key=lambda pair: float(pair[1].abs().max()),
        default=(torch.zeros(1), torch.zeros(1)),
    )
    place = int(b.abs().argmax())
    if not bool((b != 0).any()):
        return False
    factor = float(a.reshape(-1)[place]) / float(b.reshape(-1)[place])
    return factor != 0 and abs(factor - 1) > 1e-3 and all(close(a, b * factor) for a, b in values)


def _shifted(pairs: Pairs) -> bool:
    """Every sequence is shifted by one place; the values at its ends are not compared."""
    different = [(a, b) for a, b in _tensors(pairs) if not close(a, b)]
    return bool(different) and any(
        all(
            b.dim() > axis
            and b.shape[axis] >= 4
            and close(_part(a, axis, 1), _part(b, axis, start))
            and not close(_part(a, axis, 1), _part(b, axis, 1))
            for a, b in different
        )
        for axis in (0, 1)
        for start in (0, 2)
    )


def _part(x: torch.Tensor, axis: int, start: int) -> torch.Tensor:
    return x.narrow(axis, start, x.shape[axis] - 2)


def _gradient_class(pairs: Pairs) -> str:
    """The class of results whose values are all right."""
    lost = surplus = False
    for mine, right in pairs:
        back, wanted = (
            any(one.kind[0] == "vjp" for one in result.callback_calls) for result in (mine, right)
        )
        lost, surplus = lost or (wanted and not back), surplus or (back and not wanted)
        for a, b in _gradients(mine.gradients, right.gradients):
            lost |= (a is None or not bool((a != 0).any())) and b is not None and bool((b != 0).any())
            surplus |= a is not None and bool((a != 0).any()) and (b is None or not bool((b != 0).any()))
    if surplus:
        return "gradient where none belongs"
    if lost:
        return "no gradient"
    return "values"


def _gradients(mine: Any, right: Any) -> Iterator[tuple[torch.Tensor | None, torch.Tensor | None]]:
    if isinstance(right, dict):
        for name, part in right.items():
            yield from _gradients(mine.get(name) if isinstance(mine, dict) else None, part)
    elif right is None or isinstance(right, torch.Tensor):
        yield (mine if isinstance(mine, torch.Tensor) else None), right


def _does_not_sum_to_one(pairs: Pairs) -> bool:
    """Whether the right values sum to one along an axis and the submission's values do not."""
    values = [(a, b) for a, b in _tensors(pairs) if b.is_floating_point() and b.dim()]
    for axis in (-1, 0):
        if values and all(close(b.sum(axis), torch.ones_like(b.sum(axis))) for _, b in values):
            return any(not close(a.sum(axis), torch.ones_like(a.sum(axis))) for a, _ in values)
    return False


def _answered(pairs: Pairs) -> Iterator[tuple[CallResult, CallResult]]:
    return ((mine, right) for mine, right in pairs if not mine.error and not right.error)


def _tensors(pairs: Pairs) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """Tensors and numbers of all results, in pairs."""
    for mine, right in _answered(pairs):
        yield from zip(_flatten(mine.value), _flatten(right.value), strict=True)


def _flatten(value: Any) -> list[torch.Tensor]:
    if isinstance(value, bool | int | float):
        return [torch.tensor(as_float(value), dtype=torch.float64)]
    if isinstance(value, list | tuple):
        return [x for item in value for x in _flatten(item)]
    if isinstance(value, dict):
        return [x for item in value.values() for x in _flatten(item)]
    return tensors(value)


def _same_structure(mine: Any, right: Any) -> bool:
    """Whether two values have the same structure, whatever their contents."""
    if isinstance(right, list | tuple):
        return (
            type(mine) is type(right) and len(mine) == len(right) and all(map(_same_structure, mine, right))
        )
    if isinstance(right, dict):
        return (
            isinstance(mine, dict)
            and list(mine) == list(right)
            and all(map(_same_structure, mine.values(), right.values()))
        )
    number = isinstance(right, int | float) and not isinstance(right, bool)
    return (
        (isinstance(mine, int | float) and not isinstance(mine, bool))
        if number
        else type(mine) is type(right)
    )


_PLAIN: tuple[tuple[str, Callable[[Pairs], bool]], ...] = (
    ("exception", _raises),
    ("type", _type),
    ("shape", _shape),
    ("dtype", _dtype),
    ("argument changed in place", _changes_arguments),
    ("shares memory", lambda pairs: any(a.shares_memory and not b.shares_memory for a, b in pairs)),
    ("global state", lambda pairs: _leaves(pairs, but=TORCH_GENERATOR)),
    ("transposed", _transposed),
    ("not finite", _not_finite),
)
_PATTERNS: tuple[tuple[str, Callable[[Pairs], bool]], ...] = (
    ("sign", _sign),
    ("constant factor", _factor),
    ("off by one in time", _shifted),
)
