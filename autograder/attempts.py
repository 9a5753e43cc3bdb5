"""Which attempt of its student a submission is, as Gradescope tells it."""

import json
from pathlib import Path

from autograder.errors import InputError


def attempt_in(metadata: Path) -> int:
    """One more than the previous submissions in a `submission_metadata.json`; failures of the grader do not count.

    Raises:
        InputError: the file cannot be read, or is no such file.
    """
    try:
        data = json.loads(metadata.read_text(encoding="utf-8"))
        previous = data["previous_submissions"]
        if not isinstance(previous, list):
            raise TypeError(previous)
        return 1 + sum(not submission.get("autograder_error", False) for submission in previous)
    except (OSError, UnicodeDecodeError, ValueError, RecursionError) as error:
        raise InputError(f"{metadata}: cannot be read: {error}") from error
    except (KeyError, TypeError, AttributeError) as error:
        raise InputError(
            f"{metadata}: has no list of `previous_submissions`; give Gradescope's submission_metadata.json"
        ) from error
