"""The relations of each task with large, extreme and long inputs, and the values by an independent definition."""

import pytest

from autograder.assignment import manifest
from autograder.testing.homework import Homework
from tests.oracles.expected import EXPECTED, compare
from tests.support.cases import LARGE, SMALL
from tests.support.inputs import INPUTS
from tests.support.relations import SCALED, hold

CODE = manifest.load(manifest.find()).tasks
RELATED = [task for task in CODE.values() if task.relations]
SCALABLE = [task for task in RELATED if not INPUTS[task.id].cases and set(SCALED) & set(task.relations)]


def _parameters(tasks: list[manifest.Task]) -> list[object]:
    return [pytest.param(task, id=task.id, marks=pytest.mark.task(task.id)) for task in tasks]


@pytest.mark.parametrize("task", _parameters(SCALABLE))
def test_large_and_extreme_inputs_change_results_as_they_should(hw: Homework, task: manifest.Task) -> None:
    """Large, long and extreme inputs change the result as they should, and no more."""
    hold(hw, task.id, [name for name in task.relations if name in SCALED], INPUTS[task.id], LARGE)


@pytest.mark.parametrize("task", _parameters([CODE[name] for name in EXPECTED]))
def test_values_at_every_scale(hw: Homework, task: manifest.Task) -> None:
    """Inputs of every size and scale, with their edges, give the values of the definition."""
    compare(hw, task.id, INPUTS[task.id], (*SMALL, *LARGE))
