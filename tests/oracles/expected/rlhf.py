"""Question 4 by its definitions, token by token."""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from tests.oracles import rlhf
from tests.oracles.expected.softmax import log_softmax


def shift_right(tokens: Tensor, start_id: int) -> Tensor:
    return torch.tensor([[start_id, *row[:-1]] for row in tokens.tolist()])


def response_mask(tokens: Tensor, eos_id: int) -> Tensor:
    return torch.tensor([[eos_id not in row[:t] for t in range(len(row))] for row in tokens.tolist()])


def token_log_probs(logits: Tensor, tokens: Tensor, temperature: float) -> Tensor:
    flat = zip(
        logits.double().reshape(-1, logits.shape[-1]).tolist(), tokens.reshape(-1).tolist(), strict=True
    )
    found = [log_softmax([x / temperature for x in row], token) for row, token in flat]
    return torch.tensor(found, dtype=logits.dtype).reshape(tokens.shape)


def policy_log_probs(
    policy: Callable[..., Tensor],
    input_ids: Tensor,
    attention_mask: Tensor,
    tokens: Tensor,
    start_id: int,
    temperature: float,
) -> Tensor:
    logits = policy(input_ids, attention_mask, shift_right(tokens, start_id))
    return token_log_probs(logits, tokens, temperature)


def reinforce_loss(log_probs: Tensor, rewards: Tensor, mask: Tensor, baseline: float | Tensor) -> Tensor:
    against = torch.as_tensor(baseline, dtype=torch.float64).expand(len(rewards)).tolist()
    rows = zip(log_probs.double().tolist(), mask.tolist(), rewards.double().tolist(), against, strict=True)
    terms = [
        (reward - base) * math.fsum(x for x, m in zip(row, valid, strict=True) if m)
        for row, valid, reward, base in rows
    ]
    return torch.tensor(-math.fsum(terms) / len(terms), dtype=log_probs.dtype)


def cross_entropy_loss(logits: Tensor, labels: Tensor, mask: Tensor) -> Tensor:
    found = token_log_probs(logits.double(), labels, 1.0)
    return torch.tensor(-math.fsum(found[mask].tolist()) / len(labels), dtype=logits.dtype)


def kl_estimates(log_probs: Tensor, ref_log_probs: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    ratios = (log_probs.double() - ref_log_probs.double()).reshape(-1).tolist()
    rows = [(x, x * x / 2, _exp_minus_one(-x) + x) for x in ratios]
    parts = torch.tensor(rows, dtype=torch.float64).t()
    k1, k2, k3 = (part.reshape(log_probs.shape).to(log_probs.dtype) for part in parts)
    return k1, k2, k3


def _exp_minus_one(x: float) -> float:
    try:
        return math.expm1(x)
    except OverflowError:
        return math.inf


def shaped_rewards(
    scores: Tensor, log_probs: Tensor, ref_log_probs: Tensor, mask: Tensor, kl_coef: float
) -> Tensor:
    out = torch.zeros(mask.shape, dtype=torch.float64)
    for b, valid in enumerate(mask.tolist()):
        places = [t for t, m in enumerate(valid) if m]
        for t in places:
            out[b, t] = -kl_coef * (float(log_probs[b, t]) - float(ref_log_probs[b, t]))
        out[b, places[-1]] += float(scores[b])
    return out.to(log_probs.dtype)


def adaptive_kl_coef(
    kl_coef: float, observed_kl: float, target_kl: float, num_steps: int, horizon: int
) -> float:
    error = min(0.2, max(-0.2, (observed_kl - target_kl) / target_kl))
    return kl_coef + kl_coef * error * num_steps / horizon


def last_token_score(token_scores: Tensor, mask: Tensor) -> Tensor:
    return torch.stack([row[valid][-1] for row, valid in zip(token_scores, mask, strict=True)])


def preference_loss(chosen_scores: Tensor, rejected_scores: Tensor) -> Tensor:
    margins = (chosen_scores.double() - rejected_scores.double()).tolist()
    losses = [max(-x, 0.0) + math.log1p(math.exp(-abs(x))) for x in margins]
    return torch.tensor(math.fsum(losses) / len(losses), dtype=chosen_scores.dtype)


def masked_mean(x: Tensor, mask: Tensor) -> Tensor:
    valid = x[mask].double().tolist()
    return torch.tensor(math.fsum(valid) / len(valid), dtype=x.dtype)


def masked_whiten(x: Tensor, mask: Tensor, eps: float = 1e-8) -> Tensor:
    valid = x[mask].double()
    mean = math.fsum(valid.tolist()) / len(valid)
    variance = math.fsum((valid - mean).square().tolist()) / len(valid)
    return torch.where(mask, (x.double() - mean) / math.sqrt(variance + eps), 0.0).to(x.dtype)


def gae(
    rewards: Tensor, values: Tensor, mask: Tensor, gamma: float, gae_lambda: float
) -> tuple[Tensor, Tensor]:
    lengths = mask.sum(dim=1).tolist()
    advantages = torch.zeros(mask.shape, dtype=torch.float64)
    for b, length in enumerate(lengths):
        r, v, following = rewards[b].double().tolist(), [*values[b, :length].double().tolist(), 0.0], 0.0
        for t in reversed(range(length)):
            following = r[t] + gamma * v[t + 1] - v[t] + gamma * gae_lambda * following
            advantages[b, t] = following
    returns = torch.where(mask, advantages + values.double(), 0.0)
    return advantages.to(values.dtype), returns.to(values.dtype)


def surrogate(
    log_probs: Tensor, old_log_probs: Tensor, advantages: Tensor, mask: Tensor, clip_eps: float
) -> Tensor:
    data = (log_probs.double(), old_log_probs.double(), advantages.double())
    value, _ = rlhf.surrogate_loss(*data, mask.sum(dim=1).tolist(), clip_eps)
    return torch.tensor(value, dtype=log_probs.dtype)


def value_loss(values: Tensor, old_values: Tensor, returns: Tensor, mask: Tensor, clip_eps: float) -> Tensor:
    data = (values.double(), old_values.double(), returns.double())
    value, _ = rlhf.value_loss(*data, mask.sum(dim=1).tolist(), clip_eps)
    return torch.tensor(value, dtype=values.dtype)


EXPECTED: dict[str, Callable[..., Any]] = {
    "rlhf.log_probs.shift_right": shift_right,
    "rlhf.log_probs.response_mask": response_mask,
    "rlhf.log_probs.token_log_probs": token_log_probs,
    "rlhf.log_probs.policy_log_probs": policy_log_probs,
    "rlhf.policy_gradient.reinforce_loss": reinforce_loss,
    "rlhf.policy_gradient.cross_entropy_loss": cross_entropy_loss,
    "rlhf.rewards.kl_estimates": kl_estimates,
    "rlhf.rewards.shaped_rewards": shaped_rewards,
    "rlhf.rewards.adaptive_kl_coef": adaptive_kl_coef,
    "rlhf.reward_model.last_token_score": last_token_score,
    "rlhf.reward_model.preference_loss": preference_loss,
    "rlhf.advantages.masked_mean": masked_mean,
    "rlhf.advantages.masked_whiten": masked_whiten,
    "rlhf.advantages.gae": gae,
    "rlhf.ppo.clipped_surrogate_loss": surrogate,
    "rlhf.ppo.clipped_value_loss": value_loss,
}
