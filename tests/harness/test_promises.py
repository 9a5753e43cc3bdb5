"""A promise holds only by what it promises: any other end of an attack is tried once more, and then says nothing."""

from io import StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from rich.console import Console

from autograder.errors import HarnessError, InputError, Killed, StudentError, TimeLimit
from autograder.grading import doctor
from autograder.grading.grader import Grader
from autograder.isolation import promises
from autograder.isolation.attack_runner import AttackRunner, Inconclusive
from autograder.isolation.plan import Layers
from autograder.transport.wire import Encoder, Frame
from tests.harness.mini import Mini

End = BaseException | list[str]
DEAD = Killed("its process was ended by the system (signal 9, SIGKILL)")
LATE = TimeLimit(60)
TOO_MUCH_OUTPUT = Killed("it printed more than 16 MB, the limit of output")
NO_MEMORY = StudentError("MemoryError", "", limit="memory")
READ_ONLY = StudentError("OSError", "[Errno 30] Read-only file system")
FULL = StudentError("OSError", "[Errno 27] File too large", limit="file size")
BROKEN = StudentError("ImportError", "no module named mmap")
ALL = {promise.name: promise for promise in (*promises.PROMISES, *promises.LIMITS)}
OTHERWISE = {
    "secrets": (LATE, DEAD, NO_MEMORY),
    "leftovers": (LATE, DEAD),
    "time": (DEAD, NO_MEMORY),
    "memory limit": (DEAD, LATE, BROKEN),
    "file size": (READ_ONLY, LATE),
    "open files": (NO_MEMORY, LATE),
    "output": (LATE, DEAD),
}


class Worker:
    """A connection to a worker that arrives, unless `arrives` is an error, and ends its attack as it is told."""

    def __init__(self, end: End, arrives: BaseException | None) -> None:
        self.end, self.arrives = end, arrives

    def exchange(self, frame: Frame, answer: Any) -> Frame:
        end = self.arrives or [] if frame.header["target"] == "attempts.arrive" else self.end
        if isinstance(end, BaseException):
            raise end
        encode, header = Encoder(lambda value: None), frame.header
        value = {"value": encode(end), "gradients": encode({})}
        after = {"arguments": header["args"], "keywords": header["kwargs"], "left": [], "drew": False}
        return encode.frame(**value, **after)

    def close(self) -> None:
        pass


def result(name: str, *ends: End, arrives: BaseException | None = None, **layers: Any) -> promises.Result:
    """The result of a promise whose attacks end like that, one after another."""
    left = list(ends)
    isolated: Any = SimpleNamespace(
        connect=lambda *args, **how: Worker(left.pop(0), arrives),
        layers=Layers(**layers),
        restart_if_dead=lambda: None,
    )
    runner = AttackRunner(isolated, Path("/none"), [])
    found = promises.try_all(runner, (ALL[name],))[name]
    assert not left, "an attack was left out"
    return found


@pytest.mark.parametrize(("name", "end"), [(name, end) for name, ends in OTHERWISE.items() for end in ends])
def test_an_end_that_is_not_the_promised_one_leaves_it_untested(name: str, end: BaseException) -> None:
    found = result(name, end, end, private_root=True)
    assert not found.holds and str(end) in found.untested and found.describe().startswith("not tested: ")


@pytest.mark.parametrize(("name", "end"), [("memory limit", NO_MEMORY), ("output", TOO_MUCH_OUTPUT)])
def test_the_promised_end_holds_it_if_little_is_allowed(name: str, end: BaseException) -> None:
    assert result(name, end, ["a little"]).holds
    assert "also with" in result(name, end, end, end, end).untested
    assert result("time", LATE).holds and result("secrets", []).holds
    for end in (
        READ_ONLY,
        FULL,
    ):  # without a layer that restricts what is written, a filter may refuse it all
        assert result("file size", end).holds


def test_one_strange_end_is_tried_again_and_the_second_one_decides() -> None:
    assert result("secrets", DEAD, []).holds
    assert result("secrets", DEAD, ["read it"]).achieved == ("read it",)


def test_a_worker_that_does_not_start_shows_nothing_though_its_end_is_the_promised_one() -> None:
    for why in (HarnessError("no room for a process"), LATE):
        assert str(why) in result("time", LATE, LATE, arrives=why).untested


@pytest.mark.parametrize("required", [True, False])
def test_what_cannot_be_tested_is_refused_or_recorded(
    mini: Mini, monkeypatch: pytest.MonkeyPatch, required: bool
) -> None:
    def ends(runner: AttackRunner) -> list[str]:
        raise Inconclusive("it ran longer than 60 s")

    monkeypatch.setattr(promises, "PROMISES", (promises.Promise("secrets", "Closed.", required, ends),))
    with Grader(mini.loaded()) as grader:
        if not required:
            assert grader.rehearse() == {"secrets": "not tested: it ran longer than 60 s"}
            return
        with pytest.raises(InputError, match="Closed: but this could not be tested: it ran longer than 60 s"):
            grader.rehearse()


def test_the_doctor_says_what_is_not_tested_and_does_not_call_it_held() -> None:
    held = {promise.name: promises.Result() for promise in doctor.ALL}
    found = doctor.Findings(Layers(), held | {"secrets": promises.Result(untested="too slow")})
    doctor.show(found, Console(file=(text := StringIO()), width=200))
    assert not found.holds and doctor.as_dict(found)["promises"]["secrets"] == "not tested: too slow"
    assert "not tested: too slow" in text.getvalue() and "no submission is graded here" in text.getvalue()
    assert doctor.Findings(Layers(), held).holds
