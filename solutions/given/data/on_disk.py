"""Real data on this machine: where it is, and what reads it."""

import os
from pathlib import Path
from typing import Any


def folder_of(setting: str, variable: str, otherwise: str) -> Path:
    """The folder from a setting; if the setting is empty, from an environment variable; without that, `otherwise`."""
    return Path(setting or os.environ.get(variable) or otherwise).expanduser()


def torchvision_dataset(name: str, called: str) -> Any:
    """A class of torchvision.datasets.

    Args:
        name: name of the class.
        called: name of the data, for the message.

    Raises:
        FileNotFoundError: torchvision is missing.
    """
    try:
        from torchvision import datasets
    except ImportError as error:
        raise FileNotFoundError(
            f"{called} needs torchvision, which is missing ({error}): pip install torchvision"
        ) from None
    return getattr(datasets, name)
