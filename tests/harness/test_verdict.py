"""Whose fault an exception is, and which parts of it a student can read."""

import json

import pytest

from autograder.assignment.settings import choose
from autograder.testing.homework import Homework, derive_seed
from autograder.testing.run import Run
from autograder.transport.session import Session
from tests.harness.mini import CODE, DOUBLE, MANIFEST, PUBLIC, Mini, outcomes, results_of, unread


def _shown(test: dict) -> str:
    return json.dumps({key: test[key] for key in ("title", "rationale", "hint", "where", "output")})


@pytest.mark.parametrize(
    "value", ["None", "'text'", "[]", "{}", "torch.zeros(2, 3)[None]", "float", "10 ** 400"]
)
def test_an_unusual_value_is_a_fault_of_the_submission(mini: Mini, value: str) -> None:
    mini.public(
        PUBLIC.replace('"Two times three is six."', "1.0 + hw('maths.double')(3)[0][0] @ torch.ones(2)")
    )
    mini.code(CODE.replace("return 2 * x", f"return {value}"))
    record = mini.grade()
    assert outcomes(record)[DOUBLE] == "FAILED" and record["faults"] == []


def test_a_bug_of_the_test_before_any_value_is_ours(mini: Mini) -> None:
    mini.public(PUBLIC.replace('"Two times three is six."', "int('no number')"))
    record = mini.grade()
    assert outcomes(record)[DOUBLE] == "HARNESS" and record["faults"]


def test_a_missing_file_of_ours_is_ours_even_after_a_value(mini: Mini) -> None:
    mini.public(PUBLIC.replace('"Two times three is six."', "hw('maths.double')(1); open('/no/such/oracle')"))
    assert outcomes(mini.grade())[DOUBLE] == "HARNESS"


CALLBACK = """
import pytest, torch

@pytest.mark.task("maths.double")
def test_apply(hw):
    "Applies the function that it is given."
    hw("maths.double")(lambda x: x @ torch.ones(3))

@pytest.mark.task("maths.quadruple")
def test_quadruple(hw): pass

@pytest.mark.task("answers.colour")
def test_colour(hw): pass
"""


def test_a_wrong_call_of_a_function_of_the_test_is_a_crash_of_the_submission(mini: Mini) -> None:
    mini.public(CALLBACK)
    mini.hidden("")
    mini.code(CODE.replace("return 2 * x", "return x(torch.ones(2, 2))"))
    record = mini.grade()
    test = results_of(record, DOUBLE)[0]
    assert (
        test["outcome"] == "CRASHED"
        and "called a function that the test passed in" in test["rationale"]
        and record["faults"] == []
    )


LEAKS = {
    "type": "raise type('Secret' + str(x.item()), (Exception,), {})()",
    "message": "raise ValueError('Secret' + str(x.item()))",
    "file": "exec(compile('raise ValueError', 'Secret' + str(x.item()) + '.py', 'exec'))",
    "function": "exec('def Secret%d(): raise ValueError\\nSecret%d()' % (x.item() * 100, x.item() * 100))",
    "line": "exec(compile('\\n' * 324 + 'raise ValueError', __file__, 'exec'))",
    "output": "print('Secret', x.item()); raise ValueError",
    "value": "return 'Secret' + str(x.item())",
    "class": "return type('Secret' + str(x.item()), (), {})()",
    "exit": "raise SystemExit('Secret' + str(x.item()))",
}


@pytest.mark.parametrize("how", LEAKS)
def test_the_input_of_a_hidden_test_reaches_no_field_that_a_student_reads(mini: Mini, how: str) -> None:
    mini.code(CODE.replace("return 2 * x", LEAKS[how]))
    record = mini.grade()
    (test,) = [test for test in results_of(record, DOUBLE) if test["suite"] == "hidden"]
    assert test["outcome"] in ("FAILED", "CRASHED")
    for text in (_shown(test), (mini.out / "results.json").read_text()):
        assert "3.25" not in text and "Secret325" not in text and ":325" not in text


def test_the_line_of_the_student_is_shown(mini: Mini) -> None:
    mini.code(CODE.replace("return 2 * x", "if x.item() == 3.25: raise ValueError\n    return 2 * x"))
    (test,) = [test for test in results_of(mini.grade(), DOUBLE) if test["suite"] == "hidden"]
    assert test["where"] == "maths.py:6"
    assert test["hint"] == "Look at maths.py:6, in double: if x.item() == 3.25: raise ValueError"


def test_the_seed_of_a_submission_does_not_reveal_the_measurement_data(mini: Mini) -> None:
    hw = Homework(Session(lambda frame: frame, 0), unread(mini.loaded()), choose(mini.loaded()), 5)
    streams = [hw.fresh_seed() for _ in range(3)]
    told = {derive_seed(hw.seed, name) for name in ("training", *(f"stream {n}" for n in range(9)))}
    assert len({hw.seed, *streams}) == 4 and not told & set(streams)


def test_seeds_depend_on_run_salt_and_test(mini: Mini) -> None:
    def seed_of(salt: str, seed: int, test: str) -> int:
        mini.manifest(MANIFEST.replace("[staff]\n", f'[staff]\nsalt = "{salt}"\n'))
        manifest = mini.loaded()
        return Run(settings=choose(manifest, seed=seed), submission=unread(manifest)).seed_of(test)

    seeds = {seed_of("a", 0, "t"), seed_of("b", 0, "t"), seed_of("a", 1, "t"), seed_of("a", 0, "u")}
    assert len(seeds) == 4 and seed_of("a", 0, "t") in seeds
