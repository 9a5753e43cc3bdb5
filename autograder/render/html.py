"""How every HTML page is made from its templates: all text in it can be an attack, so everything is escaped."""

from collections.abc import Callable
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined


def templates(module: str, **filters: Callable[..., Any]) -> Environment:
    """The templates in the folder `templates/` beside a module, with these filters; a missing name is an error."""
    environment = Environment(
        loader=PackageLoader(module),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= filters
    return environment
