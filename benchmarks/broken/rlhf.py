"""Question 4's smoke run, right and wrong: the hidden utility of summaries of articles that training did not see."""

import statistics
from collections.abc import Callable
from contextlib import AbstractContextManager
from unittest import mock

import torch
from torch import Tensor

from benchmarks.broken import budget
from solutions.given.data import news
from solutions.given.networks import t5
from solutions.given.training import rlhf
from solutions.rlhf import advantages, policy_gradient, ppo, reward_model

BUDGET = budget("runs.rlhf")
ARTICLES = 300

_surrogate, _preference = ppo.clipped_surrogate_loss, reward_model.preference_loss
_cross_entropy, _gae = policy_gradient.cross_entropy_loss, advantages.gae

BROKEN: dict[str, Callable[[], AbstractContextManager[object]]] = {
    "wrong sign in the surrogate": lambda: mock.patch.object(
        ppo, "clipped_surrogate_loss", lambda *a: -_surrogate(*a)
    ),
    "preferences reversed": lambda: mock.patch.object(
        reward_model, "preference_loss", lambda a, b: _preference(b, a)
    ),
    "wrong sign in the advantages": lambda: mock.patch.object(
        advantages, "gae", lambda *a: (-_gae(*a)[0], _gae(*a)[1])
    ),
    "policy without gradient": lambda: mock.patch.object(
        ppo, "clipped_surrogate_loss", lambda *a: _surrogate(*a) * 0
    ),
    "warm-up without gradient": lambda: mock.patch.object(
        policy_gradient, "cross_entropy_loss", lambda *a: _cross_entropy(*a) * 0
    ),
}


def train(seed: int) -> dict[str, Tensor]:
    """The given loop with BUDGET."""
    weights, _ = rlhf.train(**BUDGET, seed=seed)
    return weights


def measure(weights: dict[str, Tensor], seed: int) -> dict[str, float]:
    """Mean hidden utility before and after the training with feedback."""
    articles = news.make_articles(ARTICLES, seed + 1)
    before, after = (_utility(weights, prefix, articles, seed) for prefix in ("warm_up.", "policy."))
    return {"utility_before": before, "utility": after, "gain": after - before}


def _utility(weights: dict[str, Tensor], prefix: str, articles: list[news.Article], seed: int) -> float:
    policy = t5.TinyT5Policy(len(news.VOCABULARY))
    policy.load_state_dict({n.removeprefix(prefix): v for n, v in weights.items() if n.startswith(prefix)})
    sources, mask = news.encode_batch([article.text for article in articles])
    with torch.no_grad():
        tokens, _, _ = policy_gradient.sample_response(
            policy.having_read(policy.encode(sources, mask), mask),
            sources,
            mask,
            news.START_ID,
            news.EOS_ID,
            news.PAD_ID,
            news.MAX_SUMMARY_TOKENS,
            generator=torch.Generator().manual_seed(seed),
        )
    pairs = zip(news.decode_batch(tokens), articles, strict=True)
    return statistics.fmean(news.utility(text, article) for text, article in pairs)
