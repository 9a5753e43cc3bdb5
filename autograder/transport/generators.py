"""Random generators: finds them in values, and makes them from untrusted bytes."""

import struct
from typing import Any

import torch

from autograder.errors import WireError

_TWISTER = struct.Struct("<QiiQ")  # seed, numbers left before the next twist, seeded, position
_TWISTER_WORDS = 624


def generator_in(state: torch.Tensor) -> torch.Generator:
    """A generator with this state, if a real generator can have it.

    torch does not check a state completely: an index beyond the end would make it read memory outside the state.

    Raises:
        WireError: no generator can have this state.
    """
    generator = torch.Generator()
    if state.dtype is not torch.uint8 or state.shape != generator.get_state().shape:
        raise WireError("a generator whose state has another size")
    _seed, left, seeded, position = _TWISTER.unpack_from(state.contiguous().numpy().tobytes())
    fresh = (left, position) == (1, 0)
    if not seeded or not (fresh or (1 <= left <= _TWISTER_WORDS and left + position == _TWISTER_WORDS + 1)):
        raise WireError("a generator with a state that no generator can have")
    try:
        generator.set_state(state)
    except RuntimeError as error:
        raise WireError("a generator with a state that torch does not accept") from error
    return generator


def generators(value: Any) -> list[torch.Generator]:
    """Every generator in a nested value, in order."""
    if isinstance(value, torch.Generator):
        return [value]
    if isinstance(value, list | tuple):
        return [found for item in value for found in generators(item)]
    if isinstance(value, dict):
        return [found for item in value.values() for found in generators(item)]
    return []
