"""Training loops: after an interruption and a restart they end with the same bits."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from torch import nn

from solutions.given.training.loop import QUIET, Loop

COUNT = 12


class Interrupted(Exception):
    """Simulates Ctrl-C of the student."""


@pytest.fixture(autouse=True)
def own_random_state() -> Iterator[None]:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        yield


def _train(loop: Loop, stop_at: int = COUNT) -> tuple[dict[str, torch.Tensor], torch.Tensor, list[int]]:
    """A network with momentum, a schedule, a generator, a running mean, and a step that uses the global generator."""
    torch.manual_seed(3)
    network = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 1))
    optimizer = torch.optim.Adam(network.parameters(), lr=0.1)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, COUNT)
    generator = torch.Generator().manual_seed(5)
    losses, seen = torch.zeros(COUNT), []
    parts = {"network": network, "optimizer": optimizer, "schedule": schedule, "generator": generator}
    for step in loop.steps("toy", COUNT, parts, {"loss": losses}):
        if step == stop_at:
            raise Interrupted
        seen.append(step)
        x = torch.randn(8, 3, generator=generator) + 0.1 * torch.randn(8, 3)
        loss = network(x).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        losses[step] = loss.detach()
    return network.state_dict(), losses, seen


def test_without_a_folder_nothing_is_saved_and_every_step_is_counted(tmp_path: Path) -> None:
    assert _train(QUIET)[2] == list(range(COUNT))


@pytest.mark.parametrize("stop_at", [1, 7, COUNT - 1])
def test_an_interrupted_loop_ends_with_the_same_bits(tmp_path: Path, stop_at: int) -> None:
    weights, losses, _ = _train(QUIET)
    with pytest.raises(Interrupted):
        _train(Loop(tmp_path, seconds=0), stop_at)
    again, losses_again, seen = _train(Loop(tmp_path, seconds=0))
    assert seen == list(range(stop_at, COUNT))  # saved steps are not repeated
    assert torch.equal(losses, losses_again)
    assert all(torch.equal(weights[name], again[name]) for name in weights)


def test_steps_after_the_saved_state_are_repeated(tmp_path: Path) -> None:
    weights, _, _ = _train(QUIET)
    with pytest.raises(Interrupted):
        _train(Loop(tmp_path, seconds=1000), 7)
    again, _, seen = _train(Loop(tmp_path, seconds=1000))
    assert seen == list(range(COUNT))
    assert all(torch.equal(weights[name], again[name]) for name in weights)


def test_a_finished_loop_is_restored_and_not_run_again(tmp_path: Path) -> None:
    weights, losses, _ = _train(Loop(tmp_path))
    drawn = torch.rand(1)
    again, losses_again, seen = _train(Loop(tmp_path))
    assert seen == [] and torch.equal(losses, losses_again)
    assert all(torch.equal(weights[name], again[name]) for name in weights)
    assert torch.equal(torch.rand(1), drawn)  # code after the loop draws the same numbers too


def test_a_half_written_state_is_ignored(tmp_path: Path) -> None:
    (tmp_path / "toy.new").write_bytes(b"half of it")
    assert _train(Loop(tmp_path))[2] == list(range(COUNT))


@pytest.mark.parametrize(
    ("count", "parts"), [(COUNT + 1, ("a", "curve")), (COUNT, ("b", "curve")), (COUNT, ("a", "other"))]
)
def test_the_state_of_another_loop_is_refused(tmp_path: Path, count: int, parts: tuple[str, str]) -> None:
    part, curve = parts
    for _ in Loop(tmp_path).steps("toy", COUNT, {"a": torch.zeros(2)}, {"curve": torch.zeros(COUNT)}):
        pass
    with pytest.raises(ValueError, match="another loop: remove it"):
        next(Loop(tmp_path).steps("toy", count, {part: torch.zeros(2)}, {curve: torch.zeros(count)}))


def test_curves_are_logged_once_per_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    from tensorboard.summary.writer import event_file_writer

    # Files of one second and one process are read in the order of these numbers as text, in which 10 precedes 9.
    monkeypatch.setattr(event_file_writer, "_global_uid", event_file_writer.AtomicCounter(0))
    with pytest.raises(Interrupted):
        _train(Loop(tmp_path, seconds=0), 5)
    _, losses, _ = _train(Loop(tmp_path, seconds=0))
    logs = EventAccumulator(str(tmp_path / "logs"))
    logs.Reload()
    scalars = logs.Scalars("toy/loss")
    assert [scalar.step for scalar in scalars] == list(range(COUNT))
    assert torch.allclose(torch.tensor([scalar.value for scalar in scalars]), losses)
