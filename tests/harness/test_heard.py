"""Two replies are equal up to rounding or they are not, and every message of a worker can be read."""

from collections.abc import Callable

import numpy as np
import pytest
import torch

from autograder.diagnosis.call_result import CallResult, read_result, same_result, same_value
from autograder.transport.exchange import Exchange
from autograder.transport.session import Session
from autograder.transport.wire import Encoder, Frame
from tests.harness.bank_texts import DOUBLE, FLIP, POWER
from tests.harness.banked import Banked
from tests.harness.test_failures import HUGE, ODD

X = torch.tensor([1.0, 2.0, 3.0])
NAN = float("nan")
SAME = [
    (X, X * (1 + 1e-6)),
    (X.double(), X.double() * (1 + 1e-10)),
    (X.half(), X.half() * 1.001),
    (torch.tensor([1e-9, 2e-9]), torch.tensor([1.00001e-9, 2e-9])),
    (torch.tensor([1e6, 0.0]), torch.tensor([1e6, 0.1])),  # its rounding error is larger than the other value
    (torch.tensor([NAN, 1.0]), torch.tensor([NAN, 1.0])),
    (torch.tensor([float("inf")]), torch.tensor([float("inf")])),
    (torch.zeros(2, 3).t(), torch.zeros(3, 2)),
    (torch.zeros(0, 3), torch.zeros(0, 3)),
    (torch.tensor([1j]), torch.tensor([1j])),
    (2.0, 2.0 + 1e-12),
    (NAN, NAN),
    (10**400, 10**400),
    ((X, [1, {"a": None}]), (X, [1, {"a": None}])),
    (np.arange(3), np.arange(3)),
    (torch.float32, torch.float32),
]
OTHER = [
    (X, X * (1 + 1e-3)),
    (X.double(), X.double() * (1 + 1e-6)),
    (torch.zeros(2), torch.tensor([1e-3, 0.0])),
    (torch.tensor([NAN, 1.0]), torch.tensor([1.0, NAN])),
    (torch.tensor([float("inf")]), torch.tensor([-float("inf")])),
    (torch.tensor([float("inf")]), torch.tensor([3e38])),
    (X, X.double()),
    (X, X[None]),
    (X[:1], X[0]),
    (torch.zeros(0, 3), torch.zeros(3, 0)),
    (torch.zeros(0), None),
    (torch.tensor([1j]), torch.tensor([-1j])),
    (torch.tensor([1, 2]), torch.tensor([1, 3])),
    (2.0, 2.0 + 1e-6),
    (2, 2.0),
    (1, True),
    (0, False),
    (None, 0),
    ("1", 1),
    (10**400, 10**400 + 1),
    (2.0, torch.tensor(2.0)),
    (X, X.numpy()),
    (np.arange(3), np.arange(1, 4)),
    ([1], (1,)),
    ([1], [1, 1]),
    ({"a": 1}, {"b": 1}),
    ({"a": 1}, {"a": 1, "b": 2}),
    ({"a": [X]}, {"a": [X + 1]}),
    (torch.float32, torch.float64),
]


@pytest.mark.parametrize("number", range(len(SAME)))
def test_equal_up_to_rounding_is_the_same(number: int) -> None:
    a, b = SAME[number]
    assert same_value(a, b) and same_value(b, a)


@pytest.mark.parametrize("number", range(len(OTHER)))
def test_more_than_rounding_is_different(number: int) -> None:
    a, b = OTHER[number]
    assert not same_value(a, b) and not same_value(b, a)


def test_zeros_do_not_pass_as_small_right_values() -> None:
    assert not same_value(torch.zeros(2), torch.tensor([1e-9, 2e-9]))


@pytest.mark.parametrize(
    "other",
    [
        CallResult(value=X + 1),
        CallResult(error="ValueError: no"),
        CallResult(refused="an object"),
        CallResult(value=X, gradients={"x": X}),
        CallResult(value=X, changed_arguments=(0,)),
        CallResult(value=X, generator_moved=True),
    ],
    ids=["value", "error", "refused", "gradients", "changed_arguments", "generator_moved"],
)
def test_replies_are_equal_only_if_every_part_is(other: CallResult) -> None:
    assert (
        same_result(other, other)
        and not same_result(other, CallResult(value=X))
        and not same_result(CallResult(value=X), other)
    )


def test_gradient_that_is_missing_is_not_one_of_zeros() -> None:
    none, zeros = (CallResult(value=X, gradients={"x": gradient}) for gradient in (None, 0 * X))
    assert not same_result(none, zeros)


