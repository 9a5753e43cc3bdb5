"""A worker's limits and ends, and what it cannot reach, each seen from the grader's side."""

import encodings
import os
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
import torch

from autograder.errors import HarnessError, InputError, Killed, StudentError, TimeLimit
from autograder.grading.grader import NO_ISOLATION, Grader, Order
from autograder.isolation import attack_runner, promises
from autograder.isolation.isolated import Isolated, ZygoteConfig
from autograder.transport.session import Session
from tests.harness.mini import CODE, Mini, outcomes

ROOT = Path(__file__).parents[2]
HOG = """
import os, signal, sys, threading, time
import torch

def spin():
    for number in (signal.SIGTERM, signal.SIGALRM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    while True:
        pass

def sleep(): time.sleep(60)
def segfault():
    import ctypes
    ctypes.string_at(0)
def leave(): os._exit(3)
def leave_politely(): sys.exit(3)
def allocate(): return torch.ones(2**30).sum()
def allocate_python(): return len(bytearray(2**31))
def write(): open("large", "wb").write(bytes(2**25))
def flood():
    while True:
        print("x" * 1000)
def chat():
    print("before", end="")
    print("to stderr", file=sys.stderr)
    return 1
def fork(): return os.fork()
def outside(): open("/tmp/outside", "w")
def remember():
    with open("note", "x") as file:
        file.write("I was here")
    return os.listdir(".")
def early(): os.write(3, b"HWF1" + bytes(50)); return 1
def late():
    threading.Timer(0.2, lambda: os.write(3, b"HWF1" + bytes(50))).start()
    return 1
def honest(x): return x + 1
def loop(callback):
    while True:
        callback(torch.ones(1))
def catches(callback):
    try:
        callback(torch.ones(1))
    except Exception:
        return 7
def count_threads():
    return torch.get_num_threads()
"""


@pytest.fixture
def opened(zygote: Isolated, pupil: Path) -> Iterator[Callable[..., Session]]:
    """Opens sessions with the package above, with three seconds each."""
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


def test_every_attempt_of_the_doctor_gets_through_where_nothing_stands_before_it(tmp_path: Path) -> None:
    """Otherwise a promise would hold because its attempt is broken."""
    from autograder.isolation.probes import attempts, exhaustion

    file, other = tmp_path / "file", tmp_path / "other"
    file.write_text("x")
    other.write_text("x")
    sleeper = subprocess.Popen(["sleep", "60"])
    descriptor = os.open(file, os.O_RDONLY)
    try:
        assert len(attempts.read([str(tmp_path), str(file), "/no/such"])) == 2
        assert len(attempts.see([str(file), "/no/such"])) == 1
        assert len(attempts.signals([sleeper.pid, os.getpid()])) == 1
        assert len(attempts.memory([sleeper.pid])) >= 5
        assert f"use descriptor {descriptor}" in attempts.descriptors()
        assert len(attempts.write([str(tmp_path)], [str(file)], [str(other)])) >= 6 and not other.exists()
        assert exhaustion.take_memory(64) and exhaustion.take_shared_memory(64)
        assert exhaustion.start_threads(70)
    finally:
        os.close(descriptor)
        sleeper.send_signal(signal.SIGCONT)
        sleeper.kill()
        sleeper.wait()


