"""The speed of a machine stretches limits and never tightens them; measuring it leaves no trace."""

from collections.abc import Callable
from types import SimpleNamespace

import pytest
import torch

from autograder.assignment.manifest import ManifestError
from autograder.errors import HarnessError
from autograder.grading import machine_speed
from tests.harness.mini import MANIFEST, Mini


def measuring(seconds: float) -> Callable[[], float]:
    return lambda: seconds


@pytest.mark.parametrize(("measured", "slowness"), [(0.1, 1), (0.2, 1), (0.25, 1.25), (0.2666, 1.33)])
def test_only_a_slower_machine_stretches(
    mini: Mini, monkeypatch: pytest.MonkeyPatch, measured: float, slowness: float
) -> None:
    mini.manifest(MANIFEST.replace("threads = 1", "threads = 1\nspeed = 0.2"))
    monkeypatch.setattr(machine_speed, "measure", measuring(measured))
    assert machine_speed.slowness(mini.loaded()) == slowness


def test_without_a_speed_nothing_stretches(mini: Mini, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine_speed, "measure", measuring(1e6))
    assert machine_speed.slowness(mini.loaded()) == 1


def test_a_speed_that_is_no_time_is_a_mistake_with_its_line(mini: Mini) -> None:
    mini.manifest(MANIFEST.replace("threads = 1", "threads = 1\nspeed = 0"))
    with pytest.raises(ManifestError, match=r"assignment\.toml:11: "):
        mini.loaded()


def test_time_of_children_counts_in_both_modes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A slow machine is slow at forking and importing as well, and these are kernel time and other processes' time."""
    used = {machine_speed.resource.RUSAGE_SELF: (1, 2), machine_speed.resource.RUSAGE_CHILDREN: (4, 8)}

    def getrusage(who: int) -> SimpleNamespace:
        return SimpleNamespace(ru_utime=used[who][0], ru_stime=used[who][1])

    monkeypatch.setattr(machine_speed.resource, "getrusage", getrusage)
    assert machine_speed._processor_seconds() == 15


@pytest.mark.usefixtures("own_random_state")
def test_measuring_changes_neither_threads_nor_random_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(1)
    threads, state = torch.get_num_threads(), torch.get_rng_state()
    assert machine_speed.measure() > 0
    monkeypatch.setattr(machine_speed, "IMPORT", ["/no/such/program"])
    with pytest.raises(HarnessError, match="cannot be measured"):
        machine_speed.measure()
    assert torch.get_num_threads() == threads and torch.equal(torch.get_rng_state(), state)
