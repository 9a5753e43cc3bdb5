"""Random replies are told apart by their law, and never by the order in which random numbers are consumed."""

from collections.abc import Sequence
from typing import Any

import pytest
import torch

from autograder.diagnosis.call_result import CallbackCall, CallResult
from autograder.diagnosis.distribution import REPLICAS, WIDE, same_distribution, same_mean_and_variance
from tests.harness.random_replies import (
    COLUMNS,
    LEVEL,
    NO_INPUTS,
    ROWS,
    Law,
    T,
    X,
    agree,
    coins,
    loss,
    noised,
    seeded,
)

ANOTHER_ORDER: dict[str, tuple[Law, Law]] = {
    "column by column": (
        lambda g: torch.where(torch.rand(COLUMNS, ROWS, generator=g).t() < LEVEL, -X, X),
        coins,
    ),
    "the other side of the coin": (
        lambda g: torch.where(torch.rand(ROWS, COLUMNS, generator=g) >= 1 - LEVEL, -X, X),
        coins,
    ),
    "after other draws": (lambda g: (torch.rand(77, generator=g), noised(g))[1], noised),
    "row by row, in double precision": (
        lambda g: torch.stack(
            [
                (1 - a).sqrt() * x + a.sqrt() * torch.randn(COLUMNS, generator=g, dtype=torch.float64).float()
                for a, x in zip(LEVEL, X, strict=True)
            ]
        ),
        noised,
    ),
    "sampled from one uniform number": (
        lambda g: torch.randint(0, 6, (900,), generator=g),
        lambda g: (6 * torch.rand(900, generator=g)).long(),
    ),
}

WRONG: dict[str, tuple[Law, Law]] = {
    "another probability": (
        lambda g: torch.where(torch.rand(ROWS, COLUMNS, generator=g) < LEVEL / 2, -X, X),
        coins,
    ),
    "one coin for a whole row": (
        lambda g: torch.where(torch.rand(ROWS, 1, generator=g) < LEVEL, -X, X),
        coins,
    ),
    "one coin for a whole column": (
        lambda g: torch.where(torch.rand(1, COLUMNS, generator=g) < LEVEL, -X, X),
        coins,
    ),
    "the mean time for every row": (
        lambda g: torch.where(torch.rand(ROWS, COLUMNS, generator=g) < LEVEL.mean(), -X, X),
        coins,
    ),
    "the times in another order": (
        lambda g: torch.where(torch.rand(ROWS, COLUMNS, generator=g) < LEVEL.flip(0), -X, X),
        coins,
    ),
    "the same noise for every row": (
        lambda g: (1 - LEVEL).sqrt() * X + LEVEL.sqrt() * torch.randn(1, COLUMNS, generator=g),
        noised,
    ),
    "noise of another spread": (
        lambda g: (1 - LEVEL).sqrt() * X + LEVEL * torch.randn(ROWS, COLUMNS, generator=g),
        noised,
    ),
    "uniform noise": (
        lambda g: (1 - LEVEL).sqrt() * X + LEVEL.sqrt() * torch.rand(ROWS, COLUMNS, generator=g),
        noised,
    ),
    "x forgotten": (lambda g: LEVEL.sqrt() * torch.randn(ROWS, COLUMNS, generator=g), noised),
    "no noise": (lambda g: (1 - LEVEL).sqrt() * X, noised),
    "noise where none is due": (coins, lambda g: X),
    "NaN now and then": (
        lambda g: torch.where(torch.rand(ROWS, COLUMNS, generator=g) < 0.2, torch.nan, noised(g)),
        noised,
    ),
    "a die without a six": (
        lambda g: torch.randint(0, 5, (900,), generator=g),
        lambda g: torch.randint(0, 6, (900,), generator=g),
    ),
    "a number of another spread": (lambda g: 3 * loss(g), loss),
    "another shape": (lambda g: coins(g)[:, :-1], coins),
    "another dtype": (lambda g: coins(g).double(), coins),
    "another type": (lambda g: coins(g).tolist(), coins),
    "one value too few": (lambda g: [loss(g)], lambda g: [loss(g), loss(g)]),
}


@pytest.mark.parametrize("name", ANOTHER_ORDER)
def test_the_order_of_draws_makes_no_difference(name: str) -> None:
    mine, others = ANOTHER_ORDER[name]
    assert all(agree(mine, others, stream=stream) for stream in range(4))


@pytest.mark.parametrize("name", WRONG)
def test_another_law_is_told_apart(name: str) -> None:
    mine, others = WRONG[name]
    assert not any(agree(mine, others, stream=stream) for stream in range(4))


def test_a_small_difference_shows_in_many_calls_together() -> None:
    def close(g: torch.Generator) -> torch.Tensor:
        return torch.randn(300, generator=g) + 0.15

    def normal(g: torch.Generator) -> torch.Tensor:
        return torch.randn(300, generator=g)

    assert agree(normal, normal, calls=60, inputs=NO_INPUTS)
    assert not agree(close, normal, calls=60, inputs=NO_INPUTS)


