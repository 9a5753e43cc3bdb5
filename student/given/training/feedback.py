"""Stage three of question 4: the policy learns from the reward model, by PPO or by REINFORCE.

Only decoders learn here. Policy, reference, reward model and value function share the encoder that the warm-up has
trained. So each batch of sources is read only once, for any number of updates.
"""

import copy
import statistics
from dataclasses import dataclass

import torch
from torch import Tensor

from ...rlhf import advantages, log_probs, policy_gradient, ppo, rewards
from ..data.corpus import Corpus, Policy, Scored
from . import preferences, warm_up
from .loop import QUIET, Loop, Part


@dataclass(frozen=True)
class Settings:
    """How the policy learns."""

    batch_size: int  # responses in a roll-out
    learning_rate: float  # of the policy
    value_learning_rate: float
    kl_coef: float  # price of divergence from the warmed-up policy
    epochs: int  # updates from one roll-out; REINFORCE makes one update
    algorithm: str = "ppo"  # or "reinforce"
    clip_eps: float = 0.2  # of ratios and of values
    gamma: float = 1.0
    gae_lambda: float = 0.95


@dataclass(frozen=True)
class Rollout:
    """Responses to one batch of sources, and what is known when they are drawn; all of it is constant."""

    reader: log_probs.Policy  # the policy, after it has read the sources
    states: Tensor  # Float[B, S, width], of the shared encoder
    sources: Tensor  # Long[B, S]
    source_mask: Tensor  # Bool[B, S]
    start_id: int  # the first input of the decoder
    tokens: Tensor  # Long[B, T]
    mask: Tensor  # Bool[B, T]
    log_probs: Tensor  # Float[B, T], nats
    ref_log_probs: Tensor  # Float[B, T], nats, under the warmed-up policy
    scores: Tensor  # Float[B], the reward model's

    def log_probs_now(self) -> Tensor:
        """Float[B, T], nats, under the current policy; differentiable."""
        return log_probs.policy_log_probs(
            self.reader, self.sources, self.source_mask, self.tokens, self.start_id
        )

    def values_now(self, critic: Scored) -> Tensor:
        """Float[B, T], the value of the state before each token; differentiable."""
        decoder_input = log_probs.shift_right(self.tokens, self.start_id)
        return critic.answer(self.states, self.source_mask, decoder_input)


def learn_from_feedback(
    policy: Policy,
    reward_model: Scored,
    corpus: Corpus,
    steps: int,
    settings: Settings,
    generator: torch.Generator,
    sampling: torch.Generator,
    loop: Loop = QUIET,
    name: str = "policy",
) -> dict[str, list[float]]:
    """Changes the policy so that its responses score higher, with a price for leaving the warmed-up policy.

    Args:
        policy: the warmed-up policy.
        reward_model: does not change; the value function starts as a copy of it.
        corpus: the texts to summarise.
        steps: number of roll-outs.
        settings: how to learn from a roll-out.
        generator: draws the batches, on the CPU.
        sampling: draws the responses, on the policy's device.
        loop: saves, shows and logs the steps.
        name: name of the loop.

    Returns:
        For each step the mean over its responses of: "score" of the reward model; "kl" to the warmed-up policy in nats
        per response (estimator k1); "utility", which only the simulated readers know; and "rouge_l".
    """
    device = next(policy.parameters()).device
    sources, source_mask = (x.to(device) for x in corpus.sources)
    reference, critic = copy.deepcopy(policy), copy.deepcopy(reward_model)
    policy_optimizer = torch.optim.Adam(policy.answering_parameters(), lr=settings.learning_rate, fused=True)
    value_optimizer = torch.optim.Adam(
        critic.answering_parameters(), lr=settings.value_learning_rate, fused=True
    )
    batches = warm_up.draw_batches(len(sources), settings.batch_size, steps, generator)
    on_device = batches.to(device)
    curves = {
        label: torch.zeros(steps, dtype=torch.float64) for label in ("score", "kl", "utility", "rouge_l")
    }
    parts: dict[str, Part] = {
        "policy": policy,
        "critic": critic,
        "policy_optimizer": policy_optimizer,
        "value_optimizer": value_optimizer,
        "sampling": sampling,
    }
    for step in loop.steps(name, steps, parts, curves):
        rows = on_device[step]
        batch = roll_out(policy, reference, reward_model, sources[rows], source_mask[rows], corpus, sampling)
        shaped = rewards.shaped_rewards(
            batch.scores, batch.log_probs, batch.ref_log_probs, batch.mask, settings.kl_coef
        )
        if settings.algorithm == "ppo":
            _ppo_update(batch, shaped, critic, policy_optimizer, value_optimizer, settings)
        else:
            _reinforce_update(batch, shaped, policy_optimizer)
        for label, value in _figures(batch, corpus, batches[step].tolist()).items():
            curves[label][step] = value
    return {label: curve.tolist() for label, curve in curves.items()}


@torch.no_grad()
def roll_out(
    policy: Policy,
    reference: Policy,
    reward_model: Scored,
    sources: Tensor,
    source_mask: Tensor,
    corpus: Corpus,
    sampling: torch.Generator,
) -> Rollout:
    """Draws a response to each source and scores it."""
    states = policy.encode(sources, source_mask)
    reader = policy.having_read(states, source_mask)
    tokens, drawn_log_probs, mask = policy_gradient.sample_response(
        reader,
        sources,
        source_mask,
        corpus.start_id,
        corpus.eos_id,
        corpus.pad_id,
        corpus.max_summary_tokens,
        generator=sampling,
    )
    ref_log_probs = log_probs.policy_log_probs(
        reference.having_read(states, source_mask), sources, source_mask, tokens, corpus.start_id
    )
    scores = preferences.score_responses(reward_model, states, source_mask, tokens, corpus)
    return Rollout(
        reader,
        states,
        sources,
        source_mask,
        corpus.start_id,
        tokens,
        mask,
        drawn_log_probs,
        ref_log_probs,
        scores,
    )


def _figures(batch: Rollout, corpus: Corpus, items: list[int]) -> dict[str, float]:
    """The values of one roll-out for the curves; for this, the texts are copied to the CPU once."""
    kl = torch.where(batch.mask, batch.log_probs - batch.ref_log_probs, 0.0).sum(dim=1)
    summaries = list(zip(corpus.decode_batch(batch.tokens), items, strict=True))
    return {
        "score": batch.scores.mean().item(),
        "kl": kl.mean().item(),
        "utility": statistics.fmean(corpus.utility(text, item) for text, item in summaries),
        "rouge_l": statistics.fmean(corpus.rouge_l(text, item) for text, item in summaries),
    }


def _ppo_update(
    batch: Rollout,
    shaped: Tensor,
    critic: Scored,
    policy_optimizer: torch.optim.Optimizer,
    value_optimizer: torch.optim.Optimizer,
    settings: Settings,
) -> None:
    """Several small steps on one roll-out; clipping keeps the policy near the one that drew it."""
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
