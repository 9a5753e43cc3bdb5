"""The relations of each task with large, extreme and long inputs, and the values by an independent definition."""

import pytest

from autograder.assignment import manifest
from autograder.testing.homework import Homework
from tests.oracles.expected import EXPECTED, compare
from tests.support.cases import LARGE, SMALL
from tests.support.inputs import INPUTS
from tests.support.relations import hold, scaled

TASKS = [
    task
    for task in manifest.load(manifest.find()).tasks.values()
    if task.id in EXPECTED or (scaled(task.relations, LARGE) and not INPUTS[task.id].cases)
]


@pytest.mark.parametrize("task", [pytest.param(t, id=t.id, marks=pytest.mark.task(t.id)) for t in TASKS])
def test_every_size_and_scale(hw: Homework, task: manifest.Task) -> None:
    """Small and large, tiny and extreme inputs give the values of the definition, and change them as they should."""
    inputs = INPUTS[task.id]
    if task.id in EXPECTED:
        compare(hw, task.id, inputs, (*SMALL, *LARGE))
    if not inputs.cases:
        hold(hw, task.id, scaled(task.relations, LARGE), inputs, LARGE)