@pytest.mark.parametrize(
    "said",
    [
        {"generator_moved": True},
        {"changed_arguments": (0,)},
        {"error": "ValueError: no"},
        {"refused": "no"},
        {"gradients": {"x": None}},
    ],
    ids=["generator_moved", "changed_arguments", "error", "refused", "gradients"],
)
def test_what_is_no_matter_of_chance_has_to_be_equal(said: dict[str, Any]) -> None:
    assert agree(coins, coins) and not agree(coins, coins, **said)


FEW: dict[str, Law] = {
    "one normal number": lambda g: torch.randn((), generator=g),
    "one number of Python's": lambda g: float(torch.rand((), generator=g)),
    "four normal numbers": lambda g: torch.randn(2, 2, generator=g),
    "three fair coins": lambda g: torch.rand(3, generator=g) < 0.5,
    "two dice": lambda g: torch.randint(0, 6, (2,), generator=g),
    "a list of two": lambda g: torch.rand(2, generator=g).tolist(),
    "nothing": lambda g: torch.rand(0, 3, generator=g),
}
RARELY: dict[str, Law] = {
    "three coins of 0.1": lambda g: torch.rand(3, generator=g) < 0.1,
    "five coins of 0.02": lambda g: (torch.rand(5, generator=g) < 0.02).float(),
    "fifty coins of 0.002": lambda g: torch.where(torch.rand(50, generator=g) < 0.002, -1.0, 1.0),
}


@pytest.mark.parametrize("name", [*FEW, *RARELY])
def test_few_draws_of_the_same_law_never_reject(name: str) -> None:
    law = (FEW | RARELY)[name]
    refused = [
        stream for stream in range(60) if not agree(law, law, calls=1, inputs=NO_INPUTS, stream=stream)
    ]
    assert refused == []


def test_few_draws_of_a_law_that_is_near_do_not_reject() -> None:
    for stream in range(20):
        assert agree(
            lambda g: torch.rand(4, generator=g) < 0.4,
            lambda g: torch.rand(4, generator=g) < 0.5,
            calls=2,
            inputs=NO_INPUTS,
            stream=stream,
        )


@pytest.mark.parametrize("odd", [float("inf"), -float("inf"), float("nan")])
def test_an_argument_that_is_not_finite_says_nothing(odd: float) -> None:
    inputs = ((X.index_fill(1, torch.tensor([0]), odd), T), {})
    assert agree(coins, coins, inputs=inputs) and not agree(*WRONG["another probability"], inputs=inputs)


def test_arguments_of_any_dtype_are_taken() -> None:
    for argument in (X.bool(), X.half(), torch.complex(X, X), X[:, :0], torch.tensor(3), X.to(torch.uint8)):
        assert agree(coins, coins, inputs=((argument,), {"x": [argument, None, "x"]}))


def test_a_stand_in_whose_draws_overflow_is_another_law_and_no_fault() -> None:
    def draw(call: int, seed: int) -> CallResult:
        size = 1.7e308 if seed % 2 else 5.0
        return CallResult(value=0.5, callback_calls=(CallbackCall(("callback", 0, ()), (size,)),))

    mine = [CallResult(value=0.5, callback_calls=(CallbackCall(("callback", 0, ()), (5.0,)),))]
    assert same_distribution(mine, draw, [NO_INPUTS], WIDE) in (True, False)
    for size in (1e200, 1e308):
        huge = torch.full((3,), size, dtype=torch.float64)
        assert agree(lambda g: huge, lambda g: huge * torch.rand(3, generator=g)) in (True, False)  # noqa: B023


@pytest.mark.parametrize("size", [1e160, 1e200, 1e308])
def test_draws_that_overflow_when_asked_again_are_no_fault(size: float) -> None:
    def draws(of: float) -> list[CallResult]:
        generators = (seeded(1, 0, seed) for seed in range(REPLICAS))
        return [CallResult(value=of * torch.rand(3, generator=g, dtype=torch.float64)) for g in generators]

    assert not same_mean_and_variance(draws(size), draws(1.0), NO_INPUTS, WIDE)
    assert not same_mean_and_variance(draws(1.0), draws(size), NO_INPUTS, WIDE)


HOSTILE: Sequence[Any] = [
    *(None, True, 10**400, "x", float("nan"), [10**400] * 3, [[]], {}, {"a": 10**400}, ["x", None, 3.0]),
    *(
        torch.zeros(0),
        torch.tensor(2.0),
        torch.full((3,), torch.nan),
        torch.full((3,), 3e38),
        X[:, :3].bool(),
    ),
    *(torch.zeros(1).expand(5, 7), X.to(torch.complex64), torch.full((4,), 1e308, dtype=torch.float64)),
]


@pytest.mark.filterwarnings("ignore:Casting complex values")
@pytest.mark.parametrize("number", range(len(HOSTILE)))
def test_no_reply_is_too_odd(number: int) -> None:
    for other in HOSTILE:
        assert agree(lambda g: HOSTILE[number], lambda g: other, calls=2) in (True, False)  # noqa: B023


@pytest.mark.parametrize("gradients", [{"x": 3}, {"x": {"w": X}}])
def test_no_gradients_are_too_odd(gradients: Any) -> None:
    assert not agree(coins, coins, gradients=gradients)
