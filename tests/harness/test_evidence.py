"""Claims about weights: another order of draws is honest, and a claim improved by hand is not."""

import json
from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from autograder.errors import WrongAnswer
from tests.oracles import evidence

pytestmark = pytest.mark.slow
ARTIFACTS = Path(__file__).parents[2] / "solutions/artifacts"
NAMES = {"q1": "coin_flip", "q2": "gaussian", "q3": "early_exit", "q4": "rlhf"}


def _card(question: str) -> dict[str, Any]:
    card: dict[str, Any] = json.loads((ARTIFACTS / f"{NAMES[question]}.json").read_text())
    return card


def _measure(question: str) -> Any:
    weights = load_file(ARTIFACTS / f"{NAMES[question]}.safetensors")
    experiment = import_module(f"solutions.given.experiments.{question}")
    return experiment.measure(
        {name: value.float() for name, value in weights.items()}, _card(question)["settings"]
    )


@pytest.fixture(scope="module")
def measured() -> dict[str, Any]:
    """The results of the reference's weights, by question."""
    return {question: _measure(question) for question in NAMES}


@pytest.mark.parametrize("question", NAMES)
def test_claims_of_the_same_draws_hold_with_a_small_tolerance(
    measured: dict[str, Any], question: str
) -> None:
    evidence.assert_claims_hold(_card(question)["metrics"], replace(measured[question], errors={}))


def _drawing_once_more(real: Callable[..., Any]) -> Callable[..., Any]:
    """The same function with another order of draws."""

    def drawing(*args: Any, **kwargs: Any) -> Any:
        values = (*args, *kwargs.values())
        (generator,) = [value for value in values if isinstance(value, torch.Generator)]
        torch.rand(1, generator=generator)
        return real(*args, **kwargs)

    return drawing


@pytest.mark.parametrize(
    ("question", "drawing"),
    [
        ("q1", ["diffusion.binary.bits_per_pixel", "diffusion.samplers.ancestral_sample"]),
        ("q2", ["diffusion.samplers.ddpm_sample", "diffusion.samplers.ddim_sample"]),
        ("q4", ["rlhf.policy_gradient.sample_response"]),
    ],
)
def test_claims_of_another_order_of_draws_hold(
    measured: dict[str, Any], question: str, drawing: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Kills: a limit below the noise, which accuses a student whose sampler draws in another order."""
    with monkeypatch.context() as patch:
        for name in drawing:
            module, _, function = f"solutions.{name}".rpartition(".")
            real = getattr(import_module(module), function)
            patch.setattr(import_module(module), function, _drawing_once_more(real))
        claimed = _measure(question).metrics
    evidence.assert_claims_hold(claimed, measured[question])
    with pytest.raises(WrongAnswer):  # the size of their difference
        evidence.assert_claims_hold(claimed, replace(measured[question], errors={}))


@pytest.mark.parametrize(
    ("question", "name", "better"),
    [
        ("q1", "bits_per_pixel", -0.03),
        ("q1", "agreement", 0.14),
        ("q1", "agreement_independent", -0.01),
        ("q2", "agreement", 0.14),
        ("q2", "distance", -0.35),
        ("q3", "baseline_accuracy", 0.01),
        ("q3", "mac_ratio", 0.01),
        ("q3", "exit_1_share", 0.01),
        ("q4", "utility", 0.7),
        ("q4", "rouge", 0.06),
        ("q4", "kl", -0.5),
    ],
)
def test_a_claim_improved_by_hand_is_found(
    measured: dict[str, Any], question: str, name: str, better: float
) -> None:
    """Kills: a limit that accepts a claim of .99 for an accuracy of .98."""
    claimed = measured[question].metrics
    with pytest.raises(WrongAnswer, match=f"the claimed {name} is"):
        evidence.assert_claims_hold({**claimed, name: claimed[name] + better}, measured[question])
