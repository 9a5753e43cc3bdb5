"""Each outcome with a submission that causes it, and the resulting points."""

import json

import pytest

from tests.harness.mini import CODE, DOUBLE, PUBLIC, QUADRUPLE, Mini, outcomes, points, results_of

TODO_DOUBLE = CODE.replace("return 2 * x", 'raise NotImplementedError("TODO(q1): maths.double")')


def test_right_submission_has_all_points(mini: Mini) -> None:
    record = mini.grade()
    assert set(outcomes(record).values()) == {"PASSED"}
    assert (record["score"], record["max_score"], record["complete"], record["faults"]) == (10, 10, True, [])


def test_wrong_value_fails_its_own_task_and_its_tests_share_the_points(mini: Mini) -> None:
    mini.code(CODE.replace("return 2 * x", "return torch.where(x == 3, 2 * x, 3 * x)"))
    record = mini.grade()
    assert outcomes(record) == {DOUBLE: "FAILED", QUADRUPLE: "FAILED", "answers.colour": "PASSED"}
    assert points(record)[DOUBLE] == 2  # one of two tests passed, of 4 points


def test_public_failure_shows_what_try_and_both_numbers(mini: Mini) -> None:
    mini.code(CODE.replace("2 * x", "3 * x"))
    test = results_of(mini.grade(), DOUBLE)[0]
    assert "expected 6, got 9" in test["rationale"]
    assert test["hint"] == "Add it to itself."


def test_hidden_failure_shows_class_and_hint_but_neither_title_nor_numbers(mini: Mini) -> None:
    mini.code(CODE.replace("2 * x", "3 * x"))
    test = results_of(mini.grade(), DOUBLE)[1]
    shown = json.dumps({key: test[key] for key in ("title", "rationale", "hint", "where", "output")})
    assert "What is x + x?" in shown and "values" in shown
    assert "6.5" not in shown and "9.75" not in shown and "secret title" not in shown
    assert "6.5" in test["detail"] and "A secret title." in test["detail"]  # staff see all of it


def test_results_for_gradescope_contain_nothing_of_a_hidden_test(mini: Mini) -> None:
    mini.code(CODE.replace("2 * x", "3 * x"))
    mini.grade()
    text = (mini.out / "results.json").read_text()
    assert "What is x + x?" in text
    assert "6.5" not in text and "secret" not in text


def test_crash_in_a_hidden_test_shows_type_and_line_but_not_the_message(mini: Mini) -> None:
    mini.code(CODE.replace("return 2 * x", "if x[0] == 3: return 2 * x\n    raise ValueError(f'got {x}')"))
    test = results_of(mini.grade(), DOUBLE)[1]
    assert test["outcome"] == "CRASHED" and test["where"] == "maths.py:7"
    assert (
        "ValueError" in test["rationale"] and "3.25" not in test["rationale"] and "3.25" not in test["hint"]
    )
    assert "3.25" in test["detail"]


def test_todo_earns_nothing_and_blocks_dependent_tasks(mini: Mini) -> None:
    mini.code(TODO_DOUBLE)
    record = mini.grade()
    assert outcomes(record) == {DOUBLE: "TODO", QUADRUPLE: "BLOCKED", "answers.colour": "PASSED"}
    assert record["score"] == 1
    assert DOUBLE in results_of(record, QUADRUPLE)[0]["rationale"]
    assert results_of(record, DOUBLE)[0]["where"] == "maths.py:6"


def test_task_that_does_not_call_an_unfinished_task_is_not_blocked(mini: Mini) -> None:
    mini.code(TODO_DOUBLE.replace("maths.double(maths.double(x))", "4 * x"))
    assert outcomes(mini.grade()) == {DOUBLE: "TODO", QUADRUPLE: "PASSED", "answers.colour": "PASSED"}


def test_todo_is_decided_from_the_source_not_from_an_exception(mini: Mini) -> None:
    mini.code(CODE.replace("return 2 * x", "exec('raise NotImplementedError(\"TODO(q1): maths.double\")')"))
    assert outcomes(mini.grade())[DOUBLE] == "CRASHED"


def test_todo_line_after_a_return_does_not_count(mini: Mini) -> None:
    mini.code(
        CODE.replace("return 2 * x", 'return 2 * x\n    raise NotImplementedError("TODO(q1): maths.double")')
    )
    assert outcomes(mini.grade())[DOUBLE] == "PASSED"


def test_override_replaces_a_task_for_dependent_tasks(mini: Mini) -> None:
    mini.code(TODO_DOUBLE)
    record = mini.grade(overrides={DOUBLE: lambda x: x + x})
    assert outcomes(record)[QUADRUPLE] == "PASSED"


def test_overridden_task_uses_the_override(mini: Mini) -> None:
    assert outcomes(mini.grade(overrides={DOUBLE: lambda x: 5 * x}))[DOUBLE] == "FAILED"


def test_blank_answer_is_todo_and_wrong_answer_fails(mini: Mini) -> None:
    mini.answers('colour = ""')
    assert outcomes(mini.grade())["answers.colour"] == "TODO"
    mini.answers('colour = "red"')
    assert outcomes(mini.grade())["answers.colour"] == "FAILED"