def test_a_worker_that_is_not_locked_down_runs_nothing(
    zygote: Isolated, pupil: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A layer that the zygote found and a worker does not reach ends the worker before the submission is imported."""
    (pupil / "hog.py").write_text(HOG)
    connection = zygote.connect(3)
    monkeypatch.setattr(
        connection, "_receive", lambda deadline: type("F", (), {"header": {"unready": "no Landlock"}})
    )
    session = Session(lambda frame: connection.exchange(frame, session.callbacks.answer), 1)
    with pytest.raises(HarnessError, match="no Landlock"):
        session.call("hog.leave")


def test_the_zygote_and_its_workers_die_with_the_grader(tmp_path: Path) -> None:
    program = textwrap.dedent(
        """
        import sys, time
        from pathlib import Path
        from autograder.isolation.isolated import Isolated, ZygoteConfig
        isolated = Isolated(ZygoteConfig(Path(sys.argv[1]), "pupil"))
        session = isolated.open(1, 60, {})
        print(isolated.layers is not None, flush=True)
        session.call("hog.sleep")
        """
    )
    (tmp_path / "pupil").mkdir()
    (tmp_path / "pupil/__init__.py").write_text("")
    (tmp_path / "pupil/hog.py").write_text(HOG)
    tmp_path.chmod(0o755)
    grader = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE, cwd=ROOT
    )
    assert grader.stdout is not None and grader.stdout.readline() == b"True\n"
    time.sleep(0.5)
    family = psutil.Process(grader.pid).children(recursive=True)
    assert family
    grader.kill()
    grader.wait()
    grader.stdout.close()
    _, alive = psutil.wait_procs(family, timeout=20)
    assert not alive


def test_a_zygote_that_does_not_start_says_why(tmp_path: Path) -> None:
    isolated = Isolated(ZygoteConfig(tmp_path, "pupil", ("no_such_module",)))
    try:
        with pytest.raises(HarnessError, match="No module named 'no_such_module'"):
            _ = isolated.layers
    finally:
        isolated.stop()


def test_where_there_is_no_isolation_grading_is_refused(mini: Mini, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    with pytest.raises(InputError, match="--isolation none"):
        Grader(mini.loaded())
    assert "Linux" in NO_ISOLATION


def test_a_broken_promise_refuses_the_grade_and_names_it(mini: Mini, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = promises.Promise(
        "secrets", "Staff's files cannot be read.", True, lambda runner: ["read everything"]
    )
    monkeypatch.setattr(promises, "PROMISES", (broken,))
    with Grader(mini.loaded()) as grader, pytest.raises(InputError, match="read everything"):
        grader.grade(mini.root / "pupil", Order(("public",)), None)


def test_attempts_run_though_nobody_else_may_read_the_graders_files(
    mini: Mini, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Where they cannot even be imported, every promise would seem to hold."""
    private = tmp_path / "private"
    shutil.copytree(attack_runner.PROBES, private)
    for file in private.glob("*.py"):
        file.chmod(0o600)
    private.chmod(0o700)
    monkeypatch.setattr(attack_runner, "PROBES", private)
    spied = promises.Promise("secrets", "Staff's files cannot be read.", True, _reads_python_itself)
    monkeypatch.setattr(promises, "PROMISES", (spied,))
    with Grader(mini.loaded()) as grader, pytest.raises(InputError, match="encodings"):
        grader.rehearse()


def _reads_python_itself(runner: attack_runner.AttackRunner) -> list[str]:
    """What every worker may read, so that it comes back unless nothing was tried."""
    return runner.attack("read", [os.path.dirname(encodings.__file__)])


def test_an_attempt_that_cannot_run_is_our_fault_not_a_promise_kept(
    mini: Mini, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    broken = tmp_path / "broken"
    broken.mkdir()
    text = (attack_runner.PROBES / "attempts.py").read_text()
    (broken / "attempts.py").write_text("raise PermissionError('not yours')\n" + text.split('"""', 2)[2])
    monkeypatch.setattr(attack_runner, "PROBES", broken)
    with Grader(mini.loaded()) as grader, pytest.raises(HarnessError, match="cannot run"):
        grader.rehearse()


@pytest.mark.parametrize("workers", [1, 2])
def test_a_homework_is_graded_in_isolation(mini: Mini, workers: int) -> None:
    for name in [name for name in sys.modules if name.split(".")[0] == "pupil"]:
        del sys.modules[name]  # of an earlier test in this process
    mini.code(CODE.replace("def quadruple(x):\n", "def quadruple(x):\n    print('thinking')\n"))
    with Grader(mini.loaded()) as grader:
        order = Order(("public", "hidden"), workers=workers)
        record = grader.grade(mini.root / "pupil", order, mini.out)
        assert (
            set(outcomes(record).values()) == {"PASSED"} and record["score"] == 10 and record["faults"] == []
        )
        assert (
            record["isolation"]["mode"] == "isolated"
            and record["isolation"]["promises"]["secrets"] == "holds"
        )
        printed = [test["output"] for test in record["tests"] if test["task"] == "maths.quadruple"]
        assert printed == ["thinking\n"]
        mini.code(CODE.replace("2 * x", "3 * x"))  # and another submission after it, with the same zygote
        assert grader.grade(mini.root / "pupil", order, mini.out)["score"] == 1
    assert "pupil" not in sys.modules
