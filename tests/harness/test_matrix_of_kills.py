"""The kill matrix: who is killed and who accepted, what shows it, and what the command says and returns."""

import json
import os
from textwrap import dedent

import pytest
import torch

from autograder import cli, commands
from autograder.errors import HarnessError
from autograder.misconceptions import bank, difference, matrix
from autograder.misconceptions.matrix import Trial
from autograder.outcomes import Outcome
from tests.harness.banked import HIDDEN, MANIFEST, TESTS, Banked

HEADER = "from autograder.misconceptions.bank import right, wrong\n"


@pytest.fixture
def inside(banked: Banked, monkeypatch: pytest.MonkeyPatch) -> Banked:
    """The tiny homework, its folder the working folder."""
    monkeypatch.chdir(banked.root)
    return banked


def fill(banked: Banked, *entries: str) -> None:
    """The bank holds these entries alone."""
    (banked.root / "mistakes/q1.py").write_text(HEADER + "\n".join(map(dedent, entries)))


def wrong(task: str, name: str, body: str, parameters: str = "x") -> str:
    lines = body.replace("\n", "\n    ")
    told = 'says="is wrong", hint="Why?", common="often", failure="values"'
    return f'@wrong("{task}", {told})\ndef {name}({parameters}):\n    {lines}\n'


def right(task: str, name: str, body: str, parameters: str = "x") -> str:
    return f'@right("{task}", says="is right")\ndef {name}({parameters}):\n    {body}\n'


def tried(banked: Banked) -> dict[str, Trial]:
    manifest = banked.loaded()
    entries = list(bank.load(manifest).values())
    look = difference.looking(manifest)
    return {t.entry.id: t for t in matrix.try_all(manifest, entries, seed=0, workers=1, look=look)}


def mutants(*arguments: str) -> int:
    return cli.main(["mutants", *arguments])


def last_line(capsys: pytest.CaptureFixture[str]) -> str:
    return capsys.readouterr().out.rstrip().split("\n")[-1]


def test_all_killed_and_accepted_is_exit_code_0_and_is_written(
    inside: Banked, capsys: pytest.CaptureFixture[str]
) -> None:
    assert mutants("--out", "out") == commands.DONE
    assert last_line(capsys) == "killed 8/8, accepted 1/1"
    data = json.loads((inside.root / "out/matrix.json").read_text())
    page = (inside.root / "out/matrix.html").read_text()
    assert data["holds"] and data["last_line"] == "killed 8/8, accepted 1/1" and data["seed"] == 0
    assert data["failures"] == {"SURVIVES": [], "REFUSED": [], "NOT PROVEN DIFFERENT": []}
    entries = {entry["id"]: entry for entry in data["entries"]}
    assert entries["double_adds_one"]["tests"] == {
        "checks/public/test_mini.py::test_double": "FAILED",
        "checks/public/test_mini.py::test_double_of_none": "FAILED",
        "checks/hidden/test_hidden_mini.py::test_secret_double": "FAILED",
    }
    assert entries["double_triples"]["where"].startswith("mistakes/q1.py:")
    assert all(entry["difference"] for entry in data["entries"] if entry["wrong"])
    assert "killed 8/8, accepted 1/1" in page and "double_<wbr>triples" in page


def test_survivor_is_named_and_changes_exit_code_and_last_line(
    inside: Banked, capsys: pytest.CaptureFixture[str]
) -> None:
    fill(
        inside,
        wrong("maths.double", "twice", "return x + x"),
        wrong("maths.double", "thrice", "return 3 * x"),
    )
    assert mutants("--out", "out") == commands.NOT_PASSED
    shown = capsys.readouterr().out
    assert "SURVIVES twice (mistakes/q1.py:2): is wrong" in shown and "SURVIVES thrice" not in shown
    assert shown.rstrip().endswith("killed 1/2, accepted 0/0")
    assert json.loads((inside.root / "out/matrix.json").read_text())["failures"]["SURVIVES"] == ["twice"]


def test_refused_right_answer_is_named_with_the_test_and_changes_exit_code_and_last_line(
    inside: Banked, capsys: pytest.CaptureFixture[str]
) -> None:
    fill(
        inside, right("maths.double", "by_sum", "return x + x"), right("maths.double", "odd", "return x * x")
    )
    assert mutants() == commands.NOT_PASSED
    shown = capsys.readouterr().out
    assert "REFUSED odd (mistakes/q1.py:6): is right" in shown and "REFUSED by_sum" not in shown
    assert "checks/public/test_mini.py::test_double: FAILED: the result is wrong" in shown
    assert shown.rstrip().endswith("killed 0/0, accepted 1/2")


def test_right_answer_goes_through_all_tasks_that_need_it_and_a_wrong_one_through_its_own(
    banked: Banked,
) -> None:
    banked.manifest(
        MANIFEST.replace('needs = ["maths.quadruple", "maths.double"]', 'needs = ["maths.quadruple"]')
    )
    fill(
        banked,
        right(
            "maths.double", "odd_at_12", "return torch.where(x == 12, x, 2 * x)"
        ),  # octuple alone asks for it
        wrong("maths.double", "thrice", "return 3 * x"),
    )
    trials = tried(banked)
    assert [test.partition("::")[2] for test in trials["odd_at_12"].killers] == ["test_octuple"]
    assert {result.task for result in trials["thrice"].results.values()} == {"maths.double"}


