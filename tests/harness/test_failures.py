"""The class of a failure comes from its replies, and a similar failure does not get this class."""

import pytest
import torch

from autograder.diagnosis.call_result import CallbackCall, CallResult
from autograder.diagnosis.failure_texts import TEXTS
from autograder.diagnosis.failures import Pairs, classify
from autograder.misconceptions.bank import FAILURES

X = torch.tensor([1.0, -2.0, 3.0, 5.0])
Y = torch.tensor([[4.0, 1.0, 2.0], [0.5, 6.0, 3.0], [7.0, 8.0, -1.0]])
LAW = torch.tensor([[0.2, 0.3, 0.5], [0.1, 0.1, 0.8]])
NAN = float("nan")


def gives(value: object, **gradients: object) -> CallResult:
    return CallResult(value=value, gradients=gradients)


def changes(value: object) -> CallResult:
    """It changes its second argument."""
    return CallResult(value=value, changed_arguments=(1,))


def raises(kind: str = "ValueError") -> CallResult:
    return CallResult(error=f"{kind}: no")


def with_nan(x: torch.Tensor, place: int = 0) -> torch.Tensor:
    return x.index_fill(0, torch.tensor([place]), NAN)


RIGHT = (gives(X), gives(X))
TWICE = (gives(2 * X), gives(X))

FOUND: dict[str, list[Pairs]] = {
    "exception": [[(raises(), gives(X))], [RIGHT, RIGHT, (raises(), gives(X))]],
    "type": [
        [(gives(None), gives(X))],
        [(gives((X,)), gives((X, X)))],
        [(gives([X, X]), gives((X, X)))],
        [(gives({"b": 1.0}), gives({"a": 1.0}))],
        [(gives(X.numpy()), gives(X))],
        [(gives(3.0), gives(torch.tensor(3.0)))],
        [(gives(True), gives(1))],
        [(gives(1), gives(True))],
        [(gives("3"), gives(3))],
        [(CallResult(refused="an object is not plain data"), gives(X))],
        [RIGHT, (gives({"a": [None]}), gives({"a": [X]}))],
    ],
    "shape": [
        [(gives(X[None]), gives(X))],
        [(gives(X.sum()), gives(X))],
        [(gives(Y[:2].t()), gives(Y[:2]))],
        [RIGHT, (gives((X, X[:0])), gives((X, X)))],
    ],
    "dtype": [[(gives(X.double()), gives(X))], [RIGHT, (gives(2 * X.bfloat16()), gives(X))]],
    "argument changed in place": [[(CallResult(value=X, changed_arguments=(0,)), gives(X))]],
    "shares memory": [[RIGHT, (CallResult(value=X, shares_memory=True), gives(X))]],
    "global state": [[RIGHT, (CallResult(value=X, left=("the gradient mode",)), gives(X))]],
    "transposed": [[(gives(Y.t()), gives(Y))], [RIGHT, (gives((X, Y.t())), gives((X, Y)))]],
    "not finite": [
        [(gives(with_nan(X)), gives(X))],
        [RIGHT, (gives(X / 0), gives(X))],
        [(gives(X, x=with_nan(X)), gives(X, x=X))],
    ],
    "gradient where none belongs": [
        [(gives(X, x=X, y=X), gives(X, x=X, y=None))],
        [(gives(X, x=None, y=X), gives(X, x=X, y=None))],
        [(gives(X, self={"w": X}), gives(X, self={"w": None}))],
        [(gives(X, x=X), gives(X, x=0 * X))],
    ],
    "no gradient": [
        [(gives(X, x=None), gives(X, x=X))],
        [(gives(X, x=0 * X), gives(X, x=X))],
        [(gives(X, self={"w": X, "b": None}), gives(X, self={"w": X, "b": X}))],
    ],
    "sign": [[(gives(-X), gives(X))], [(gives(-X), gives(X)), (gives(-3), gives(3))]],
    "constant factor": [
        [TWICE, (gives(2 * Y), gives(Y))],
        [(gives(-2 * X), gives(X))],
        [(gives((6.0, X / 2)), gives((12.0, X)))],
        [TWICE, (gives(0 * X), gives(0 * X))],
    ],
    "off by one in time": [
        [(gives(X.roll(1)), gives(X))],
        [(gives(X.roll(-1)), gives(X))],
        [(gives(torch.cat([X[:1], X[:-1]])), gives(X))],
        [RIGHT, (gives(torch.arange(12.0).view(2, 6) ** 2), gives((torch.arange(12.0).view(2, 6) + 1) ** 2))],
    ],
    "does not sum to one": [[(gives(LAW + 0.1), gives(LAW))], [(gives(LAW.t() ** 2), gives(LAW.t()))]],
    "values": [
        [(gives(X + 1), gives(X))],
        [(gives("b"), gives("a"))],
        [(gives({"a": [1, 2]}), gives({"a": [2, 3]}))],
    ],
}

