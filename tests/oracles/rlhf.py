"""Question 4 with plain loops and enumeration. It shares no formula with the code under test."""

import itertools
import math
from collections.abc import Callable, Iterator

import torch


def ragged_mask(lengths: list[int], width: int) -> torch.Tensor:
    """Bool[B, T], True on the first `lengths[b]` tokens of row b."""
    return torch.tensor([[t < length for t in range(width)] for length in lengths])


def gae(
    rewards: torch.Tensor, values: torch.Tensor, lengths: list[int], gamma: float, lam: float
) -> tuple[torch.Tensor, torch.Tensor]:
    """Advantages as a sum over later temporal differences, row by row: A_t = sum_l (gamma lam)^l delta_{t+l}."""
    advantages, returns = torch.zeros_like(rewards), torch.zeros_like(rewards)
    for b, length in enumerate(lengths):
        r, v = rewards[b].tolist(), [*values[b, :length].tolist(), 0.0]
        deltas = [r[t] + gamma * v[t + 1] - v[t] for t in range(length)]
        for t in range(length):
            advantages[b, t] = sum((gamma * lam) ** step * deltas[t + step] for step in range(length - t))
            returns[b, t] = advantages[b, t] + v[t]
    return advantages, returns


def surrogate_loss(
    new: torch.Tensor, old: torch.Tensor, advantages: torch.Tensor, lengths: list[int], eps: float
) -> tuple[float, torch.Tensor]:
    """The clipped surrogate token by token, and its gradient: -A * ratio / N if the unclipped term is used, else 0.

    The objective is the smaller of A * ratio and A * clip(ratio). It does not depend on the ratio if the clipped
    term is the smaller one: A > 0 and ratio > 1 + eps, or A < 0 and ratio < 1 - eps.
    """
    tokens, gradient, total = sum(lengths), torch.zeros_like(new), 0.0
    for b, length in enumerate(lengths):
        for t in range(length):
            a = advantages[b, t].item()
            ratio = math.exp(new[b, t].item() - old[b, t].item())
            flat = (a > 0 and ratio > 1 + eps) or (a < 0 and ratio < 1 - eps)
            bounded = (1 + eps if a > 0 else 1 - eps) if flat else ratio
            total -= a * bounded / tokens
            gradient[b, t] = 0.0 if flat else -a * ratio / tokens
    return total, gradient


def value_loss(
    new: torch.Tensor, old: torch.Tensor, returns: torch.Tensor, lengths: list[int], eps: float
) -> tuple[float, torch.Tensor]:
    """Half the larger squared error, token by token, and its gradient (0 if the clipped error is the larger one)."""
    tokens, gradient, total = sum(lengths), torch.zeros_like(new), 0.0
    for b, length in enumerate(lengths):
        for t in range(length):
            v, o, r = new[b, t].item(), old[b, t].item(), returns[b, t].item()
            near = min(max(v, o - eps), o + eps)
            total += 0.5 * max((v - r) ** 2, (near - r) ** 2) / tokens
            gradient[b, t] = (v - r) / tokens if (v - r) ** 2 >= (near - r) ** 2 else 0.0
    return total, gradient


def cached(policy: "TinyPolicy") -> Callable[[torch.Tensor, torch.Tensor, torch.Tensor], torch.Tensor]:
    """`policy` with a cache: thousands of rows share few prefixes."""
    known: dict[str, torch.Tensor] = {}

    def call(
        input_ids: torch.Tensor, attention_mask: torch.Tensor, decoder_input_ids: torch.Tensor
    ) -> torch.Tensor:
        rows = []
        for key in zip(input_ids.tolist(), attention_mask.tolist(), decoder_input_ids.tolist(), strict=True):
            name = str(key)
            if name not in known:
                logits = [policy.logits(key[0], key[1], key[2][: t + 1]) for t in range(len(key[2]))]
                known[name] = torch.tensor(logits)
            rows.append(known[name])
        return torch.stack(rows)

    return call


class TinyPolicy:
    """A policy whose next token depends on the source, its attention mask and the complete prefix.

    logits(v | source, prefix) = sin(1.3 v + 0.7 sum of attended source ids + sum_i (i + 1) * 0.9 prefix[i]) * scale
    """

    def __init__(self, vocabulary: int, scale: float = 1.5) -> None:
        self.vocabulary = vocabulary
        self.scale = scale
        self.prefixes: list[torch.Tensor] = []

    def __call__(
        self, input_ids: torch.Tensor, attention_mask: torch.Tensor, decoder_input_ids: torch.Tensor
    ) -> torch.Tensor:
        self.prefixes.append(decoder_input_ids)
        rows = []
        for source, attended, prefix in zip(input_ids, attention_mask, decoder_input_ids, strict=True):
            row = [
                self.logits(source.tolist(), attended.tolist(), prefix[: t + 1].tolist())
                for t in range(len(prefix))
            ]
            rows.append(row)
        return torch.tensor(rows)

    def logits(self, source: list[int], attended: list[bool], prefix: list[int]) -> list[float]:
        """Logits of the token after `prefix` (which begins with the start id)."""
        phase = 0.7 * sum(s for s, a in zip(source, attended, strict=True) if a)
        phase += sum(0.9 * (i + 1) * token for i, token in enumerate(prefix))
        return [math.sin(1.3 * v + phase) * self.scale for v in range(self.vocabulary)]

    def probabilities(
        self, source: list[int], attended: list[bool], prefix: list[int], temperature: float
    ) -> list[float]:
        """The distribution of the next token at a temperature."""
        weights = [math.exp(x / temperature) for x in self.logits(source, attended, prefix)]
        return [weight / sum(weights) for weight in weights]

    def responses(
        self, source: list[int], attended: list[bool], start: int, eos: int, width: int, temperature: float
    ) -> Iterator[tuple[tuple[int, ...], float]]:
        """Every response with its probability. A response ends at the first end-of-sequence or after `width` tokens."""
        for length in range(1, width + 1):
            for tokens in itertools.product(range(self.vocabulary), repeat=length):
                if eos in tokens[:-1] or (length < width and tokens[-1] != eos):
                    continue
                chance = 1.0
                for t, token in enumerate(tokens):
                    chance *= self.probabilities(source, attended, [start, *tokens[:t]], temperature)[token]
                yield tokens, chance