def test_entry_that_never_ends_or_ends_its_process_is_killed_and_the_others_have_their_turn(
    banked: Banked,
) -> None:
    banked.manifest(MANIFEST.replace("seconds = 5", "seconds = 0.5"))
    fill(
        banked,
        wrong("maths.double", "waits", "while True:\n    pass"),
        wrong("maths.double", "leaves", "import os\nos._exit(3)"),
        wrong("maths.double", "thrice", "return 3 * x"),
        right("maths.double", "twice", "return x + x"),
    )
    trials = tried(banked)
    assert {result.outcome for result in trials["waits"].results.values()} == {Outcome.TIMEOUT}
    assert trials["leaves"].killers and trials["thrice"].killers and not trials["twice"].killers
    for name in ("waits", "leaves"):
        found = difference.of(trials[name])
        assert found is not None and (found["what"], found["reply"]) == ("time", "none")


def test_fault_of_a_test_is_a_fault_and_no_kill(inside: Banked, capfd: pytest.CaptureFixture[str]) -> None:
    inside.public(TESTS.replace('"Two times three is six."', "undefined_name"))
    with pytest.raises(HarnessError, match="undefined_name"):
        tried(inside)
    assert mutants() == commands.OUR_FAULT
    assert "fault of the grader's own" in capfd.readouterr().err


def test_many_faults_are_not_all_told(banked: Banked) -> None:
    banked.public(TESTS.replace('"Two times three is six."', "undefined_name"))
    fill(banked, *(wrong("maths.double", f"times_{n}", f"return {n} * x") for n in range(3, 12)))
    with pytest.raises(HarnessError) as caught:
        tried(banked)
    assert str(caught.value).count("times_") == matrix.FAULTS and "more" in str(caught.value)


def test_entry_that_answers_like_the_reference_is_not_proven_different_though_a_test_refuses_it(
    inside: Banked, capsys: pytest.CaptureFixture[str]
) -> None:
    inside.hidden(HIDDEN.replace("6.5", "7.5"))
    fill(inside, wrong("maths.double", "twice", "return x + x"))
    assert mutants() == commands.NOT_PASSED
    shown = capsys.readouterr().out
    assert "NOT PROVEN DIFFERENT twice" in shown and shown.rstrip().endswith("killed 1/1, accepted 0/0")


def test_seed_reaches_the_tests(banked: Banked) -> None:
    banked.hidden(HIDDEN.replace("assert_close(hw", "assert hw.seed % 2, 'even'; assert_close(hw"))
    fill(banked, right("maths.double", "twice", "return x + x"))
    manifest = banked.loaded()
    entries = list(bank.load(manifest).values())
    ends = [bool(matrix.try_all(manifest, entries, seed=s, workers=1)[0].killers) for s in range(8)]
    assert True in ends and False in ends


def test_several_workers_find_the_same_as_one(banked: Banked) -> None:
    manifest = banked.loaded()
    entries = list(bank.load(manifest).values())
    one, three = (matrix.try_all(manifest, entries, seed=0, workers=n) for n in (1, 3))
    assert [t.entry.id for t in three] == [e.id for e in entries]
    assert [sorted(t.killers) for t in one] == [sorted(t.killers) for t in three]


