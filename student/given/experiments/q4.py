"""Question 4: a summariser learns from references, then from preferences, by PPO and by REINFORCE.

Three runs start from the same warmed-up policy and reward model: PPO and REINFORCE with a price for leaving that
policy, and PPO without a price. The last run shows reward hacking: the score continues to rise while the hidden utility
falls.
"""

import copy
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from ..data import news
from ..data.corpus import Corpus
from ..networks import t5
from ..training import feedback, rlhf, warm_up
from ..training.loop import QUIET, Loop
from . import artifact, before_after
from .experiment import Measured, Trained
from .q4_settings import EMBEDDED, PRESETS, REAL, WIDTHS, Settings

__all__ = ["ARTIFACT", "EMBEDDED", "PRESETS", "SOURCES", "Settings", "measure", "measure_real", "train"]

ARTIFACT = "rlhf"
SOURCES = (
    "rlhf/log_probs.py",
    "rlhf/policy_gradient.py",
    "rlhf/reward_model.py",
    "rlhf/rewards.py",
    "rlhf/advantages.py",
    "rlhf/ppo.py",
)
RUNS = {"ppo": ("ppo", True), "reinforce": ("reinforce", True), "ppo without price": ("ppo", False)}
FRESH = 600  # number of new articles for the measurement


def train(settings: Settings, seed: int, device: str, loop: Loop = QUIET) -> Trained:
    """Runs all the stages; the last stage has three runs.

    Returns:
        The whole warmed-up policy, "warm_up.", and the weights that PPO with a price has changed, "policy.". The curves
        are the loss of the first stages, and score, utility, ROUGE-L and divergence of each run by roll-out, such as
        "score/ppo".

    Raises:
        ValueError: unknown data, an impossible width, or more pairs than articles.
        FileNotFoundError: real texts or a pretrained model are missing.
    """
    if settings.data == EMBEDDED and settings.width not in WIDTHS:
        raise ValueError(
            f"width must be one of {WIDTHS[0]}, {WIDTHS[1]} ... {WIDTHS[-1]}, got {settings.width}"
        )
    if settings.preference_pairs > settings.articles:
        raise ValueError(f"{settings.preference_pairs} pairs need as many articles, got {settings.articles}")
    with torch.random.fork_rng(devices=["cuda"] if device == "cuda" else []):
        torch.manual_seed(seed)
        corpus, policy = _texts(settings, "train", settings.articles, seed), _policy(settings)
        if settings.data in REAL:
            loop = replace(loop, seconds=max(loop.seconds, 120))  # one gigabyte for each save
        return _train(policy.to(device), corpus, settings, seed, loop)


def _train(policy: Any, corpus: Corpus, settings: Settings, seed: int, loop: Loop) -> Trained:
    device = next(policy.parameters()).device
    generator, sampling = torch.Generator().manual_seed(seed), torch.Generator(device).manual_seed(seed)
    losses = warm_up.warm_up(
        policy,
        corpus,
        settings.warm_up_steps,
        settings.batch_size,
        settings.warm_up_learning_rate,
        generator,
        loop,
    )
    reward_model, curves = rlhf.reward_of(
        policy,
        corpus,
        settings.preference_pairs,
        settings.reward_model_steps,
        settings.batch_size,
        settings.reward_model_learning_rate,
        seed,
        generator,
        sampling,
        loop,
    )
    curves["warm_up_loss"] = losses
    learnt: dict[str, Any] = {}
    for name, (algorithm, priced) in RUNS.items():
        learnt[name] = copy.deepcopy(policy)
        reached = feedback.learn_from_feedback(
            learnt[name],
            reward_model,
            corpus,
            settings.policy_steps,
            settings.of_run(algorithm, priced),
            torch.Generator().manual_seed(seed),  # the same articles for each run
            torch.Generator(device).manual_seed(seed),
            loop,
            name.replace(" ", "_"),
        )
        curves |= {f"{figure}/{name}": values for figure, values in reached.items()}
    data = artifact.data_digest(*corpus.sources, *corpus.references)
    return Trained(before_after.pack(policy, learnt["ppo"]), curves, data)


def measure(weights: Mapping[str, Tensor], settings: Mapping[str, Any], seed: int = 0) -> Measured:
    """The value of summaries of new articles before and after the feedback.

    Raises:
        ValueError: these are not weights of this experiment on the generated news.
    """
    if settings.get("data") != EMBEDDED:
        raise ValueError("these weights were not trained on the generated news")
    words = weights.get(before_after.BEFORE + "t5.shared.weight", torch.empty(0))
    width = words.shape[-1] if words.ndim == 2 else 0
    if width not in WIDTHS:
        raise ValueError(
            f"these are weights of another architecture: the words have shape {list(words.shape)}; their width must be"
            f" one of {WIDTHS[0]}, {WIDTHS[1]} ... {WIDTHS[-1]}"
        )
    return _compare(weights, Settings(width=width), FRESH, seed)


def measure_real(weights: Mapping[str, Tensor], settings: Mapping[str, Any]) -> Measured:
    """The same on texts of the validation split. Reads files named in the settings: only for one's own weights."""
    return _compare(weights, Settings(**settings), FRESH, 0)


def _compare(weights: Mapping[str, Tensor], settings: Settings, count: int, seed: int) -> Measured:
    with torch.random.fork_rng(devices=[]):  # initial weights are drawn, then replaced
        before, after = _policy(settings), _policy(settings)
    before_after.unpack(weights, before, after)
    return before_after.compare(before, after, _texts(settings, "validation", count, seed), seed)


def _policy(settings: Settings) -> Any:
    """A policy before any training on these texts, on the CPU."""
    if settings.data == EMBEDDED:
        return t5.TinyT5Policy(len(news.VOCABULARY), settings.width)
    from ..networks import pretrained_t5

    return pretrained_t5.load(settings.checkpoint, settings.mixed_precision)


def _texts(settings: Settings, split: str, count: int, seed: int) -> Corpus:
    """Texts for training ("train"), or other texts ("validation")."""
    if settings.data == EMBEDDED:
        return news.NewsCorpus(news.make_articles(count, seed if split == "train" else seed + 10**9))
    if settings.data not in REAL:
        raise ValueError(f"data must be one of {', '.join((EMBEDDED, *REAL))}, got {settings.data!r}")
    from ..data import summaries

    return summaries.load(settings.data, split, settings.checkpoint, count, seed, settings.folder)
