"""Question 3: a network with early exits, the same network without them, and a smaller network."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from ...early_exit import macs, resnet
from ..training import early_exit
from ..training.loop import QUIET, Loop
from . import artifact, q3_data, q3_exits, q3_networks, q3_search, q3_sweep
from .experiment import Measured, Trained
from .q3_data import Data
from .q3_settings import CIFAR10, PRESETS, WARPED_DIGITS, WIDEST, Settings

__all__ = ["ARTIFACT", "EMBEDDED", "PRESETS", "SOURCES", "Settings", "measure", "measure_real", "train"]

ARTIFACT = "early_exit"
SOURCES = ("early_exit/resnet.py", "early_exit/loss.py", "early_exit/inference.py", "early_exit/macs.py")
EMBEDDED = WARPED_DIGITS
TIMED_BATCH = 256


def train(settings: Settings, seed: int, device: str, loop: Loop = QUIET) -> Trained:
    """Chooses learning rate and weights of the loss by short runs, then trains the three networks with them.

    Raises:
        ValueError: a setting is not valid.
        FileNotFoundError: CIFAR-10 is missing.
    """
    if settings.width > WIDEST.get(settings.data, settings.width):
        raise ValueError(f"width must be at most {WIDEST[settings.data]}, got {settings.width}")
    torch.manual_seed(seed)  # a student's function can draw from the global generators
    data = q3_data.training(settings, seed).to(device)
    runs = q3_search.search(settings, data, seed, loop)
    learning_rate, later_weight = q3_search.chosen(settings, runs)
    networks: dict[str, resnet.EarlyExitResNet] = {}
    curves: dict[str, list[float]] = {}
    for name, (blocks, exits) in q3_networks.NETWORKS.items():
        networks[name] = early_exit.first_network(
            settings.width, blocks, data.images.shape[1], exits, seed
        ).to(device)
        history = early_exit.fit(
            networks[name],
            data.images,
            data.labels,
            q3_search.exit_weights(later_weight)[: len(exits) + 1],
            settings.epochs,
            settings.batch_size,
            learning_rate,
            seed,
            loop,
            name,
            data.augmented,
            settings.half_precision,
        )
        curves |= {
            f"{name}_{label}": values for label, values in history.items() if exits or "first" not in label
        }
    if runs:
        curves["search_accuracy"] = [run.accuracy for run in runs]
    digest = artifact.data_digest(data.images, data.labels)
    return Trained(
        q3_networks.joined(networks), curves, digest, {"search": q3_search.table(runs)} if runs else {}
    )


def measure(weights: Mapping[str, Tensor], settings: Mapping[str, Any], seed: int = 0) -> Measured:
    """Answers parts i to vi on validation images.

    Args:
        weights: weights of the three networks, from any source.
        settings: `data` and `image_size` are used.
        seed: seed of the digits.

    Raises:
        ValueError: these are not weights or settings of this experiment on warped digits.
    """
    if settings.get("data") != EMBEDDED:
        raise ValueError(f"data must be {EMBEDDED!r}, got {settings.get('data')!r}")
    return _measure(weights, q3_data.validation(settings, seed), WIDEST[WARPED_DIGITS])


def measure_real(weights: Mapping[str, Tensor], settings: Mapping[str, Any]) -> Measured:
    """The same on CIFAR-10, on a GPU if there is one. Reads the folder in the settings."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    return _measure(weights, q3_data.validation(settings, 0), WIDEST[CIFAR10], device)


def _measure(weights: Mapping[str, Tensor], data: Data, widest: int, device: str = "cpu") -> Measured:
    networks = q3_networks.rebuilt(weights, data.images.shape[1], widest).to(device)
    data = data.to(device)
    labels = data.labels.cpu()
    prices = q3_sweep.prices(networks, q3_networks.input_shape(data))
    baseline, exits, small = (q3_networks.logits(network, data) for network in networks)
    if not all(bool(logits.isfinite().all()) for logits in (baseline, exits, small)):
        raise ValueError("these weights give no finite values on validation images")
    baseline_accuracy, small_accuracy = (
        (logits[-1].argmax(dim=-1) == labels).double().mean().item() for logits in (baseline, small)
    )
    sweep = q3_sweep.sweep(exits, labels, prices.exits, prices.baseline)
    tolerance = sweep.chosen
    left = q3_exits.leave(networks.early_exit, data, tolerance)
    small_ratio = prices.baseline / prices.small
    metrics = {
        "baseline_accuracy": baseline_accuracy,
        "full_accuracy": sweep.accuracy[0],
        "tolerance": tolerance,
        "accuracy": left.accuracy,
        "mac_ratio": macs.mac_ratio(left.exits, prices.exits, prices.baseline),
        **{f"exit_{number}_share": share for number, share in enumerate(left.shares, 1)},
        "early_confidence": left.early_confidence,
        "late_confidence": left.late_confidence,
        "spike_tolerance": sweep.spike,
        "small_accuracy": small_accuracy,
        "small_mac_ratio": small_ratio,
        "beating_tolerance": sweep.beating(small_accuracy),
    }
    return Measured(
        metrics,
        _answers(metrics),
        (
            *q3_sweep.curves(sweep, baseline_accuracy, small_accuracy, small_ratio),
            q3_sweep.wall_clock(networks, prices, data.ready(data.images[:TIMED_BATCH])),
        ),
        q3_exits.pictures(left, data.images),
        {"sweep": q3_sweep.table(sweep)},
    )


def _answers(metrics: Mapping[str, float]) -> dict[str, Any]:
    """The answers to parts i to vi, for the form."""
    figures = {
        "i_accuracy": "baseline_accuracy",
        "ii_accuracy": "full_accuracy",
        "iii_early_confidence": "early_confidence",
        "iii_late_confidence": "late_confidence",
        "iv_mac_ratio": "mac_ratio",
        "iv_spike_tolerance": "spike_tolerance",
        "v_accuracy": "small_accuracy",
        "vi_tolerance": "beating_tolerance",
    }
    shares = [round(value, 4) for name, value in metrics.items() if name.endswith("_share")]
    rounded = {f"q3b_{key}": round(metrics[name], 4) for key, name in figures.items()}
    return {**rounded, "q3b_iii_exit_shares": shares}
