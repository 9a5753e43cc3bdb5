"""Real data on this machine: where it lies, and what reads it."""

import os
from pathlib import Path
from typing import Any


def folder_of(setting: str, variable: str, otherwise: str) -> Path:
    """The folder that a setting names; where it is empty, an environment variable; without that, `otherwise`."""
    return Path(setting or os.environ.get(variable) or otherwise).expanduser()


def torchvision_dataset(name: str, called: str) -> Any:
    """A class of torchvision.datasets.

    Args:
        name: of the class.
        called: what the data is called, for the message.

    Raises:
        FileNotFoundError: torchvision is missing.
    """
    try:
        from torchvision import datasets
    except ImportError as error:
        raise FileNotFoundError(
            f"{called} is read by torchvision, which is missing ({error}): pip install torchvision"
        ) from None
    return getattr(datasets, name)
