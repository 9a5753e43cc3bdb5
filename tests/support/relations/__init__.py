"""Relations between calls of one function: what must be the same, or change in a known way, when its inputs change.

A relation knows no right value. It is a function of the submission's function, the task's `Inputs`, a `Draw` and the
arguments of one call, and raises `WrongAnswer` where it does not hold.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import torch

from autograder.errors import WrongAnswer
from autograder.testing.homework import Homework
from tests.support.cases import Arguments, Case, Draw, Inputs
from tests.support.relations import rows, state, values

Relation = Callable[[Any, Inputs, Draw, Arguments], None]
RELATIONS: Mapping[str, Relation] = {
    "surroundings": state.surroundings,
    "network": state.network,
    "batch": rows.batch,
    "layout": values.layout,
    "dtype": values.dtype,
    "axes": rows.axes,
    "time": rows.time,
    "pad": rows.pad,
    "linear": values.linear,
    "shift": values.shift,
    "gradient": values.gradient,
    "repeat": state.repeat,
    "generator": state.generator,
}

# What can be different for large values or for many.
SCALED = ("batch", "dtype", "pad", "linear", "shift", "gradient")


def hold(hw: Homework, task: str, relations: Sequence[str], inputs: Inputs, cases: Sequence[Case]) -> None:
    """Fails unless these relations of a task hold in these cases. A message begins with the case."""
    __tracebackhide__ = True
    for case in inputs.cases or cases:
        for name in relations:
            draw = Draw(case if name != "network" else replace(case, dtype=torch.float32), hw.generator())
            args = inputs.make(draw)
            if name == "network" and inputs.network:
                args |= inputs.network(hw, draw)
            try:
                RELATIONS[name](inputs.function(hw, task, case), inputs, draw, args)
            except WrongAnswer as error:
                raise WrongAnswer(
                    f"{case.name}: {error.rationale}", hint=error.hint, failure=error.failure
                ) from None
