"""The session, on both transports: gradients, callbacks, handles, generators and errors cross as they should."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch

from autograder.errors import StudentError, WrongAnswer
from autograder.transport.in_process import InProcess
from autograder.transport.session import Session, Transport
from autograder.transport.wire import Decoder
from tests.harness.called_package import PACKAGE


@pytest.fixture
def transport(either_transport: tuple[Transport, Path]) -> tuple[Transport, Path]:
    """A transport, and the folder of a package with the functions of `called_package`."""
    folder = either_transport[1]
    (folder / "__init__.py").write_text("")
    (folder / "f.py").write_text(PACKAGE)
    return either_transport


Opener = Callable[..., Session]


@pytest.fixture
def opener(transport: tuple[Transport, Path]) -> Iterator[Opener]:
    """Opens sessions; overrides are named with `__` for a dot."""
    opened: list[Session] = []

    def opened_one(**overrides: Callable[..., object]) -> Session:
        functions = {name.replace("__", "."): function for name, function in overrides.items()}
        opened.append(transport[0].open(1, 20, functions, memory_mb=1024, gpu=False))
        return opened[-1]

    yield opened_one
    for session in opened:
        session.close()


@pytest.fixture
def session(opener: Opener) -> Session:
    return opener()


def test_gradient_is_asked_for_by_name_and_constants_get_none(session: Session) -> None:
    x, y = torch.tensor([3.0, 5.0]), torch.tensor([1.0, 1.0])
    reply = session.call(
        "f.square", (), {"x": x, "y": y}, grad_of=("x", "y"), cotangent=torch.tensor([1.0, 10.0])
    )
    assert reply.value.tolist() == [10, 26] and not reply.value.requires_grad
    assert reply.grads["x"].tolist() == [6, 100] and reply.grads["y"] is None


def test_detached_value_has_no_gradient(session: Session) -> None:
    assert session.call("f.cut", (), {"x": torch.ones(2)}, grad_of=("x",)).grads["x"] is None


def test_nested_values_come_back(session: Session) -> None:
    value = session.call("f.pair", (torch.zeros(2),)).value
    assert value[0].tolist() == [1, 1] and value[1] == {"n": 3}


def test_each_of_several_arrays_is_its_own(session: Session) -> None:
    arrays = session.call("f.arrays", (torch.tensor([1.0, 2.0]),)).value
    assert [array.tolist() for array in arrays] == [[n, 2 * n] for n in range(1, 9)]


def test_gradients_flow_through_a_callback_to_its_own_parameters(session: Session) -> None:
    network = torch.nn.Linear(2, 1)
    x = torch.randn(5, 2)
    reply = session.call("f.apply", (), {"network": network, "x": x}, grad_of=("network", "x"))
    assert torch.allclose(reply.value, network(x).detach())
    assert torch.allclose(network.weight.grad, x.sum(0, keepdim=True))
    assert torch.allclose(reply.grads["x"], network.weight.detach().expand(5, 2))


def test_submission_can_differentiate_a_callback(session: Session) -> None:
    x = torch.tensor([1.0, 2.0])
    assert session.call("f.slope", (lambda z: z**3, x)).value.tolist() == [3, 12]


def test_exception_of_a_callback_belongs_to_the_test(session: Session) -> None:
    def network(_: torch.Tensor) -> torch.Tensor:
        raise LookupError("mine")

    with pytest.raises(LookupError, match="mine"):
        session.call("f.apply", (network, torch.ones(1)))


def test_generator_comes_home_in_the_state_the_call_left(session: Session) -> None:
    generator = torch.Generator().manual_seed(3)
    twin = torch.Generator().manual_seed(3)
    first = session.call("f.draw", (), {"generator": generator}).value
    second = session.call("f.draw", (), {"generator": generator}).value
    assert torch.equal(
        torch.cat([first, second]), torch.cat([torch.rand(3, generator=twin), torch.rand(3, generator=twin)])
    )


def test_each_call_is_seeded_from_the_test(session: Session, opener: Opener) -> None:
    again = opener()
    assert torch.equal(session.call("f.draw").value, again.call("f.draw").value)
    assert not torch.equal(session.call("f.draw").value, session.call("f.draw").value)


def drawn(generator: torch.Generator, *others: object, **named: object) -> torch.Tensor:
    """A function of the test's that draws, and leaves the generator further on than it was."""
    return torch.rand(3, generator=generator)


@pytest.mark.parametrize("by_name", [False, True])
def test_a_generator_goes_through_a_callback_and_on(session: Session, by_name: bool) -> None:
    twin = torch.Generator().manual_seed(8)
    expected = [torch.rand(size, generator=twin) for size in (1, 3, 2)][1:]
    generator = torch.Generator().manual_seed(8)
    named = {"f": drawn, "generator": generator}
    reply = (
        session.call("f.draw_between", (), named)
        if by_name
        else session.call("f.draw_between", (drawn, generator))
    )
    assert all(map(torch.equal, reply.value, expected))
    assert torch.equal(generator.get_state(), twin.get_state())


