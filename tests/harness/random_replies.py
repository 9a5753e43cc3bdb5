"""Replies that draw random numbers, and whether two ways of drawing them count as the same."""

from collections.abc import Callable
from typing import Any

import torch

from autograder.diagnosis.call_result import CallResult
from autograder.diagnosis.distribution import REPLICAS, WIDE, same_distribution, same_mean_and_variance

ROWS, COLUMNS = 48, 40
X = torch.randn(ROWS, COLUMNS, generator=torch.Generator().manual_seed(99_999_989)).sign()
T = torch.arange(ROWS) % 8 + 1
LEVEL = (T / 9)[:, None]
NO_INPUTS = ((), {})

Law = Callable[[torch.Generator], Any]


def coins(g: torch.Generator) -> torch.Tensor:
    """Each pixel keeps its sign, or loses it with its row's probability."""
    return torch.where(torch.rand(ROWS, COLUMNS, generator=g) < LEVEL, -X, X)


def noised(g: torch.Generator) -> torch.Tensor:
    return (1 - LEVEL).sqrt() * X + LEVEL.sqrt() * torch.randn(ROWS, COLUMNS, generator=g)


def loss(g: torch.Generator) -> float:
    return float(torch.randn(500, generator=g).square().mean())


def seeded(stream: int, call: int, seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(1_000_003 * stream + 1009 * call + seed)


def agree(
    mine: Law, others: Law, *, calls: int = 3, inputs: Any = ((X, T), {}), stream: int = 1, **said: Any
) -> bool:
    """Whether replies by one law are taken for draws of another."""
    heard = [CallResult(value=mine(seeded(stream, call, 0)), **said) for call in range(calls)]

    def draw(call: int, seed: int) -> CallResult:
        return CallResult(value=others(seeded(stream, call, seed)))

    def more(call: int) -> list[CallResult]:
        return [
            CallResult(value=mine(seeded(stream, call, 10_007 * seed)), **said)
            for seed in range(1, REPLICAS + 1)
        ]

    return same_distribution(heard, draw, [inputs] * calls, WIDE) and all(
        same_mean_and_variance(
            more(call), [draw(call, seed) for seed in range(1, REPLICAS + 1)], inputs, WIDE
        )
        for call in range(calls)
    )
