"""A worker's limits and ends, and what it cannot reach, each seen from the grader's side."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch

from autograder.errors import HarnessError, Killed, StudentError, TimeLimit
from autograder.isolation.isolated import Isolated
from autograder.isolation.plan import WorkerLimits
from autograder.isolation.worker_end import reason
from autograder.transport.session import Session
from tests.harness.hog import HOG


@pytest.fixture
def opened(zygote: Isolated, pupil: Path) -> Iterator[Callable[..., Session]]:
    """Opens sessions with the package of `hog`, with three seconds each."""
    (pupil / "hog.py").write_text(HOG)
    sessions = []

    def opened_one(seconds: float = 3, memory_mb: int = 300) -> Session:
        sessions.append(zygote.open(1, seconds, {}, memory_mb=memory_mb))
        return sessions[-1]

    yield opened_one
    for session in sessions:
        session.close()


@pytest.mark.parametrize("name", ["spin", "sleep"])
def test_who_takes_too_long_is_ended_whatever_it_ignores(opened: Callable[..., Session], name: str) -> None:
    with pytest.raises(TimeLimit, match=r"longer than 0\.5 s"):
        opened(0.5).call(f"hog.{name}")


def test_threads_that_wait_for_each_other_are_charged(opened: Callable[..., Session]) -> None:
    """Kills: only run delay counts, and a submission makes itself much of it."""
    session = opened(0.9, memory_mb=2500)  # and so 10 s of processor time
    with pytest.raises(TimeLimit):
        session.call("hog.spin_in_threads")
    assert session.charged() > 8 / (os.cpu_count() or 1)


def test_the_kernels_limit_is_the_submissions_time_however_much_it_counted() -> None:
    """Kills: processor time alone decides, which is counted in two ways that differ on a busy machine."""
    end = {"signal": signal.SIGXCPU, "cpu_seconds": 7.1, "limit": False}
    assert isinstance(reason(end, WorkerLimits(cpu_seconds=10), 0.9), TimeLimit)


def test_a_worker_that_dies_by_a_signal_says_which(opened: Callable[..., Session]) -> None:
    with pytest.raises(Killed, match=r"signal 11 \(SIGSEGV\)"):
        opened().call("hog.segfault")


def test_a_worker_that_ends_itself_says_so(opened: Callable[..., Session]) -> None:
    with pytest.raises(Killed, match="ended its own process"):
        opened().call("hog.leave")


def test_a_polite_exit_is_an_exception_like_another(opened: Callable[..., Session]) -> None:
    with pytest.raises(StudentError, match="SystemExit: 3"):
        opened().call("hog.leave_politely")


@pytest.mark.parametrize(
    ("name", "limit"), [("allocate", "memory"), ("allocate_python", "memory"), ("write", "file size")]
)
def test_an_error_names_the_limit_that_it_ran_into(
    opened: Callable[..., Session], name: str, limit: str
) -> None:
    session = opened()
    with pytest.raises(StudentError) as caught:
        session.call(f"hog.{name}")
    assert caught.value.limit == limit and limit in session.limits


def test_who_prints_without_end_is_ended(opened: Callable[..., Session]) -> None:
    session = opened(20)
    with pytest.raises(Killed, match="limit of output"):
        session.call("hog.flood")
    assert session.printed().startswith("xxx") and len(session.printed()) < 100_000


def test_output_comes_home(opened: Callable[..., Session]) -> None:
    session = opened()
    session.call("hog.chat")
    assert session.printed() == "beforeto stderr\n"


@pytest.mark.parametrize("name", ["fork", "outside"])
def test_what_is_forbidden_is_an_error_of_the_system(opened: Callable[..., Session], name: str) -> None:
    with pytest.raises(StudentError, match=r"PermissionError|Read-only file system"):
        opened().call(f"hog.{name}")


def test_nothing_is_remembered_from_one_worker_to_the_next(opened: Callable[..., Session]) -> None:
    assert opened().call("hog.remember").value == ["note"]
    assert opened().call("hog.remember").value == ["note"]


def test_a_frame_before_the_reply_is_no_reply(opened: Callable[..., Session]) -> None:
    with pytest.raises(Killed, match="not an answer"):
        opened().call("hog.early")


def test_a_frame_after_the_reply_ends_the_worker(opened: Callable[..., Session]) -> None:
    session = opened()
    assert session.call("hog.late").value == 1
    time.sleep(0.6)
    with pytest.raises(Killed, match="before it was asked"):
        session.call("hog.honest", (torch.ones(1),))


def test_who_is_ended_stays_so(opened: Callable[..., Session]) -> None:
    session = opened()
    for _ in range(2):
        with pytest.raises(Killed, match="ended its own process"):
            session.call("hog.leave")


def test_calls_without_end_into_the_test_take_time_too(opened: Callable[..., Session]) -> None:
    with pytest.raises(TimeLimit):
        opened(0.5).call("hog.loop", (lambda x: x,))


def test_exception_of_a_callback_comes_up_even_if_the_code_catches_it(opened: Callable[..., Session]) -> None:
    def refuse(_: torch.Tensor) -> torch.Tensor:
        raise LookupError("mine")

    session = opened()
    with pytest.raises(LookupError, match="mine"):
        session.call("hog.catches", (refuse,))
    assert session.call("hog.honest", (torch.zeros(1),)).value.item() == 1  # and the connection still works


def test_threads_are_what_the_configuration_says(opened: Callable[..., Session]) -> None:
    assert opened().call("hog.count_threads").value == 1


def test_a_worker_that_is_not_locked_in_runs_nothing(
    zygote: Isolated, pupil: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A layer that the zygote found and a worker does not reach ends the worker before the submission is imported."""
    (pupil / "hog.py").write_text(HOG)
    connection = zygote.connect(3)
    monkeypatch.setattr(connection, "_receive", lambda: type("F", (), {"header": {"unready": "no Landlock"}}))
    session = Session(lambda frame: connection.exchange(frame, session.callbacks.answer), 1)
    with pytest.raises(HarnessError, match="no Landlock"):
        session.call("hog.leave")
