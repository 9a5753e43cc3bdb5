"""Small random changes to the reference's solution blocks, made by cosmic-ray: wrong answers that nobody wrote."""

import ast
import textwrap
from collections.abc import Iterator
from typing import Any

from autograder.assignment.manifest import Manifest
from autograder.misconceptions.bank import Entry
from autograder.misconceptions.blocks import blocks_in, blocks_of_tasks

# The operators of cosmic-ray with useful changes. Shifts of floats raise, `+x` for `-x` equals deleting the minus, `is`
# for `==` of numbers is the same or depends on chance, and unknown names prove nothing.
_ARITHMETIC = ("Add", "Sub", "Mul", "Div")
_COMPARISON = ("Eq", "NotEq", "Lt", "LtE", "Gt", "GtE")
OPERATORS = (
    *(f"ReplaceBinaryOperator_{a}_{b}" for a in _ARITHMETIC for b in _ARITHMETIC if a != b),
    "ReplaceBinaryOperator_Pow_Mul",
    "ReplaceBinaryOperator_FloorDiv_Div",
    "ReplaceBinaryOperator_Mod_FloorDiv",
    "ReplaceBinaryOperator_BitAnd_BitOr",
    "ReplaceBinaryOperator_BitOr_BitAnd",
    *(f"ReplaceComparisonOperator_{a}_{b}" for a in _COMPARISON for b in _COMPARISON if a != b),
    "ReplaceComparisonOperator_Is_IsNot",
    "ReplaceComparisonOperator_IsNot_Is",
    "ReplaceUnaryOperator_Delete_USub",
    "ReplaceUnaryOperator_Delete_Invert",
    "ReplaceUnaryOperator_Delete_Not",
    "ReplaceTrueWithFalse",
    "ReplaceFalseWithTrue",
    "ReplaceAndWithOr",
    "ReplaceOrWithAnd",
    "AddNot",
    "NumberReplacer",
    "ReplaceBreakWithContinue",
    "ReplaceContinueWithBreak",
    "ZeroIterationForLoop",
)


def mutants(manifest: Manifest) -> list[Entry]:
    """Every change of one place in one task's block, as an entry that the task's tests must refuse.

    Its `says` is the text of `of_lines` about the changed lines; its id changes with every change of the reference.
    """
    found = []
    for task, path, place in blocks_of_tasks(manifest):
        lines = blocks_in(path)[0]
        block = textwrap.dedent("\n".join(lines[place.block.begin : place.block.end - 1])) + "\n"
        for number, (body, row) in enumerate(_changes(block), start=1):
            entry = Entry(
                id=f"{task}:{number}",
                task=task,
                parameters=place.parameters,
                file=str(path),
                line=place.block.begin + 1 + row,
                says=of_lines(block.split("\n")[row], body.split("\n")[row]),
                failure="values",
                body=body,
            )
            found.append(entry)
    return found


def of_lines(was: str, becomes: str) -> str:
    """The text that identifies a change within its task: the line before and after."""
    return f"{was.strip()}  ->  {' '.join(becomes.split())}"


def _changes(block: str) -> Iterator[tuple[str, int]]:
    """Each changed text that is a different program, once, with the number of its first changed line."""
    from cosmic_ray.mutating import mutate_code
    from cosmic_ray.operators.provider import OperatorProvider

    provider: Any = OperatorProvider()
    seen = {ast.dump(ast.parse(block))}
    for name in OPERATORS:
        count = 0
        while (changed := mutate_code(block, provider[name](), count)) is not None:
            count += 1
            try:
                program = ast.dump(ast.parse(changed))
            except SyntaxError:
                continue  # for example, a star in a signature is not an operator
            if program not in seen:
                seen.add(program)
                pairs = zip(block.split("\n"), changed.split("\n"), strict=False)
                yield changed, next(row for row, (a, b) in enumerate(pairs) if a != b)
