"""The shared comparison: what it must reject, what it must accept, and what its messages say."""

import pytest
import torch

from autograder.errors import WrongAnswer
from tests.support import compare

RIGHT = torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 1e-3]])


@pytest.mark.parametrize(
    ("got", "failure", "words"),
    [
        (None, "type", "is a `return` missing"),
        ([1.0], "type", "a list"),
        (RIGHT.t(), "shape", "[3, 2]; expected shape [2, 3]"),
        (RIGHT.double(), "dtype", "torch.float64; expected torch.float32"),
        (RIGHT / 0, "not finite", "inf at index [0, 0]"),
        (RIGHT * torch.nan, "not finite", "nan at index [0, 0]"),
        (RIGHT * 1.1, "values", "(6 of 6 values are wrong)"),
        (
            torch.where(RIGHT == 1e-3, 0.0, RIGHT),
            "values",
            "at index [1, 2]: expected 0.001, got 0 (1 of 6",
        ),
        (-RIGHT, "values", "expected 1, got -1"),
    ],
)
def test_wrong_values_are_rejected_with_the_first_problem(got: object, failure: str, words: str) -> None:
    with pytest.raises(WrongAnswer) as caught:
        compare.assert_close(got, RIGHT, hint="try")
    assert caught.value.failure == failure and words in caught.value.rationale and caught.value.hint == "try"


def test_zeros_do_not_pass_as_small_numbers() -> None:
    for small in (1e-12, 1e-30):
        with pytest.raises(WrongAnswer):
            compare.assert_close(
                torch.zeros(3, dtype=torch.float64), torch.full((3,), small, dtype=torch.float64)
            )


def test_rounding_errors_of_the_dtype_pass() -> None:
    compare.assert_close((RIGHT * 3) / 3, RIGHT)
    compare.assert_close(torch.tensor(float("inf")), torch.tensor(float("inf")))
    compare.assert_close(torch.tensor(0.1) + torch.tensor(0.2), 0.3)
    compare.assert_close(3, 3.0)


def test_double_precision_is_compared_in_double_precision() -> None:
    with pytest.raises(WrongAnswer):
        compare.assert_close(RIGHT.double() * (1 + 1e-6), RIGHT.double())


def test_bool_and_tensor_of_two_are_not_a_number() -> None:
    for got in (True, torch.ones(2), "3"):
        with pytest.raises(WrongAnswer):
            compare.assert_close(got, 1.0)


def test_missing_and_unwanted_gradients_are_rejected() -> None:
    with pytest.raises(WrongAnswer, match="is missing"):
        compare.assert_gradient(None, RIGHT)
    compare.assert_gradient(RIGHT.clone(), RIGHT)
    compare.assert_no_gradient(None)
    compare.assert_no_gradient(torch.zeros(2))
    with pytest.raises(WrongAnswer, match="constant"):
        compare.assert_no_gradient(torch.tensor([0.0, 1e-9]))
    with pytest.raises(WrongAnswer):
        compare.assert_no_gradient(torch.tensor([torch.nan]))


@pytest.mark.parametrize("probability", [0.0, 1.0, 0.02, 0.5])
def test_frequency_accepts_the_right_probability_and_rejects_others(probability: float) -> None:
    generator = torch.Generator().manual_seed(1)
    trials = 4000
    hits = (torch.rand(trials, 5, generator=generator) < probability).sum(0)
    compare.assert_frequency(hits, trials, probability)
    for wrong in {probability + 0.1, probability - 0.1} - {-0.1, 1.1, 0.02 - 0.1}:
        with pytest.raises(WrongAnswer):
            compare.assert_frequency(hits, trials, wrong)


def test_frequency_rejects_an_impossible_event() -> None:
    with pytest.raises(WrongAnswer):
        compare.assert_frequency(1, 1000, 0.0)
    with pytest.raises(WrongAnswer):
        compare.assert_frequency(999, 1000, 1.0)


def test_frequency_checks_each_element() -> None:
    with pytest.raises(WrongAnswer, match=r"index \[1\]"):
        compare.assert_frequency(torch.tensor([500, 900, 500]), 1000, 0.5)


def test_mean_accepts_the_right_mean_and_rejects_another() -> None:
    samples = torch.randn(10_000, 3, generator=torch.Generator().manual_seed(2)) * 2 + 1
    compare.assert_mean(samples, 1.0, 2.0)
    with pytest.raises(WrongAnswer):
        compare.assert_mean(samples, 1.3, 2.0)
    with pytest.raises(WrongAnswer):
        compare.assert_mean(samples * torch.nan, 1.0, 2.0)
