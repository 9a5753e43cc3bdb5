"""What holds for every call: whoever breaks it is told what, on both transports, and the next call does not notice."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from autograder.errors import StudentError, WireError, WrongAnswer
from autograder.transport import global_state, module_state
from autograder.transport.invariants import check_left
from autograder.transport.session import Session, Transport

# What a call leaves changed, and code that does it.
GLOBAL = {
    "the gradient mode": "torch.set_grad_enabled(not torch.is_grad_enabled())",
    "torch's default dtype": "torch.set_default_dtype(torch.float64)",
    "torch's default device": "torch.set_default_device('meta')",
    "torch's number of threads": "torch.set_num_threads(torch.get_num_threads() + 1)",
    "torch's deterministic mode": "torch.use_deterministic_algorithms(True)",
    "torch's settings of cuDNN": "torch.backends.cudnn.benchmark = not torch.backends.cudnn.benchmark",
    "torch's precision of matrix products": "torch.set_float32_matmul_precision('medium')",
    "autocast": "torch.set_autocast_enabled('cpu', True)",
    "torch's anomaly detection": "torch.autograd.set_detect_anomaly(True)",
    "torch's random generator": "torch.manual_seed(0)",
    "NumPy's random generator": "np.random.seed(0)",
    "Python's random generator": "random.random()",
    "NumPy's error settings": "np.seterr(all='raise')",
    "the warnings filters": "warnings.simplefilter('ignore')",
    "the precision of `decimal`": "decimal.getcontext().prec = 50",
    "Python's recursion limit": "sys.setrecursionlimit(sys.getrecursionlimit() + 1)",
}
NETWORK = {
    "the mode of the network (training or evaluation)": "net.train()",
    "the `requires_grad` of the network's parameters": "net[1].weight.requires_grad_(False)",
    "the `grad` of the network's parameters": "net(torch.ones(2, 3)).sum().backward()",
    "the hooks of the network": "net[0].register_forward_hook(print)",
    "the parameters of the network": "net[0].weight.data.mul_(1.001)",
    "the buffers of the network": "net[1].running_mean += 1",
}
CODE = """
import decimal, random, sys, warnings
import numpy as np
import torch

class Net(torch.nn.Sequential):
    def __init__(self):
        super().__init__(torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4))

def leaves(net=None, generator=torch.default_generator):
    {line}
    return 1

def clean(x):
    torch.manual_seed
    return 2 * x

def draws(generator=None):
    return torch.rand(3, generator=generator)

def alias(x, case):
    return {{"itself": x, "slice": x[1:], "part": (1, {{"a": x.t()}}), "copy": x.clone(), "empty": x[:0]}}[case]

def raises():
    torch.set_grad_enabled(False)
    raise ValueError("afterwards")
"""


@pytest.fixture
def opened(either_transport: tuple[Transport, Path]) -> Callable[[str], Session]:
    """Opens a session with a package in which `leaves` runs a line of code."""
    transport, folder = either_transport

    def open_session(line: str = "pass") -> Session:
        (folder / "f.py").write_text(CODE.format(line=line))
        (folder / "adds.py").write_text(
            "import warnings\nwarnings.filterwarnings('ignore', 'a text of its own')\n"
        )
        return transport.open(1, 20, {}, memory_mb=1024, gpu=False)

    return open_session


@pytest.mark.parametrize("name", GLOBAL)
def test_a_changed_setting_is_named_and_put_back(opened: Callable[[str], Session], name: str) -> None:
    session = opened(GLOBAL[name])
    for _ in range(2):  # the second time it is only noticed if it was put back
        with pytest.raises(WrongAnswer, match=f"changes {name}, and leaves it so") as caught:
            session.call("f.leaves")
        assert caught.value.failure == "global state" and caught.value.hint
    assert session.call("f.clean", (torch.ones(2),)).value.tolist() == [2, 2]
    session.close()


@pytest.mark.parametrize("name", NETWORK)
def test_a_changed_network_is_noticed(opened: Callable[[str], Session], name: str) -> None:
    session = opened(NETWORK[name])
    net = session.create("f.Net", (), {})
    session.method(net, "eval")
    with pytest.raises(WrongAnswer) as caught:
        session.call("f.leaves", (net,))
    assert name in caught.value.rationale
    session.close()


def test_every_setting_has_a_test() -> None:
    assert set(GLOBAL) == set(global_state.NAMES) and set(NETWORK) == set(module_state.NAMES)


def test_what_is_allowed(opened: Callable[[str], Session]) -> None:
    """Kills: BatchNorm may not train, a weight that is NaN differs from itself, a library may add no filter."""
    session = opened("net is None or net(torch.ones(2, 3)); from . import adds")
    net = session.create("f.Net", (), {})
    state = session.method(net, "state_dict")
    session.method(net, "load_state_dict", {**state, "1.weight": state["1.weight"] * torch.nan})
    assert session.call("f.leaves", (net,)).value == 1
    assert session.call("f.draws").value.shape == (3,)
    assert session.call("f.draws", (None,)).value.shape == (3,)
    generator = torch.Generator().manual_seed(1)
    assert session.call("f.draws", (generator,)).value.shape == (3,)
    for case in ("copy", "empty"):
        session.call("f.alias", (torch.ones(2, 3), case))
    session.close()


@pytest.mark.parametrize("case", ["itself", "slice", "part"])
def test_a_result_in_the_memory_of_an_argument_is_refused(
    opened: Callable[[str], Session], case: str
) -> None:
    session = opened()
    with pytest.raises(WrongAnswer, match="shares memory with `x`") as caught:
        session.call("f.alias", (), {"x": torch.ones(2, 3), "case": case})
    assert caught.value.failure == "shares memory"
    session.close()


def test_settings_are_put_back_after_an_exception(opened: Callable[[str], Session]) -> None:
    session = opened("torch.is_grad_enabled() or 1 / 0")
    with pytest.raises(StudentError, match="afterwards"):
        session.call("f.raises")
    assert session.call("f.leaves").value == 1
    session.close()


@pytest.mark.parametrize("left", [None, "the gradient mode", ["the secret"], [3], [["the gradient mode"]]])
def test_a_worker_cannot_invent_what_is_left(left: object) -> None:
    with pytest.raises(WireError):
        check_left(left)
