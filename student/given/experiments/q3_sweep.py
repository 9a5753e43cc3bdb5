"""Accuracy, MACs and seconds at each entropy tolerance."""

from dataclasses import dataclass
from time import perf_counter

import torch
from torch import Tensor

from ...early_exit import inference, macs
from .experiment import Curve
from .q3_networks import Networks

# Nats, from 0 to just below log 10, where every input leaves.
TOLERANCES = [round(0.05 * step, 2) for step in range(47)]
POINT = 0.01  # allowed loss of accuracy at the chosen tolerance
TIMED = [0.0, 0.1, 0.3, 0.6, 1.0, 1.5]
ROUNDS = 3


@dataclass(frozen=True)
class Prices:
    """MACs for one image.

    Attributes:
        exits: MACs of the early-exit network up to each exit, Long[E].
        baseline: MACs of the network without early exits.
        small: MACs of the small network.
    """

    exits: Tensor
    baseline: int
    small: int


def prices(networks: Networks, input_shape: tuple[int, int, int]) -> Prices:
    """The MACs of the three networks."""
    baseline, small = (
        int(macs.exit_macs(network, input_shape)[-1]) for network in (networks.baseline, networks.small)
    )
    return Prices(macs.exit_macs(networks.early_exit, input_shape), baseline, small)


@dataclass(frozen=True)
class Sweep:
    """Early exit at each of `TOLERANCES`.

    Attributes:
        accuracy: accuracies in [0, 1].
        ratio: the baseline's MACs divided by the MACs spent.
    """

    accuracy: list[float]
    ratio: list[float]

    @property
    def chosen(self) -> float:
        """The largest tolerance that loses less than one percentage point against the accuracy of the whole network."""
        return macs.best_threshold(TOLERANCES, self.accuracy, self.accuracy[0] - POINT) or 0.0

    @property
    def spike(self) -> float:
        """The tolerance with the largest increase of the ratio from the tolerance before."""
        jumps = [after - before for before, after in zip(self.ratio, self.ratio[1:], strict=False)]
        return TOLERANCES[1 + jumps.index(max(jumps))]

    def beating(self, accuracy: float) -> float:
        """The largest tolerance with a better accuracy than this one; 0 if there is none."""
        return macs.best_threshold(TOLERANCES, self.accuracy, accuracy) or 0.0

    def at_ratio(self, ratio: float) -> tuple[float, float]:
        """The smallest tolerance with at least this ratio, or otherwise the last tolerance, and its accuracy."""
        reached = [place for place, value in enumerate(self.ratio) if value >= ratio]
        place = min(reached, default=-1)
        return TOLERANCES[place], self.accuracy[place]


def sweep(exit_logits: Tensor, labels: Tensor, exit_macs: Tensor, baseline_macs: float) -> Sweep:
    """The sweep for the logits of all exits, Float[E, N, K], and labels, Long[N]."""
    accuracy, ratio = macs.threshold_sweep(exit_logits, labels, exit_macs, baseline_macs, TOLERANCES)
    return Sweep(accuracy.tolist(), ratio.tolist())


def curves(found: Sweep, baseline: float, small: float, small_ratio: float) -> tuple[Curve, ...]:
    """Accuracy and MAC ratio over the tolerance, compared with the networks without early exits."""
    count, label = len(TOLERANCES), "entropy tolerance (nats)"
    flat = {"baseline": [baseline] * count, "small net": [small] * count}
    accuracy = {"early exit": found.accuracy, **flat}
    ratio = {"early exit": found.ratio, "small net": [small_ratio] * count}
    return (
        Curve("Accuracy over the tolerance", label, "validation accuracy", TOLERANCES, accuracy),
        Curve("MAC ratio over the tolerance", label, "baseline's MACs / MACs spent", TOLERANCES, ratio),
    )


@torch.no_grad()
def wall_clock(networks: Networks, price: Prices, images: Tensor) -> Curve:
    """The speed-up of `infer` over the baseline on a batch, against the MAC ratio.

    Each round measures the baseline and all tolerances; the fastest of `ROUNDS` times counts.
    """
    ratios: list[float] = []
    seconds: dict[float | None, list[float]] = {}
    for _ in range(ROUNDS):
        for tolerance in (None, *TIMED):
            start = _now(images)
            if tolerance is None:
                networks.baseline(images)
            else:
                _, exits = inference.infer(networks.early_exit, images, tolerance)
            seconds.setdefault(tolerance, []).append(_now(images) - start)
            if tolerance is not None and len(ratios) < len(TIMED):
                ratios.append(macs.mac_ratio(exits, price.exits, price.baseline))
    faster = [min(seconds[None]) / min(seconds[tolerance]) for tolerance in TIMED]
    title = f"Wall clock against MACs, batch of {len(images)}"
    lines = {"measured": faster, "if time were MACs": ratios}
    return Curve(title, "MAC ratio", "times faster than the baseline", ratios, lines)


def _now(images: Tensor) -> float:
    if images.is_cuda:
        torch.cuda.synchronize()
    return perf_counter()


def table(found: Sweep) -> str:
    """One line for each tolerance."""
    lines = ["tolerance  accuracy  MAC ratio"]
    for tolerance, accuracy, ratio in zip(TOLERANCES, found.accuracy, found.ratio, strict=True):
        lines.append(f"{tolerance:9.2f}  {accuracy:8.4f}  {ratio:9.3f}")
    return "\n".join(lines) + "\n"
