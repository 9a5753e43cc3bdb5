"""The entries, grouped by what they have in common."""

from importlib import import_module

from tests.harness.hostile.entry import Entry

MODULES = (
    *(
        "reads",
        "leaks",
        "exits",
        "frames",
        "errors",
        "calls",
        "patches",
        "shadows",
        "liars",
        "gadgets",
        "hogs",
    ),
    *("greed", "leftovers", "talks", "archives", "remembers", "logs", "accidents"),
)
ENTRIES: tuple[Entry, ...] = tuple(
    entry for name in MODULES for entry in import_module(f"{__name__}.{name}").ENTRIES
)
