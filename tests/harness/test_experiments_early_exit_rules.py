"""The rules by which question 3's experiment chooses a tolerance and counts who leaves where, worked by hand."""

from itertools import pairwise

import pytest
import torch

from solutions.given.experiments import q3_exits
from solutions.given.experiments.q3_sweep import TOLERANCES, Sweep


def swept(accuracy, ratio):
    """A sweep with given values at the first tolerances and worthless ones after."""
    rest = len(TOLERANCES) - len(accuracy)
    return Sweep(accuracy + [0.1] * rest, ratio + [ratio[-1]] * rest)


def test_chosen_tolerance_loses_less_than_a_point():
    sweep = swept([0.900, 0.905, 0.889, 0.891, 0.885], [1, 1.2, 1.4, 1.6, 1.9])
    assert sweep.chosen == 0.15  # .891; .885 has lost more, and that .889 had in between is no matter


def test_spike_is_the_tolerance_after_the_largest_jump():
    assert swept([0.9] * 5, [1, 1.2, 1.9, 2.0, 2.5]).spike == 0.10


def test_tolerance_that_still_beats_a_small_net():
    sweep = swept([0.90, 0.89, 0.88, 0.87], [1, 2, 3, 4])
    assert sweep.beating(0.875) == 0.10
    assert sweep.beating(0.89) == 0.0  # to equal is not to beat
    assert sweep.beating(0.95) == 0.0  # nothing does


def test_accuracy_at_a_mac_ratio():
    sweep = swept([0.90, 0.89, 0.88, 0.87], [1, 1.7, 1.8, 4])
    assert sweep.at_ratio(1.8) == (0.10, 0.88)
    assert sweep.at_ratio(9) == (TOLERANCES[-1], 0.1)


def test_tolerances_run_from_nobody_to_everybody_in_equal_steps():
    assert TOLERANCES[0] == 0 and 2.25 < TOLERANCES[-1] < torch.tensor(10.0).log()
    assert [round(b - a, 9) for a, b in pairwise(TOLERANCES)] == [0.05] * 46


def test_who_leaves_where():
    left = q3_exits.Leaving(
        exits=torch.tensor([0, 3, 1, 0]),
        entropy=torch.tensor([0.2, 1.5, 0.3, 0.1]),
        confidence=torch.tensor([0.9, 0.4, 0.8, 1.0]),
        right=torch.tensor([True, False, True, True]),
        count=4,
    )
    assert left.accuracy == 0.75 and left.shares == [0.5, 0.25, 0.0, 0.25]
    assert left.early_confidence == pytest.approx(0.9) and left.late_confidence == pytest.approx(0.4)
    ramp = torch.linspace(0, 1, 9).view(3, 3)
    images = torch.stack([ramp, ramp.flip(0), ramp.T, ramp.flip(1)])[:, None]
    easiest, hardest = q3_exits.pictures(left, 2 * images - 1)
    rows = easiest.images.view(4, q3_exits.COLUMNS, 3, 3)
    assert torch.allclose(rows[0, 0], images[3, 0]) and torch.allclose(rows[0, 1], images[0, 0])
    assert torch.allclose(rows[3, 0], images[1, 0]) and torch.allclose(rows[1, 0], images[2, 0])
    assert (rows[2] == 0.5).all() and (rows[0, 2:] == 0.5).all()
    assert torch.allclose(hardest.images[0], images[0, 0]) and torch.allclose(hardest.images[1], images[3, 0])


def test_confidence_of_nobody_is_zero():
    nobody = torch.zeros(0)
    left = q3_exits.Leaving(torch.tensor([3]), nobody, torch.tensor([0.7]), nobody, 4)
    assert left.early_confidence == 0 and left.late_confidence == pytest.approx(0.7)