def test_errors_are_compared_by_type() -> None:
    assert not same_result(CallResult(error="ValueError: no"), CallResult(error="TypeError: no"))


Answer = Callable[[str, Callable[[Session], object]], CallResult]


@pytest.fixture
def answer(banked: Banked) -> Answer:
    """The recorded reply to one call of a submission with this body."""

    def answered(body: str, call: Callable[[Session], object]) -> CallResult:
        banked.submit({DOUBLE: body, FLIP: body, POWER: body})
        session = banked.opened()
        call(session)
        return read_result(session.log[-1])

    return answered


def test_value_and_gradients_of_a_call_are_recorded(answer: Answer) -> None:
    heard = answer("return x * 3", lambda s: s.call(DOUBLE, (), {"x": X.clone()}, grad_of=("x",)))
    assert same_value(heard.value, 3 * X) and same_value(heard.gradients, {"x": 3 * torch.ones(3)})
    assert (heard.error, heard.refused, heard.changed_arguments, heard.generator_moved) == ("", "", (), False)


def test_changed_arguments_are_recorded(answer: Answer) -> None:
    def call(session: Session) -> None:
        with pytest.raises(AssertionError):
            session.call(FLIP, (X.clone(), torch.tensor(0.5)), {"generator": X.clone()})

    assert answer("p.zero_()\nreturn x", call).changed_arguments == (1,)


@pytest.mark.parametrize(
    ("body", "drew"), [("return torch.rand(2, generator=generator)", True), ("return x + 0", False)]
)
def test_use_of_the_generator_is_recorded(answer: Answer, body: str, drew: bool) -> None:
    heard = answer(body, lambda s: s.call(FLIP, (X, X / 4), {"generator": torch.Generator().manual_seed(1)}))
    assert heard.generator_moved is drew


def test_number_of_callbacks_belongs_to_the_reply(answer: Answer) -> None:
    network = torch.nn.Linear(3, 3)
    once, twice, otherwise = (
        answer(body, lambda s: s.call(POWER, (X, network)))
        for body in ("return n(x)", "n(x)\nreturn n(x)", "n(x + 1)\nreturn n(x)")
    )
    assert same_value(once.value, twice.value)
    assert not same_result(once, twice) and not same_result(twice, otherwise)


def _reply(**header: object) -> CallResult:
    encode = Encoder()
    nodes = {name: encode(()) for name in ("args", "arguments")} | {
        "kwargs": encode({}),
        "keywords": encode({}),
    }
    request = encode.frame(op="call", target=DOUBLE, seed=1, args=nodes["args"], kwargs=nodes["kwargs"])
    standard = {
        "value": 3,
        "gradients": encode({}),
        "arguments": nodes["arguments"],
        "keywords": nodes["keywords"],
    }
    return read_result(Exchange(request, Frame({**standard, **header})))


@pytest.mark.parametrize("error", [None, 3, "x", {}, {"kind": ["x"], "message": {}}, {"kind": ""}])
def test_every_form_of_an_error_is_an_error(error: object) -> None:
    assert _reply(error=error).error


@pytest.mark.parametrize("refused", [None, 0, [], "no"])
def test_a_refusal_is_not_a_value(refused: object) -> None:
    assert not same_result(_reply(refused=refused), _reply(value=3))


@pytest.mark.parametrize(
    "node",
    [
        {},
        [],
        {"tensor": {}},
        {"tensor": 3},
        {"float": "x"},
        {"float": "0x1p99999"},
        {"list": {}},
        {"dict": [[1, 2]]},
        {"dtype": "float3"},
        {"tensor": {"storage": 0, "dtype": "float32", "size": [9], "stride": [1], "offset": 0}},
        {"generator": {"storage": 0, "dtype": "uint8", "size": [9], "stride": [1], "offset": 0}},
    ],
)
@pytest.mark.parametrize("place", ["value", "gradients", "arguments", "keywords"])
def test_an_invalid_node_is_an_error(place: str, node: object) -> None:
    assert _reply(**{place: node}).error


@pytest.mark.parametrize("place", ["gradients", "arguments", "keywords"])
@pytest.mark.parametrize("node", [None, True, 3, "x", {"list": [1]}, {"handle": 10**30}, {"callback": -1}])
def test_a_node_in_another_place_can_be_compared(place: str, node: object) -> None:
    heard = _reply(**{place: node})
    assert same_result(heard, heard) in (True, False) and not same_result(heard, _reply(value=4))


def test_all_unusual_values_can_be_compared() -> None:
    for a in [*ODD, *HUGE]:
        for b in ODD:
            assert same_result(CallResult(value=a), CallResult(value=b)) in (True, False)
