"""The JSON Schemas of everything that is read and written, and the check against them."""

import json
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any, cast

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from autograder.outcomes import Outcome


@cache
def validator(name: str) -> Draft202012Validator:
    """The validator of `<name>.schema.json`; "test" is the schema of one test in a record."""
    if name == "test":
        record = cast("dict[str, Any]", validator("record").schema)
        return Draft202012Validator({"$defs": record["$defs"], "$ref": "#/$defs/test"})
    schema = json.loads(files(__name__).joinpath(f"{name}.schema.json").read_text("utf-8"))
    if "outcome" in schema.get("$defs", {}):
        schema["$defs"]["outcome"] = {"enum": [str(outcome) for outcome in Outcome]}
    return Draft202012Validator(schema)


def mistakes(data: Any, name: str) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Every place where `data` does not fit its schema: the path to it, and what is wrong in words."""
    for error in validator(name).iter_errors(data):
        yield from _worded(error)


def _worded(error: ValidationError) -> Iterator[tuple[tuple[str | int, ...], str]]:
    path = tuple(error.absolute_path)
    place = ".".join(map(str, path)) or "the top level"
    if error.validator == "additionalProperties" and isinstance(error.validator_value, bool):
        known = cast("dict[str, Any]", error.schema)["properties"]
        for key in sorted(set(cast("dict[str, Any]", error.instance)) - set(known)):
            yield (*path, key), f"unknown key {key!r} in {place}; known are: {', '.join(sorted(known))}"
    else:
        yield path, f"{place}: {error.message}"
