"""Inference with early exit: is its speed-up as large as the ratio of the multiplications that it saves?

A network of question 3 is trained briefly, so that its early exits are meaningful. Inference runs at the tolerance that
saves about as much as the handout's. Speed-ups are divided by the MAC ratio: 1 means that the time shrinks as much as
the number of MACs. A thin network cannot reach this: at width 8 the first stage, which every input needs, takes a
quarter of the MACs and more than a third of the time. So its row has no target.
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from benchmarks.broken import budget
from benchmarks.turns import Row, compare, take_turns
from solutions.early_exit import inference, macs, resnet
from solutions.given.data import warped_digits
from solutions.given.training import early_exit

BATCH = 256
MAC_RATIO = 1.8  # near the MAC ratio of tolerance .5 on the large digits
TARGET = 0.8
TURNS = 2  # in a round


@dataclass(frozen=True)
class Case:
    """A network and how it is trained.

    Attributes:
        width: width of the first stage.
        changes: changes of the smoke run's budget.
        target: what its rows must reach; None if they have no target.
    """

    width: int
    changes: dict[str, Any]
    target: float | None


CASES = (
    Case(8, {}, None),
    Case(32, {"num_images": 2048, "epochs": 2}, TARGET),  # 16 times the work per image
)


def measure(rounds: int) -> list[Row]:
    """Two rows for each case; the caller enters `turns.quiet`."""
    return [row for case in CASES for row in _rows(case, rounds)]


@torch.no_grad()
def _rows(case: Case, rounds: int) -> list[Row]:
    settings = {**budget("runs.early_exit"), **case.changes, "width": case.width}
    network, size = _trained(settings), settings["image_size"]
    baseline = resnet.EarlyExitResNet(10, case.width, tuple(settings["blocks"]), 1, ()).eval()
    baseline.stem, baseline.stages = network.stem, network.stages
    prices = macs.exit_macs(network, (1, size, size))
    baseline_macs = int(macs.exit_macs(baseline, (1, size, size))[-1])
    x, _ = warped_digits.warped_digits(BATCH, 1000, size, "test")
    entropies = inference.entropy(network(x))
    tolerance = _tolerance(entropies, prices, baseline_macs)
    _, exits = inference.infer(network, x, tolerance)
    # The result must be right before its speed counts.
    assert torch.equal(exits, inference.exit_index(entropies, tolerance))
    times = take_turns(
        {
            "early": lambda: inference.infer(network, x, tolerance),
            "baseline": lambda: baseline(x),
            "all exits": lambda: network(x),
        },
        rounds * TURNS,
    )
    rows = []
    for name, price in (("baseline", baseline_macs), ("all exits", int(prices[-1]))):
        ratio = macs.mac_ratio(exits, prices, price)
        label = f"width {case.width}: speed-up over {name} / MAC ratio {ratio:.2f}"
        row = compare(label, times[name], times["early"], case.target, at_least=True, unit=ratio)
        row.figures.update(mac_ratio=ratio, speed_up=row.ratio * ratio, tolerance=tolerance)
        rows.append(row)
    return rows


def _trained(settings: dict[str, Any]) -> resnet.EarlyExitResNet:
    with torch.enable_grad():
        weights, _ = early_exit.train(**settings)
    network = resnet.EarlyExitResNet(
        10, settings["width"], tuple(settings["blocks"]), 1, tuple(settings["exits"])
    )
    network.load_state_dict(weights)
    return network.eval()


def _tolerance(entropies: Tensor, prices: Tensor, baseline_macs: float) -> float:
    """The tolerance whose MAC ratio is nearest to MAC_RATIO."""

    def distance(tolerance: float) -> float:
        exits = inference.exit_index(entropies, tolerance)
        return abs(macs.mac_ratio(exits, prices, baseline_macs) - MAC_RATIO)

    return min(torch.logspace(-4, 0.3, 200).tolist(), key=distance)
