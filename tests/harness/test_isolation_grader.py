"""The grader in isolation: it grades, refuses where a promise is broken, and leaves no process behind."""

import encodings
import os
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import psutil
import pytest

from autograder.assignment.settings import choose
from autograder.errors import HarnessError, InputError
from autograder.grading.grader import NO_ISOLATION, Grader
from autograder.isolation import attack_runner, promises
from autograder.isolation.isolated import Isolated, ZygoteConfig
from autograder.record.keep import Keeper
from tests.harness.hog import HOG
from tests.harness.mini import CODE, Mini, outcomes

ROOT = Path(__file__).parents[2]


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
        grader.grade(mini.root / "pupil", choose(mini.loaded(), suites=("public",)))


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
        settings = choose(mini.loaded(), workers=workers)
        record = grader.grade(mini.root / "pupil", settings, keeper=Keeper(settings, out=mini.out))
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
        assert (
            grader.grade(mini.root / "pupil", settings, keeper=Keeper(settings, out=mini.out))["score"] == 1
        )
    assert "pupil" not in sys.modules