def test_nothing_of_the_trials_stays_behind(banked: Banked, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = banked.root / "temporary"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    fill(banked, wrong("maths.double", "thrice", "return 3 * x"))
    tried(banked)
    assert os.listdir(folder) == []


# -- where an entry's answer parts from the right one ---------------------------------------------------------

GRADIENTS = (
    TESTS
    + """
@pytest.mark.task("maths.double")
def test_gradient(hw):
    "Its slope is two."
    reply = hw("maths.double").ask(x=torch.tensor([3.0], requires_grad=True), grad_of=("x",))
    assert_close(reply.grads["x"], torch.tensor([2.0]))

@pytest.mark.task("maths.Scale")
def test_buffers(hw):
    "A forward pass changes no parameter."
    scale = hw.module("maths.Scale", 2)
    scale(torch.tensor([[3.0, 5.0]]))
    assert_close(scale.state_dict()["weight"], torch.tensor([1.0, 2.0]))

@pytest.mark.task("maths.scaled")
def test_calls(hw):
    "The model is asked for the value itself."
    seen = []
    def model(x):
        seen.append(x)
        return 2 * x
    assert_close(hw("maths.scaled")(model, torch.tensor([3.0])), torch.tensor([7.0]))
    assert_close(seen[0], torch.tensor([3.0]))

@pytest.mark.task("maths.power")
def test_small_powers(hw):
    "However small."
    x = torch.tensor([1.0, 1e-9], dtype=torch.float64)
    assert_close(hw("maths.power")(x, 2), torch.tensor([1.0, 1e-18], dtype=torch.float64), rtol=1e-6, atol=0.0)
"""
)


@pytest.mark.parametrize(
    ("task", "body", "parameters", "test", "what", "right", "reply"),
    [
        ("double", "return 3 * x", "x", "test_double", "value", "6, 2", "9, 3"),
        ("double", "return (2 * x).double()", "x", "test_double", "value", "float32[2]", "float64[2]"),
        (
            "double",
            "return torch.from_numpy(2 * x.numpy())",
            "x",
            "test_gradient",
            "exception",
            "float32[1] 6",
            "RuntimeError",
        ),
        ("double", "return 2 * x.detach()", "x", "test_gradient", "gradients", "x: float32[1] 2", "None"),
        (
            "double",
            "return x.mul_(2) if not x.requires_grad else 2 * x",
            "x",
            "test_double",
            "arguments",
            "()",
            "(0,)",
        ),
        ("double", "return lambda: x", "x", "test_double", "type", "float32[2] 6, 2", "function"),
        (
            "Scale",
            "with torch.no_grad():\n    y = self.weight * x\n    self.weight += 1\nreturn y",
            "self, x",
            "test_buffers",
            "state",
            "weight: float32[2] 1, 2",
            "weight: float32[2] 2, 3",
        ),
        (
            "scaled",
            "return model(x) + 1 if isinstance(model, torch.nn.Module) else model(x + 0.5)",
            "model, x",
            "test_calls",
            "calls",
            "callback 0 of float32[1]",
            "3.5",
        ),
        (
            "power",
            "return torch.where(x < 1e-6, 0, x**n)",
            "x, n, verbose",
            "test_small",
            "small values",
            "1e-18",
            "[1]: 0",
        ),
        (
            "flip",
            "y = torch.where(torch.rand(x.shape, generator=generator) < p[:, None], -x, x)\n"
            "return torch.rand(9, generator=generator) < 2 and y[:, :1].expand(3, 4000)",
            "x, p, generator",
            "test_flip",
            "exception",
            "float32[3, 4000]",
            "RuntimeError: Boolean value",
        ),
    ],
)
def test_first_call_that_is_answered_otherwise_is_told(
    banked: Banked, task: str, body: str, parameters: str, test: str, what: str, right: str, reply: str
) -> None:
    banked.public(GRADIENTS)
    fill(banked, wrong(f"maths.{task}", "entry", body, parameters))
    found = difference.of(tried(banked)["entry"])
    assert found is not None and test in found["test"] and what in found["what"]
    assert right in found["right"] and reply in found["reply"]


def test_call_is_told_with_its_arguments_by_name_and_whether_luck_has_a_part(banked: Banked) -> None:
    trials = tried(banked)
    flip, double = (difference.of(trials[name]) for name in ("flip_half_as_often", "double_triples"))
    assert flip is not None and double is not None
    assert flip["call"] == "maths.flip" and flip["drawn"] and not double["drawn"]
    assert flip["arguments"] == (
        "x=float32[3, 4000] 1, 1, 1, 1, ..., p=float32[3] 0, 0.25, 1, generator=a generator"
    )


def test_generator_that_is_left_elsewhere_is_a_difference(banked: Banked) -> None:
    banked.public(
        TESTS.replace(
            "    mean = hw",
            "    generator = hw.generator()\n    state = generator.get_state()\n    mean = hw",
        )
        .replace("hw.generator()).mean(1)", "generator).mean(1)")
        .replace(
            "atol=0.2)",
            "atol=0.2)\n    spare = torch.Generator()\n    spare.set_state(state)\n"
            "    torch.rand(3, 4000, generator=spare)\n"
            "    assert torch.equal(spare.get_state(), generator.get_state())",
        )
    )
    body = "y = torch.where(torch.rand(x.shape, generator=generator) < p[:, None], -x, x)"
    fill(
        banked,
        wrong(
            "maths.flip",
            "once_more",
            f"{body}\ntorch.rand(1, generator=generator)\nreturn y",
            "x, p, generator",
        ),
        wrong(
            "maths.flip",
            "of_its_own",
            body.replace("generator=generator", "generator=torch.Generator()") + "\nreturn y",
            "x, p, generator",
        ),
    )
    trials = tried(banked)
    found = difference.of(trials["once_more"])
    assert found is not None and found["what"] == "generator"
    other = difference.of(trials["of_its_own"])
    assert other is not None and other["what"] == "value"


def test_summary_of_a_large_value_is_short() -> None:
    from autograder.misconceptions.parting import WIDTH, summary

    assert summary(torch.arange(10_000)) == "int64[10000] 0, 1, 2, 3, 4, 5, ..."
    assert summary(torch.tensor(0.5)) == "float32[] 0.5"
    assert len(summary([torch.zeros(3)] * 500)) == WIDTH
    assert summary({"a": None, "b": (1, "two")}) == "{a: None, b: tuple(1, 'two')}"