# Cases that are similar to the class named first, but do not belong to it.
NEIGHBOURS: list[tuple[str, Pairs, str]] = [
    ("exception: the right one raises too", [(raises(), raises()), (gives(X + 1), gives(X))], "values"),
    ("exception: a required one is missing", [(gives(X), raises()), RIGHT], "values"),
    ("type: an integer is a number", [(gives(7), gives(6.0)), (gives(9), gives(8.0))], "values"),
    ("type: a list of wrong numbers", [(gives([1.0, 2.0]), gives([3.0, 7.0]))], "values"),
    ("shape: of another dtype only", [(gives(X.half()), gives(X))], "dtype"),
    ("dtype: values wrong, dtype right", [(gives(X.double() + 1), gives(X.double()))], "values"),
    ("in place: both change it", [(changes(X + 1), changes(X))], "values"),
    ("transposed: other axes are a shape failure", [(gives(Y[:2].t()), gives(Y[:2]))], "shape"),
    ("transposed: in one of two calls", [(gives(Y.t()), gives(Y)), (gives(X + 1), gives(X))], "values"),
    ("not finite: the right one is not finite either", [(gives(with_nan(X) + 1), gives(with_nan(X)))], "values"),
    ("gradient: it is there, with other values", [(gives(X, x=2 * X), gives(X, x=X))], "values"),
    ("no gradient: the value is wrong too", [(gives(X + 1, x=None), gives(X, x=X))], "values"),
    ("gradient where none belongs: of zeros", [(gives(X, x=0 * X, y=None), gives(X, x=None, y=X))], "no gradient"),
    ("sign: in one of two calls", [(gives(-X), gives(X)), RIGHT], "values"),
    ("sign: of one value in two", [(gives(X.abs()), gives(X))], "values"),
    ("sign: True instead of False", [(gives(X > 2), gives(X < 2))], "values"),
    ("constant factor: it depends on the call", [TWICE, (gives(3 * Y), gives(Y))], "values"),
    ("constant factor: in one of two calls", [TWICE, RIGHT], "values"),
    ("constant factor: of zero", [(gives(0 * X), gives(X))], "values"),
    ("constant factor: 1, and an exception is missing", [RIGHT, (gives(X), raises())], "values"),
    ("off by one: reversed", [(gives(X.flip(0)), gives(X))], "values"),
    ("off by one: by two", [(gives(torch.arange(8.0) ** 2), gives((torch.arange(8.0) + 2) ** 2))], "values"),
    ("off by one: in one of two", [(gives((X.roll(1), X + 1)), gives((X, X)))], "values"),
    ("off by one: all but the first same", [(gives(2.0 ** (torch.arange(5) < 1)), gives(torch.ones(5)))], "values"),
    ("sums to one: the wrong one does too", [(gives(LAW.flip(1)), gives(LAW))], "values"),
    ("sums to one: the right one does not", [(gives(LAW + 0.2), gives(LAW + 0.1))], "values"),
    ("sums to one: in one of two calls", [(gives(LAW + 0.1), gives(LAW)), (gives(Y + 1), gives(Y))], "values"),
]  # fmt: skip


def the_class(
    pairs: Pairs, *, random: bool = False, shifted: list[Pairs] | None = None, ignored: str = ""
) -> str:
    return classify(pairs, random=lambda: random, shifted=lambda: shifted or [], ignored=lambda: ignored)[0]


