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
from autograder.transport.nested import numbers
from autograder.transport.wire import tensors
from tests.support.cases import SMALL, Arguments, Case, Draw, Inputs, told
from tests.support.relations import rows, state, values

Relation = Callable[[Any, Inputs, Draw, Arguments], None]
RELATIONS: Mapping[str, Relation] = {
    "repeat": state.repeat,
    "generator": state.generator,
    "surroundings": state.surroundings,
    "network": state.network,
    "batch": rows.batch,
    "axes": rows.axes,
    "time": rows.time,
    "pad": rows.pad,
    "layout": values.layout,
    "dtype": values.dtype,
    "linear": values.linear,
    "shift": values.shift,
    "gradient": values.gradient,
}
# The cases in which a relation can fail although it holds in the first one. Tasks with cases of their own ignore this.
_ALSO = {
    "batch": ("a large batch",),
    "axes": ("several axes",),
    "pad": ("a batch of one", "long inputs"),
    "layout": ("several axes",),
    "dtype": ("single precision",),
    "linear": ("huge values", "tiny values"),
    "shift": ("huge values",),
    "gradient": ("large values", "huge values", "tiny values"),
}


def scaled(relations: Sequence[str], cases: Sequence[Case]) -> list[str]:
    """Those of the relations that are tested in one of these cases."""
    return [name for name in relations if any(case.name in _ALSO.get(name, ()) for case in cases)]


def hold(hw: Homework, task: str, relations: Sequence[str], inputs: Inputs, cases: Sequence[Case]) -> None:
    """Fails unless these relations of a task hold in these cases. A message begins with the case."""
    __tracebackhide__ = True
    _answers(hw, task, inputs, (inputs.cases or cases)[0])
    for case in inputs.cases or cases:
        for name in relations:
            if not inputs.cases and case is not SMALL[0] and case.name not in _ALSO.get(name, ()):
                continue
            draw = Draw(case if name != "network" else replace(case, dtype=torch.float32), hw.generator())
            args = inputs.make(draw)
            if name == "network" and inputs.network:
                args |= inputs.network(hw, draw)
            with told(case):
                RELATIONS[name](inputs.function(hw, task, case), inputs, draw, args)


def _answers(hw: Homework, task: str, inputs: Inputs, case: Case) -> None:
    """Fails unless there is a result and it depends on the arguments: nothing, or a constant, satisfies relations."""
    seen = []
    for _ in range(8):
        args = inputs.make(Draw(case, hw.generator()))
        if "generator" in args:
            args["generator"] = hw.generator()
        got = inputs.function(hw, task, case)(**args)
        seen.append([*(x.double().nan_to_num().flatten().tolist() for x in tensors(got)), numbers(got)])
        if seen[-1] != seen[0]:
            return
    hint = "Does the code return what it has computed?"
    raise WrongAnswer("the result is the same for all arguments", hint=hint)
