"""The files of a pretrained T5: a name on the Hugging Face hub, or a folder with the same files."""

import os
from typing import Any

from safetensors import SafetensorError
from transformers import AutoConfig, AutoTokenizer
from transformers.models.t5.configuration_t5 import T5Config


def read_config(checkpoint: str) -> T5Config:
    """Sizes and special ids.

    Raises:
        FileNotFoundError: as in `read`.
        ValueError: the checkpoint is of another architecture.
    """
    config = read(AutoConfig, checkpoint)
    if not isinstance(config, T5Config):
        raise ValueError(
            f"the checkpoint {checkpoint!r} holds a model of type {config.model_type!r}, not 't5'"
        )
    return config


def read_tokenizer(checkpoint: str) -> Any:
    """The tokenizer, one of transformers'. Raises FileNotFoundError as `read` does."""
    tokenizer = read(AutoTokenizer, checkpoint)
    if tokenizer.unk_token_id in tokenizer("summarize")["input_ids"]:
        # If the files are missing, transformers makes a tokenizer that knows no words.
        raise _not_found(checkpoint, "its tokenizer knows no words")
    return tokenizer


def read(kind: Any, checkpoint: str, **options: Any) -> Any:
    """`kind.from_pretrained`, with errors that say what to do.

    Raises:
        FileNotFoundError: nothing of this kind exists under that name, or it is damaged or not reachable.
    """
    try:
        return kind.from_pretrained(os.path.expanduser(checkpoint), **options)
    except (OSError, ValueError, SafetensorError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0].rstrip(":. ")
        raise _not_found(checkpoint, reason) from None


def _not_found(checkpoint: str, reason: str) -> FileNotFoundError:
    return FileNotFoundError(
        f"no pretrained T5 can be read from {checkpoint!r}, as a folder or as a name on the Hugging Face hub"
        f" ({reason}): run `hf download google-t5/t5-small --local-dir t5-small` on a machine with a network,"
        " copy the folder t5-small to this machine, and set T5_CHECKPOINT to its path"
    )