def test_each_of_several_generators_comes_back_to_its_own_place(session: Session) -> None:
    def second_only(nested: dict, second: torch.Generator) -> None:
        torch.rand(5, generator=second)

    first, second, twin = (torch.Generator().manual_seed(seed) for seed in (1, 2, 2))
    value = session.call("f.draw_both", (second_only, first, second)).value
    torch.rand(5, generator=twin)
    assert torch.equal(value[0], torch.rand(2, generator=torch.Generator().manual_seed(1)))
    assert torch.equal(value[1], torch.rand(2, generator=twin))


def test_one_generator_that_is_passed_twice_moves_on(session: Session) -> None:
    twin = torch.Generator().manual_seed(8)
    expected = [torch.rand(size, generator=twin) for size in (3, 2)]
    value = session.call("f.draw_twice", (drawn, torch.Generator().manual_seed(8))).value
    assert all(map(torch.equal, value, expected))


def test_a_stand_in_that_draws_moves_the_generator_of_who_calls_it(opener: Opener) -> None:
    twin = torch.Generator().manual_seed(8)
    expected = [torch.rand(3, generator=twin) for _ in range(2)]
    opened = opener(f__draw=lambda generator=None: torch.rand(3, generator=generator))
    generator = torch.Generator().manual_seed(8)
    for due in expected:
        assert torch.equal(opened.call("f.draw", (), {"generator": generator}).value, due)


def test_error_carries_type_message_and_own_frames_only(session: Session) -> None:
    with pytest.raises(StudentError) as caught:
        session.call("f.crash", (1,))
    error = caught.value
    assert (error.kind, error.message) == ("ZeroDivisionError", "no")
    assert [(frame.file, frame.function) for frame in error.frames] == [("f.py", "crash"), ("f.py", "_inner")]


def test_in_process_a_debugger_finds_the_real_exception(tmp_path: Path) -> None:
    (tmp_path / "__init__.py").write_text("")
    (tmp_path / "f.py").write_text(PACKAGE)
    session = InProcess(tmp_path, "pupil").open(seed=1, seconds=20, overrides={})
    with pytest.raises(StudentError) as caught:
        session.call("f.crash", (1,))
    assert isinstance(caught.value.__cause__, ZeroDivisionError)


def test_change_of_an_argument_is_seen(session: Session, transport: tuple[Transport, Path]) -> None:
    (transport[1] / "g.py").write_text("def zero(x):\n    x.data.zero_()\n    return x.sum()\n")
    with pytest.raises(WrongAnswer, match="`x` in place"):
        session.call("g.zero", (), {"x": torch.tensor([float("nan"), 1.0])})


def test_strides_arrive_so_that_contiguous_only_code_fails(session: Session) -> None:
    with pytest.raises(StudentError):
        session.call("f.strided", (torch.zeros(2, 3).t(),))


def test_module_handle(session: Session) -> None:
    net = session.create("f.Net", (3,), {})
    state = session.method(net, "state_dict")
    state["linear.weight"] = torch.tensor([[1.0, 2.0, 3.0]])
    state["linear.bias"] = torch.zeros(1)
    session.method(net, "load_state_dict", state)
    session.method(net, "eval")
    assert session.call("f.run", (net, torch.ones(1, 3))).value.item() == 6
    session.method(net, "train")
    reply = session.call(net, (), {"x": torch.ones(1, 3)}, grad_of=("self", "x"))
    assert reply.value.item() == 12
    assert (
        reply.grads["self"]["linear.weight"].tolist() == [[2, 2, 2]] and reply.grads["self"]["unused"] is None
    )
    through = session.call("f.run", (), {"model": net, "x": torch.ones(1, 3)}, grad_of=("model",))
    assert through.grads["model"]["linear.bias"].tolist() == [2]


def test_override_answers_inside_and_outside(opener: Opener) -> None:
    opened = opener(f__square=lambda x: x + 100)
    x = torch.ones(1)
    assert (
        opened.call("f.square", (x,)).value.item() == opened.call("f.call_square", (x,)).value.item() == 101
    )
    reply = opened.call("f.call_square", (), {"x": x}, grad_of=("x",))
    assert reply.grads["x"].item() == 1  # and gradients flow through it


def test_every_call_is_logged_with_its_reply(session: Session) -> None:
    session.call("f.square", (torch.ones(2),))
    with pytest.raises(StudentError):
        session.call("f.crash", (1,))
    assert [exchange.request.header["target"] for exchange in session.log] == ["f.square", "f.crash"]
    square, crash = (exchange.reply for exchange in session.log)
    assert Decoder(square)(square.header["value"]).tolist() == [1, 1]
    assert crash.header["error"]["kind"] == "ZeroDivisionError"
