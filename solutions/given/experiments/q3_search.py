"""A small search for the hyper-parameters of question 3: short runs of the early-exit network, judged by one number.

The number is the accuracy at a MAC ratio of 1.8 on training images that the run has not seen. The search does not use
validation images.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

from ...early_exit import macs
from ..training import early_exit
from ..training.loop import Loop
from . import q3_networks, q3_sweep
from .q3_data import Data
from .q3_networks import NETWORKS
from .q3_settings import Settings

RATIO = 1.8


@dataclass(frozen=True)
class Run:
    """One run of the search.

    Attributes:
        learning_rate: the peak of its cycle.
        later_weight: weight in the loss of every exit except the first, which has weight 1.
        accuracy: accuracy at a MAC ratio of 1.8.
        first_accuracy: accuracy of the first exit alone.
        full_accuracy: accuracy of the whole network.
    """

    learning_rate: float
    later_weight: float
    accuracy: float
    first_accuracy: float
    full_accuracy: float


def exit_weights(later_weight: float) -> list[float]:
    """The weights in the loss of a network with all its exits."""
    return [1.0] + [later_weight] * len(NETWORKS["early_exit"][1])


def search(settings: Settings, data: Data, seed: int, loop: Loop) -> list[Run]:
    """Trains with every pair of settings on the first images, and tests each network on the same number of last images.

    Args:
        settings: the values to try, and the size of a run.
        data: training images, on the device for training.
        seed: seed of every run.
        loop: saves, shows and logs the steps; its loops are "search_1" and so on.

    Returns:
        The runs; empty if there is only one pair.

    Raises:
        ValueError: there are too few images, or no pair.
    """
    pairs = list(product(settings.learning_rates, settings.later_weights))
    if not pairs:
        raise ValueError("learning_rates and later_weights must each have at least one value")
    if len(pairs) == 1:
        return []
    count = settings.search_images
    if len(data.labels) < 2 * count:
        raise ValueError(f"a search on {count} images needs twice as many, and there are {len(data.labels)}")
    return [
        _run(settings, rate, later, data[:count], data[-count:], seed, loop, f"search_{number}")
        for number, (rate, later) in enumerate(pairs, 1)
    ]


def chosen(settings: Settings, runs: Sequence[Run]) -> tuple[float, float]:
    """Learning rate and weight of the later exits: those of the best run, or the only pair."""
    if not runs:
        return settings.learning_rates[0], settings.later_weights[0]
    return _best(runs).learning_rate, _best(runs).later_weight


def _best(runs: Sequence[Run]) -> Run:
    """The run with the highest accuracy at the MAC ratio; the first one if several are equal."""
    return max(runs, key=lambda run: run.accuracy)


def _run(
    settings: Settings, rate: float, later: float, seen: Data, unseen: Data, seed: int, loop: Loop, name: str
) -> Run:
    blocks, exits = NETWORKS["early_exit"]
    channels, device = seen.images.shape[1], seen.images.device
    network = early_exit.first_network(settings.width, blocks, channels, exits, seed).to(device)
    early_exit.fit(
        network,
        seen.images,
        seen.labels,
        exit_weights(later),
        settings.search_epochs,
        settings.batch_size,
        rate,
        seed,
        loop,
        name,
        seen.augmented,
        settings.half_precision,
    )
    found = q3_networks.logits(network.eval(), unseen)
    price = macs.exit_macs(network, q3_networks.input_shape(unseen))
    # A complete run through the network costs its last price, so the ratio is 1 if no input leaves early.
    swept = q3_sweep.sweep(found, unseen.labels.cpu(), price, int(price[-1]))
    right = (found.argmax(dim=-1) == unseen.labels.cpu()).double().mean(dim=1)
    return Run(rate, later, swept.at_ratio(RATIO)[1], float(right[0]), float(right[-1]))


def table(runs: Sequence[Run]) -> str:
    """One line for each run, with a mark at the best run."""
    lines = [
        "Short runs of the early-exit network; accuracies on training images that the run has not seen.",
        f"learning rate  later exits' weight  at MAC ratio {RATIO}  first exit  whole network",
    ]
    for run in runs:
        mark = "  best" if run == _best(runs) else ""
        lines.append(
            f"{run.learning_rate:13g}  {run.later_weight:19g}  {run.accuracy:16.4f}  {run.first_accuracy:10.4f}  "
            f"{run.full_accuracy:13.4f}{mark}"
        )
    return "\n".join(lines) + "\n"
