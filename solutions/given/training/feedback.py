"""Stage three of question 4: the policy learns from the reward model, by PPO or by REINFORCE.

Only decoders learn here. Policy, reference, reward model and value function share the encoder that the warm-up has
trained, so that each batch of sources is read once, however many updates follow.
"""

import copy
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ...rlhf import advantages, log_probs, policy_gradient, ppo, rewards
from ..data import news
from ..networks import t5
from . import preferences, warm_up


@dataclass(frozen=True)
class Settings:
    """How the policy learns."""

    batch_size: int  # responses in a roll-out
    learning_rate: float  # of the policy
    value_learning_rate: float
    kl_coef: float  # price of divergence from the warmed-up policy
    epochs: int  # updates from one roll-out; REINFORCE makes one
    algorithm: str = "ppo"  # or "reinforce"
    clip_eps: float = 0.2  # of ratios and of values
    gamma: float = 1.0
    gae_lambda: float = 0.95


@dataclass(frozen=True)
class Rollout:
    """Responses to one batch of sources and what is known of them when they are drawn; constants."""

    reader: log_probs.Policy  # the policy, having read the sources
    states: Tensor  # Float[B, S, width], of the one encoder
    sources: Tensor  # Long[B, S]
    source_mask: Tensor  # Bool[B, S]
    tokens: Tensor  # Long[B, T]
    mask: Tensor  # Bool[B, T]
    log_probs: Tensor  # Float[B, T], nats
    ref_log_probs: Tensor  # Float[B, T], nats, under the warmed-up policy
    scores: Tensor  # Float[B], the reward model's

    def log_probs_now(self) -> Tensor:
        """Float[B, T], nats, under the policy as it is by now; differentiable."""
        return log_probs.policy_log_probs(
            self.reader, self.sources, self.source_mask, self.tokens, news.START_ID
        )

    def values_now(self, critic: t5.ScoredT5) -> Tensor:
        """Float[B, T], the value of the state before each token; differentiable."""
        decoder_input = log_probs.shift_right(self.tokens, news.START_ID)
        return critic.answer(self.states, self.source_mask, decoder_input)


def learn_from_feedback(
    policy: t5.TinyT5Policy,
    reward_model: t5.ScoredT5,
    articles: Sequence[news.Article],
    steps: int,
    settings: Settings,
    generator: torch.Generator,
    sampling: torch.Generator,
) -> dict[str, list[float]]:
    """Changes the policy so that its responses score higher, at a price for leaving what it was.

    Args:
        policy: the warmed-up policy.
        reward_model: stays as it is; the value function starts as a copy of it.
        articles: what to summarise.
        steps: roll-outs.
        settings: how to learn from one.
        generator: of the batches, on the CPU.
        sampling: of the responses, on the policy's device.

    Returns:
        For each step the mean over its responses of: "score" of the reward model, "kl" to the warmed-up policy in nats
        a response (estimator k1), and "utility", which only the simulated readers know.
    """
    device = next(policy.parameters()).device
    sources, source_mask = (x.to(device) for x in news.encode_batch([article.text for article in articles]))
    reference, critic = copy.deepcopy(policy), copy.deepcopy(reward_model)
    policy_optimizer = torch.optim.Adam(policy.answering_parameters(), lr=settings.learning_rate, fused=True)
    value_optimizer = torch.optim.Adam(
        critic.answering_parameters(), lr=settings.value_learning_rate, fused=True
    )
    history: dict[str, list[float]] = {"score": [], "kl": [], "utility": []}
    for _ in range(steps):
        rows = warm_up.draw_rows(len(articles), settings.batch_size, generator)
        on_device = rows.to(device)
        batch = roll_out(
            policy, reference, reward_model, sources[on_device], source_mask[on_device], sampling
        )
        shaped = rewards.shaped_rewards(
            batch.scores, batch.log_probs, batch.ref_log_probs, batch.mask, settings.kl_coef
        )
        if settings.algorithm == "ppo":
            _ppo_update(batch, shaped, critic, policy_optimizer, value_optimizer, settings)
        else:
            _reinforce_update(batch, shaped, policy_optimizer)
        kl = torch.where(batch.mask, batch.log_probs - batch.ref_log_probs, 0.0).sum(dim=1)
        summaries = zip(news.decode_batch(batch.tokens), rows.tolist(), strict=True)
        history["score"].append(batch.scores.mean().item())
        history["kl"].append(kl.mean().item())
        history["utility"].append(
            statistics.fmean(news.utility(text, articles[row]) for text, row in summaries)
        )
    return history


@torch.no_grad()
def roll_out(
    policy: t5.TinyT5Policy,
    reference: t5.TinyT5Policy,
    reward_model: t5.ScoredT5,
    sources: Tensor,
    source_mask: Tensor,
    sampling: torch.Generator,
) -> Rollout:
    """Draws a response to each source and scores it."""
    states = policy.encode(sources, source_mask)
    reader = policy.having_read(states, source_mask)
    tokens, drawn_log_probs, mask = policy_gradient.sample_response(
        reader,
        sources,
        source_mask,
        news.START_ID,
        news.EOS_ID,
        news.PAD_ID,
        news.MAX_SUMMARY_TOKENS,
        generator=sampling,
    )
    ref_log_probs = log_probs.policy_log_probs(
        reference.having_read(states, source_mask), sources, source_mask, tokens, news.START_ID
    )
    scores = preferences.score_responses(reward_model, states, source_mask, tokens)
    return Rollout(reader, states, sources, source_mask, tokens, mask, drawn_log_probs, ref_log_probs, scores)


def _ppo_update(
    batch: Rollout,
    shaped: Tensor,
    critic: t5.ScoredT5,
    policy_optimizer: torch.optim.Optimizer,
    value_optimizer: torch.optim.Optimizer,
    settings: Settings,
) -> None:
    """Several small steps on one roll-out; the clipping keeps them from going too far."""
    old_values = batch.values_now(critic).detach()
    gains, returns = advantages.gae(shaped, old_values, batch.mask, settings.gamma, settings.gae_lambda)
    gains = advantages.masked_whiten(gains, batch.mask)
    for _ in range(settings.epochs):
        loss = ppo.clipped_surrogate_loss(
            batch.log_probs_now(), batch.log_probs, gains, batch.mask, settings.clip_eps
        )
        warm_up.descend(policy_optimizer, loss)
        values = batch.values_now(critic)
        value_loss = ppo.clipped_value_loss(values, old_values, returns, batch.mask, settings.clip_eps)
        warm_up.descend(value_optimizer, value_loss)


def _reinforce_update(batch: Rollout, shaped: Tensor, policy_optimizer: torch.optim.Optimizer) -> None:
    """One step; the baseline is the mean reward of the batch."""
    response_rewards = shaped.sum(dim=1)
    loss = policy_gradient.reinforce_loss(
        batch.log_probs_now(), response_rewards, batch.mask, response_rewards.mean()
    )
    warm_up.descend(policy_optimizer, loss)
