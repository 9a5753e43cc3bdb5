"""Measures the claimed results of trained weights in the grader, with the functions of the reference."""

import base64
import json
from dataclasses import asdict
from typing import Any

from autograder.errors import WrongAnswer
from tests.support.compare import assert_true

VALIDATION = 0  # the seed of the data on which claims are measured
# A number may be rounded to two decimals. Kernels of other processors change no number by more than 1e-6: tested with
# the kernels for SSE 4, AVX2 and AVX-512 and with two versions of torch.
ROUNDED = 0.006
# If a student's functions draw in another order, the claim and the measurement come from different draws. Their
# difference has sqrt(2) standard errors; more than 6.3 times this has a probability of 3e-10.
DRAWN = 9
TRAIN = "`make train` computes these numbers from the saved weights. Did you change them by hand?"

_measured: dict[tuple[str, str, int], Any] = {}  # one process measures the same weights for many numbers


def measure(hw, instrument, question: str, seed: int):
    """The artifact of the experiment of a question, and its results on data drawn from `seed`.

    Fails the test if the weights do not belong to this experiment.
    """
    name = instrument(f"given.experiments.{question}.ARTIFACT")
    artifact = hw.artifact(f"artifacts.{name}")
    key = (artifact.card["weights"], json.dumps(artifact.settings, sort_keys=True), seed)
    if key not in _measured:
        _measured.clear()
        try:
            _measured[key] = instrument(f"given.experiments.{question}.measure")(
                artifact.weights, artifact.settings, seed
            )
        except ValueError as error:
            raise WrongAnswer(str(error)[:500], hint=TRAIN, failure="other weights") from error
    return artifact, _measured[key]


def show(hw, found, claimed: dict[str, float] | None = None) -> None:
    """Adds the measured and claimed values to the record, with the curves and pictures."""
    hw.measured(**found.metrics)
    if claimed:
        hw.claimed(**claimed)
    hw.drawn(
        curves=[asdict(curve) for curve in found.curves],
        pictures=[_plain(picture) for picture in found.pictures],
    )


def assert_claims_hold(claimed: dict[str, float], found) -> None:
    """Fails unless the card claims every measured number correctly."""
    missing = sorted(found.metrics.keys() - claimed.keys())
    assert_true(not missing, f"the card does not claim {', '.join(missing)}", hint=TRAIN, failure="claim")
    for name, value in found.metrics.items():
        assert_holds(name, claimed[name], value, found.errors.get(name, 0.0))


def assert_holds(name: str, claimed: float, measured: float, error: float = 0.0) -> None:
    """Fails unless a claimed number is the measured one. `error`: its standard error, if it depends on draws."""
    within = ROUNDED + DRAWN * error
    text = f"the claimed {name} is {claimed:.4g}; the weights reach {measured:.4g}"
    assert_true(abs(claimed - measured) <= within, text, hint=TRAIN, failure="claim")


def _plain(picture) -> dict[str, Any]:
    _count, height, width = picture.images.shape
    gray = (picture.images.clamp(0, 1) * 255).round().byte()
    return {
        "title": picture.title,
        "columns": picture.columns,
        "height": height,
        "width": width,
        "pixels": base64.b64encode(gray.numpy().tobytes()).decode(),
    }
