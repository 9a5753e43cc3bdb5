"""The kill matrix as one HTML page that needs nothing else: what fails first, then each task and its entries."""

from typing import Any

from autograder.render.html import templates
from autograder.render.report.values import breakable


def render(data: dict[str, Any]) -> str:
    """The page of what `Report.as_dict` gives."""
    failing = {name for names in data["failures"].values() for name in names}
    return _TEMPLATES.get_template("matrix.html").render(data, failing=failing) + "\n"


def _facts(entry: dict[str, Any]) -> str:
    """How often an entry is seen, and how many tests refuse it."""
    outcomes = entry["tests"].values()
    refusals = f"{sum(outcome != 'PASSED' for outcome in outcomes)} of {len(outcomes)} tests refuse it"
    if not entry["wrong"]:
        return f"a right answer of another make; {refusals}"
    public = "" if entry["killed_by_public"] else ", none of them public"
    return f"{entry['failure']}, {entry['common']}; {refusals}{public}"


_TEMPLATES = templates(__name__, breakable=breakable, facts=_facts)
