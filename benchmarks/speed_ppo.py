"""A PPO update, from rewards to gradients, compared with one that is written like TRL's PPOTrainer.

Both get the same batch and calculate advantages by GAE, whitened over valid tokens, the clipped surrogate, the clipped
loss of the values, and the gradients of log-probabilities and values. TRL removed its trainer after 1.12, and later
releases do not contain its functions. So this file contains the other way: filled padding, a loop over the columns, and
means by multiplication with the mask.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from benchmarks.turns import Row, compare, take_turns
from solutions.rlhf import advantages, ppo

SHAPES = ((64, 14), (64, 64), (256, 128))  # responses and tokens: the smoke run's shape, and larger ones
UPDATES = 40  # per round: one update takes about a millisecond
GAMMA, LAMBDA, CLIP_EPS, VALUE_COEF = 1.0, 0.95, 0.2, 0.1


@dataclass(frozen=True)
class Batch:
    """The input of one update; Float[B, T] except for the mask."""

    log_probs: Tensor  # of the policy that learns, a leaf
    values: Tensor  # a leaf, too
    old_log_probs: Tensor
    old_values: Tensor
    rewards: Tensor
    mask: Tensor  # Bool[B, T]

    @classmethod
    def draw(cls, size: int, length: int) -> "Batch":
        """Responses of different lengths, drawn by another policy than the one that learns; padding is as in TRL."""
        generator = torch.Generator().manual_seed(0)
        lengths = torch.randint(1, length + 1, (size, 1), generator=generator)
        mask = torch.arange(length) < lengths

        def normal() -> Tensor:
            return torch.randn(size, length, generator=generator)

        old_log_probs = (-normal().abs()).masked_fill(~mask, 1.0)
        old_values = normal().masked_fill(~mask, 0.0)
        rewards = normal().masked_fill(~mask, 0.0)
        log_probs = (old_log_probs + 0.3 * normal()).requires_grad_()
        values = (old_values + 0.3 * normal()).requires_grad_()
        return cls(log_probs, values, old_log_probs, old_values, rewards, mask)

    def gradients(self) -> tuple[Tensor, Tensor]:
        """Returns the gradients of the two leaves and clears them."""
        assert self.log_probs.grad is not None and self.values.grad is not None
        gradients = self.log_probs.grad, self.values.grad
        self.log_probs.grad = self.values.grad = None
        return gradients


def ours(batch: Batch) -> tuple[Tensor, Tensor]:
    """The update of given/training/feedback.py, both losses in one backward pass."""
    gains, returns = advantages.gae(batch.rewards, batch.old_values, batch.mask, GAMMA, LAMBDA)
    gains = advantages.masked_whiten(gains, batch.mask)
    policy_loss = ppo.clipped_surrogate_loss(
        batch.log_probs, batch.old_log_probs, gains, batch.mask, CLIP_EPS
    )
    value_loss = ppo.clipped_value_loss(batch.values, batch.old_values, returns, batch.mask, CLIP_EPS)
    (policy_loss + VALUE_COEF * value_loss).backward()
    return batch.gradients()


def theirs(batch: Batch) -> tuple[Tensor, Tensor]:
    """The same update, step by step as in PPOTrainer, without the statistics for its log."""
    padding = ~batch.mask
    with torch.no_grad():
        length = batch.rewards.shape[1]
        gain: Tensor | float = 0.0
        gains_from_the_end = []
        for t in reversed(range(length)):
            next_values = batch.old_values[:, t + 1] if t < length - 1 else 0.0
            delta = batch.rewards[:, t] + GAMMA * next_values - batch.old_values[:, t]
            gain = delta + GAMMA * LAMBDA * gain
            gains_from_the_end.append(gain)
        gains = torch.stack(gains_from_the_end[::-1], dim=1)
        returns = gains + batch.old_values
        gains = torch.masked_fill(_whiten_by_product(gains, ~padding), padding, 0)
    log_probs = torch.masked_fill(batch.log_probs, padding, 1.0)
    values = torch.masked_fill(batch.values, padding, 0)
    near = torch.clamp(values, batch.old_values - CLIP_EPS, batch.old_values + CLIP_EPS)
    errors = torch.max(torch.square(values - returns), torch.square(near - returns))
    value_loss = 0.5 * _mean_by_product(errors, ~padding)
    ratio = torch.exp(log_probs - batch.old_log_probs)
    losses = torch.max(-gains * ratio, -gains * torch.clamp(ratio, 1.0 - CLIP_EPS, 1.0 + CLIP_EPS))
    (_mean_by_product(losses, ~padding) + VALUE_COEF * value_loss).backward()
    return batch.gradients()


def measure(rounds: int) -> list[Row]:
    """One row for each shape of batch; the caller enters `turns.quiet`."""
    rows = []
    for size, length in SHAPES:
        batch = Batch.draw(size, length)
        _check_equal(batch)
        times = take_turns(
            {"ours": lambda b=batch: ours(b), "theirs": lambda b=batch: theirs(b)}, rounds * UPDATES
        )
        name = f"PPO update, {size} x {length} tokens / as in TRL"
        rows.append(compare(name, times["ours"], times["theirs"], target=1.0))
    return rows


def _check_equal(batch: Batch) -> None:
    """Both ways give the same gradients, except for TRL's unbiased variance."""
    (policy, value), (their_policy, their_value) = ours(batch), theirs(batch)
    valid = float(batch.mask.sum())
    torch.testing.assert_close(policy * ((valid - 1) / valid) ** 0.5, their_policy, rtol=1e-3, atol=1e-7)
    torch.testing.assert_close(value, their_value, rtol=1e-3, atol=1e-7)


def _mean_by_product(x: Tensor, mask: Tensor) -> Tensor:
    return (x * mask).sum() / mask.sum()


def _whiten_by_product(x: Tensor, mask: Tensor) -> Tensor:
    """Mean 0 and unbiased variance 1; the mean is calculated twice, once for each statistic."""
    mean, centred = _mean_by_product(x, mask), x - _mean_by_product(x, mask)
    count = mask.sum()
    if count < 2:
        raise ValueError("an unbiased variance needs at least two tokens")
    variance = _mean_by_product(centred**2, mask) * (count / (count - 1))
    return (x - mean) * torch.rsqrt(variance + 1e-8)
