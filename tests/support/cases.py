"""Cases in which the relations of a task are tested: sizes, scales and edges, and inputs that are drawn for them."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from autograder.errors import WrongAnswer
from autograder.testing.homework import Homework


@dataclass(frozen=True)
class Case:
    """What inputs look like.

    Attributes:
        name: in words, for messages.
        batch: B.
        axes: the axes after the batch.
        length: of what has an order: tokens T, steps, exits E.
        size: of what has none: classes K, vocabulary V.
        scale: of values that can be of any size.
        dtype: of the data.
    """

    name: str
    batch: int = 4
    axes: tuple[int, ...] = (5,)
    length: int = 6
    size: int = 7
    scale: float = 1.0
    dtype: torch.dtype = torch.float64


SMALL = (
    Case("a small batch"),
    Case("a batch of one", batch=1, axes=(3,), length=1, size=2),
    Case("several axes", batch=2, axes=(2, 3, 2), length=4),
)
MANY_DRAWS = Case("many draws", batch=50, axes=(6,))
LARGE = (
    Case("a large batch", batch=307, axes=(2,), length=3, size=3),
    Case("long inputs", batch=2, axes=(1100,), length=600, size=2),
    Case("a large vocabulary", batch=8, axes=(2,), length=2, size=1500),
    Case("large values", scale=40.0),
    Case("huge values", scale=2e3),
    Case("tiny values", scale=1e-4),
    Case("single precision", batch=3, dtype=torch.float32),
)


@contextmanager
def told(case: Case) -> Iterator[None]:
    """A wrong answer in the block is told with the case in which it was given."""
    __tracebackhide__ = True
    try:
        yield
    except WrongAnswer as error:
        text = f"{case.name}: {error.rationale}"
        raise WrongAnswer(text, hint=error.hint, failure=error.failure) from None


class Draw:
    """Random inputs for a case.

    Args:
        case: the case.
        generator: the source of all numbers.
    """

    def __init__(self, case: Case, generator: torch.Generator) -> None:
        self.case = case
        self.generator = generator
        self.batch, self.length, self.size = case.batch, case.length, case.size
        self.shape = (case.batch, *case.axes)

    def normal(self, *shape: int) -> Tensor:
        """Float[*shape], normal with the standard deviation of the case's scale."""
        drawn = torch.randn(shape or self.shape, generator=self.generator, dtype=torch.float64)
        return (drawn * self.case.scale).to(self.case.dtype)

    def uniform(self, low: float = 0.0, high: float = 1.0, *shape: int) -> Tensor:
        """Float64[*shape]."""
        drawn = torch.rand(shape, generator=self.generator, dtype=torch.float64)
        return low + (high - low) * drawn

    def number(self, low: float = 0.0, high: float = 1.0) -> float:
        """A float in [low, high)."""
        return float(self.uniform(low, high))

    def integers(self, low: int, high: int, *shape: int) -> Tensor:
        """Long[*shape] from low to high, both included."""
        return torch.randint(low, high + 1, shape, generator=self.generator)

    def integer(self, low: int, high: int) -> int:
        """An int from low to high, both included."""
        return int(self.integers(low, high))

    def pixels(self) -> Tensor:
        """Float[B, ...] of -1 and +1."""
        return (2 * self.integers(0, 1, *self.shape) - 1).to(self.case.dtype)

    def mask(self, *, least: int = 1) -> Tensor:
        """Bool[B, T]: every row is valid up to a place of its own, one as a whole, and the last has `least` tokens."""
        lengths = self.integers(1, self.length, self.batch)
        lengths[0], lengths[-1] = self.length, least if self.batch > 1 else self.length
        return torch.arange(self.length) < lengths[:, None]

    def betas(self, *, extreme: bool = False) -> Tensor:
        """Float64[T + 1] in no order, T at least 2. Where extreme: nearly no signal, or no noise, is left."""
        steps = max(self.length, 2)
        betas = self.uniform(0.02, 0.6, steps)
        if extreme and self.case.scale > 1000:
            betas = self.uniform(0.99, 0.999, steps)
        if extreme and self.case.dtype == torch.float32:
            betas = betas * 1e-6
        if steps > 20:  # the signal would underflow
            betas = betas * 0.02
        betas[self.integer(0, steps - 1)] = 1e-7 if extreme else 1e-4
        return torch.nn.functional.pad(betas, (1, 0))

    @property
    def is_bare(self) -> bool:
        """Whether what can be left out is left out, and rates are at their ends: in one small case only."""
        return self.case is SMALL[1]

    def choice(self, *options: Any) -> Any:
        """One of the options."""
        return options[self.integer(0, len(options) - 1)]


Arguments = dict[str, Any]


def with_generator(args: Arguments, seed: int) -> Arguments:
    """The same arguments, with a generator in the state of this seed where one is among them."""
    return args | ({"generator": torch.Generator().manual_seed(seed)} if "generator" in args else {})


@dataclass(frozen=True)
class Inputs:
    """How inputs of a task are made, and what its relations need to know of them.

    Attributes:
        make: the arguments of one call, by name.
        rows: the axis of the batch, by the name of each argument that has one.
        whole: how results of parts of a batch make up that of all: "rows" (one after the other, along `result_axis`),
            "mean" (over rows) or "tokens" (mean over valid tokens).
        result_axis: the axis of the batch in the result.
        padded: arguments of [B, T, ...] whose entries are ignored where `mask` is False.
        linear: arguments of which the result is a linear function, all together.
        shift: arguments to which a constant can be added without a change of the result.
        differentiable: arguments that get a gradient.
        constants: arguments of floats that get none.
        is_smooth: whether small changes of the data change the result.
        schedules: arguments of floats that are no data: their dtype does not decide that of the result.
        takes_halves: whether data in half precision is tried as well.
        network: makes torch modules for the arguments that are networks.
        options: more arguments, for calls with such a network.
        is_graphless: whether no graph may reach it.
        open: the function of the submission; by default the one with the task's name.
        cases: the cases that make sense, in place of the usual ones.
    """

    make: Callable[[Draw], Arguments]
    rows: Mapping[str, int] = field(default_factory=dict)
    whole: str = "rows"
    result_axis: int = 0
    padded: tuple[str, ...] = ()
    linear: tuple[str, ...] = ()
    shift: tuple[str, ...] = ()
    differentiable: tuple[str, ...] = ()
    constants: tuple[str, ...] = ()
    is_smooth: bool = True
    schedules: tuple[str, ...] = ("betas", "alphas_cumprod")
    takes_halves: bool = False
    network: Callable[[Homework, Draw], Arguments] | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    is_graphless: bool = False
    open: Callable[[Homework, Case], Any] | None = None
    cases: tuple[Case, ...] = ()

    @property
    def whole_of(self) -> str:
        """Over what a mean is taken, in words."""
        return "valid tokens" if self.whole == "tokens" else "rows"

    def function(self, hw: Homework, task: str, case: Case) -> Any:
        """What the relations call."""
        return self.open(hw, case) if self.open else hw(task)