def test_every_failure_class_of_the_bank_has_a_case_and_a_text() -> None:
    assert {*FOUND, "ignores an argument", "distribution"} == set(FAILURES) == set(TEXTS)


@pytest.mark.parametrize(("failure", "pairs"), [(name, pairs) for name in FOUND for pairs in FOUND[name]])
def test_each_class_is_found(failure: str, pairs: Pairs) -> None:
    assert the_class(pairs) == failure


@pytest.mark.parametrize(
    ("pairs", "failure"), [row[1:] for row in NEIGHBOURS], ids=[row[0] for row in NEIGHBOURS]
)
def test_a_similar_failure_has_another_class(pairs: Pairs, failure: str) -> None:
    assert the_class(pairs) == failure


def test_the_first_class_that_fits_is_used() -> None:
    so_far: Pairs = []
    for failure in ("not finite", "argument changed in place", "dtype", "shape", "type", "exception"):
        so_far = [*so_far, *FOUND[failure][0]]
        assert the_class(so_far) == failure


def test_off_by_one_needs_right_replies_to_neighbouring_times() -> None:
    wrong = [(gives(X + 1), gives(X)), (gives(Y + 1), gives(Y))]
    agrees = [(gives(X + 1), gives(X + 1)), (gives(Y + 1), gives(Y + 1))]
    differs = [(gives(X + 1), gives(X + 1)), (gives(Y + 1), gives(Y + 2))]
    assert the_class(wrong, shifted=[differs, agrees]) == "off by one in time"
    assert the_class(wrong, shifted=[differs, []]) == "values"


def test_an_ignored_argument_is_named_if_no_simpler_class_fits() -> None:
    ask = {"random": False, "shifted": lambda: [], "ignored": lambda: "mask"}
    assert classify([(gives(X + 1), gives(X))], **ask) == ("ignores an argument", "mask")
    assert classify([(gives(-X), gives(X))], **ask) == ("sign", "")


def test_distribution_is_the_class_only_for_random_functions() -> None:
    assert the_class([(gives(X + 1), gives(X))], random=True) == "distribution"
    assert the_class([(gives(X[None]), gives(X))], random=True) == "shape"


def test_an_unrequested_backward_pass_differs_from_a_missing_one() -> None:
    forward, backward = CallbackCall(("callback", 0, ()), ()), CallbackCall(("vjp", None, ()), ())
    less, more = (CallResult(value=X, callback_calls=asked) for asked in ((forward,), (forward, backward)))
    assert the_class([(less, more)]) == "no gradient"
    assert the_class([(more, less)]) == "gradient where none belongs"


HUGE = [10**400, -(10**400), 2**63, [10**400], {"a": 10**400}, (X, 10**400)]
ODD = [
    *(None, True, 0, "", float("inf"), NAN, 1e308, [], (), {}, {"a": {"b": [NAN]}}, [[[[1]]]]),
    *(torch.float32, torch.Generator(), X.numpy(), torch.tensor(2.0), torch.tensor([]), torch.zeros(0, 3)),
    *(
        torch.tensor([1j, 2]),
        X.half(),
        X.bool(),
        X.to(torch.uint8),
        with_nan(X),
        X / 0,
        torch.zeros([1] * 20),
    ),
    *(torch.zeros(1).expand(50), torch.full((3,), 3e38), torch.full((3,), 1e-40)),
    *HUGE,
]


@pytest.mark.parametrize("number", range(len(ODD)))
def test_every_unusual_reply_has_a_class(number: int) -> None:
    for right in [*ODD, 3, 2.5, [3], (X, 3), {"a": 3}, X, Y]:
        for beside in ([], [RIGHT]):
            assert the_class([(gives(ODD[number]), gives(right)), *beside]) in FAILURES


@pytest.mark.parametrize("gradients", [None, [], 3, "x", {"x": 3}, {"x": {"w": X}}, {"x": [X]}, {"y": X[:1]}])
def test_all_unusual_gradients_have_a_class(gradients: object) -> None:
    for wanted in ({"x": X}, {"x": None}, {"x": {"w": X}}):
        pair = CallResult(value=X, gradients=gradients), CallResult(value=X, gradients=wanted)
        assert the_class([pair]) in FAILURES
