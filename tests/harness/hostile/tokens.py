"""Secrets that reveal a leak: each is unique, and shows where it was kept."""

import re
import secrets
from dataclasses import dataclass, field

# The secrets that the staff's detail of a hidden test can contain.
OF_TESTS = ("docstring", "message", "constant", "input", "number")


@dataclass
class Tokens:
    """Makes secrets and finds them again."""

    places: dict[str, str] = field(default_factory=dict)

    def new(self, place: str) -> str:
        """A secret for `place`; a "number" has twelve digits."""
        if place == "number":
            token = str(secrets.randbelow(9 * 10**11) + 10**11)
        else:
            token = f"sesame-{place}-{secrets.token_hex(6)}"
        self.places[token] = place
        return token

    def filled(self, text: str) -> str:
        """The text with a new secret for each <<place>>. The same <<place:name>> gets the same secret again."""
        named: dict[str, str] = {}

        def replace(found: re.Match[str]) -> str:
            key = found[0]
            if ":" not in key:
                return self.new(found[1])
            if key not in named:
                named[key] = self.new(found[1])
            return named[key]

        return re.sub(r"<<([a-z]+)(?::[a-z]+)?>>", replace, text)

    def found(self, text: str, but: tuple[str, ...] = ()) -> list[str]:
        """The places whose secrets are in a text, except the allowed ones."""
        text = text.casefold()
        places = {place for token, place in self.places.items() if token.casefold() in text}
        return sorted(places - set(but))