def test_endless_loop_times_out_once_and_the_rest_is_graded(mini: Mini) -> None:
    mini.manifest(
        (mini.root / "assignment.toml").read_text().replace("points = 4 }", "points = 4, seconds = 0.3 }")
    )
    mini.code(
        CODE.replace(
            "return 2 * x", "\n    while True:\n        try: x = x + 0\n        except Exception: pass"
        )
    )
    record = mini.grade()
    first, second = results_of(record, DOUBLE)
    assert first["outcome"] == second["outcome"] == "TIMEOUT"
    assert "not run" in second["rationale"] and second["seconds"] < first["seconds"]
    assert outcomes(record)["answers.colour"] == "PASSED"


def test_system_exit_is_a_crash(mini: Mini) -> None:
    mini.code(CODE.replace("return 2 * x", "raise SystemExit(0)"))
    record = mini.grade()
    assert outcomes(record)[DOUBLE] == "CRASHED" and record["score"] == 1


def test_argument_changed_in_place_fails_for_every_value(mini: Mini) -> None:
    mini.code(CODE.replace("return 2 * x", "x *= 2\n    return x"))
    test = results_of(mini.grade(), DOUBLE)[0]
    assert test["outcome"] == "FAILED" and "in place" in test["rationale"]


def test_object_that_claims_to_equal_everything_is_refused(mini: Mini) -> None:
    liar = "return type('Liar', (), {'__eq__': lambda s, o: True, '__getattr__': lambda s, n: s})()"
    mini.code(CODE.replace("return 2 * x", liar))
    assert outcomes(mini.grade())[DOUBLE] == "FAILED"


def test_tensor_subclass_is_refused(mini: Mini) -> None:
    mini.code(CODE.replace("return 2 * x", "return (2 * x).as_subclass(type('Mine', (torch.Tensor,), {}))"))
    assert outcomes(mini.grade())[DOUBLE] == "FAILED"


def test_state_kept_in_a_module_does_not_reach_the_next_test(mini: Mini) -> None:
    mini.code(
        CODE.replace("return 2 * x", "seen.append(1)\n    return 2 * x if len(seen) == 1 else x")
        + "\nseen = []\n"
    )
    assert outcomes(mini.grade())[DOUBLE] == "PASSED"


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (lambda root: (root / "pupil/maths.py").unlink(), "maths.py is missing"),
        (lambda root: (root / "pupil/maths.py").write_text(CODE + "\ndef broken(:\n"), "maths.py:11"),
        (lambda root: (root / "pupil/maths.py").write_bytes(b"name = '\xff'\n" + CODE.encode()), "not UTF-8"),
        (
            lambda root: (root / "pupil/maths.py").write_text(CODE.replace("def double", "def dubble")),
            "does not define",
        ),
        (lambda root: (root / "pupil/maths.py").write_text("import no_such_thing\n" + CODE), "no_such_thing"),
    ],
    ids=["missing", "syntax", "encoding", "renamed", "import"],
)
def test_broken_file_is_named_with_its_fix_and_the_rest_graded(mini: Mini, damage, says: str) -> None:
    damage(mini.root)
    record = mini.grade()
    test = results_of(record, DOUBLE)[0]
    assert test["outcome"] == "CRASHED" and says in test["rationale"]
    assert outcomes(record)["answers.colour"] == "PASSED" and record["faults"] == []


def test_renamed_function_is_named_even_if_the_old_name_is_still_called(mini: Mini) -> None:
    code = CODE.replace("maths.double(maths.double(x))", "double(double(x))")
    mini.code(code.replace("def double", "def dubble"))
    record = mini.grade()
    assert "does not define `double`" in results_of(record, DOUBLE)[0]["rationale"]
    assert outcomes(record)[QUADRUPLE] == "BLOCKED"


def test_broken_answer_form_is_named_and_the_rest_graded(mini: Mini) -> None:
    mini.answers("colour = \n")
    record = mini.grade()
    assert outcomes(record) == {DOUBLE: "PASSED", QUADRUPLE: "PASSED", "answers.colour": "CRASHED"}
    assert "answers.toml is not valid TOML" in results_of(record, "answers.colour")[0]["rationale"]


def test_fault_of_a_test_is_ours_and_reported(mini: Mini) -> None:
    mini.public(PUBLIC.replace('"Four times three is twelve."', "undefined_name"))
    record = mini.grade()
    assert outcomes(record)[QUADRUPLE] == "HARNESS"
    assert any("NameError" in fault for fault in record["faults"])


def test_only_shrinks_the_scope_and_says_so(mini: Mini) -> None:
    record = mini.grade(only=(DOUBLE,))
    assert (record["score"], record["max_score"]) == (4, 4)
    assert record["scope"]["whole"] is False


def test_hidden_weight_of_zero_moves_the_points_to_the_public_test(mini: Mini) -> None:
    text = (mini.root / "assignment.toml").read_text()
    mini.manifest(text.replace("points = 4 }", "points = 4, weights = { hidden = 0 } }"))
    mini.code(CODE.replace("return 2 * x", "return torch.where(x == 3, 2 * x, 3 * x)"))
    assert points(mini.grade())[DOUBLE] == 4
    assert [test["outcome"] for test in results_of(mini.grade(), DOUBLE)] == ["PASSED", "FAILED"]
