"""How results change when inputs do, task by task: other batches, layouts, dtypes, padding, seeds. Small inputs."""

import pytest

from autograder.assignment import manifest
from autograder.testing.homework import Homework
from tests.support.cases import SMALL
from tests.support.inputs import INPUTS
from tests.support.relations import hold

TASKS = [task for task in manifest.load(manifest.find()).tasks.values() if task.relations]


@pytest.mark.parametrize("task", [pytest.param(t, id=t.id, marks=pytest.mark.task(t.id)) for t in TASKS])
def test_results_change_with_inputs_as_they_should(hw: Homework, task: manifest.Task) -> None:
    """Other batches, memory layouts, dtypes, padding or seeds change the result as they should, and no more."""
    hold(hw, task.id, task.relations, INPUTS[task.id], SMALL)
