"""Real news with their summaries, XSum and CNN/DailyMail, in the tokens of a T5.

The readers are also simulated here: they judge by ROUGE-L against the reference, with noise.

This module imports transformers' tokenizers, and `datasets` when it reads texts. This takes some seconds in total.

References:
    Narayan et al. 2018, arXiv:1808.08745 (XSum); See et al. 2017, arXiv:1704.04368 (CNN/DailyMail).
"""

import math
import random
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ..networks import checkpoint as files
from . import news

PREFIX = "summarize: "  # T5 has learnt to summarise a text that starts with this
MAX_SOURCE_TOKENS = 512  # the longest text that T5 was trained on
_UTILITY_OF_ROUGE = 10.0  # 0.1 of ROUGE-L has the value of one fact in the generated news


@dataclass(frozen=True)
class Collection:
    """Texts with summaries, and where to find them.

    Attributes:
        hub: name on the Hugging Face hub.
        configuration: configuration of the texts, if the hub has several.
        revision: branch, if it is not the main one.
        columns: names of the columns with text and summary.
        max_summary_tokens: maximum length of references and of responses.
    """

    hub: str
    configuration: str | None
    revision: str | None
    columns: tuple[str, str]
    max_summary_tokens: int

    @property
    def download(self) -> str:
        """The command that fetches the files into a folder "texts"."""
        options = f"--revision {self.revision}" if self.revision else f"--include '{self.configuration}/*'"
        return f"hf download {self.hub} --repo-type dataset {options} --local-dir texts"


COLLECTIONS = {
    # The main branch of XSum is a script, which `datasets` no longer runs; the hub also has the texts as Parquet.
    "xsum": Collection("EdinburghNLP/xsum", None, "refs/convert/parquet", ("document", "summary"), 64),
    "cnn_dailymail": Collection("abisee/cnn_dailymail", "3.0.0", None, ("article", "highlights"), 128),
}


@dataclass(frozen=True)
class Summaries:
    """N texts as a `Corpus`. `start_id` and `vocabulary_size` are of the model, the other ids of the tokenizer."""

    tokenizer: Any
    start_id: int
    vocabulary_size: int
    max_summary_tokens: int
    sources: tuple[Tensor, Tensor]
    references: tuple[Tensor, Tensor]
    texts: list[str]  # the references

    @property
    def pad_id(self) -> int:
        """The id of padding, after the end."""
        return int(self.tokenizer.pad_token_id)

    @property
    def eos_id(self) -> int:
        """The id that ends a sequence."""
        return int(self.tokenizer.eos_token_id)

    def decode_batch(self, tokens: Tensor) -> list[str]:
        """Rows of Long[B, T] as texts, each up to its first end. Special tokens that a policy drew stay visible."""
        rows = [row[: row.index(self.eos_id)] if self.eos_id in row else row for row in tokens.tolist()]
        texts: list[str] = self.tokenizer.batch_decode(rows)
        return texts

    def utility(self, summary: str, item: int) -> float:
        """Ten times ROUGE-L."""
        return _UTILITY_OF_ROUGE * self.rouge_l(summary, item)

    def prefers_first(self, first: str, second: str, item: int, reader: random.Random) -> bool:
        """Drawn from the model of Bradley and Terry: P(first) = sigmoid(2 * (utility(first) - utility(second)))."""
        gap = self.utility(first, item) - self.utility(second, item)
        return reader.random() < (1 + math.tanh(gap)) / 2

    def rouge_l(self, summary: str, item: int) -> float:
        """ROUGE-L, F-measure, of lower-case letters and digits; all other characters separate words."""
        return news.rouge_l(_words(summary), _words(self.texts[item]))


def _words(text: str) -> str:
    return " ".join(re.findall("[a-z0-9]+", text.lower()))


def load(name: str, split: str, checkpoint: str, count: int, seed: int = 0, folder: str = "") -> Summaries:
    """Reads texts and their summaries, and turns them into tokens.

    Args:
        name: "xsum" or "cnn_dailymail".
        split: "train", "validation" or "test".
        checkpoint: the model whose tokenizer is used, a name on the hub or a folder.
        count: number of texts to draw, without replacement; all if there are fewer. Blank texts are skipped.
        seed: seed of the draw.
        folder: where the texts are, as Parquet or Arrow files; if empty, the hub or the cache of `datasets`.

    Raises:
        FileNotFoundError: the texts or the tokenizer are missing or not reachable.
        ValueError: unknown name, or the files contain something else.
    """
    if name not in COLLECTIONS:
        raise ValueError(f"name must be one of {', '.join(COLLECTIONS)}, got {name!r}")
    collection = COLLECTIONS[name]
    config, tokenizer = files.read_config(checkpoint), files.read_tokenizer(checkpoint)
    texts, summaries = _read(collection, split, count, seed, folder)
    start_id = getattr(config, "decoder_start_token_id", None)
    return Summaries(
        tokenizer,
        start_id=tokenizer.pad_token_id if start_id is None else start_id,  # T5 starts with padding
        vocabulary_size=config.vocab_size,
        max_summary_tokens=collection.max_summary_tokens,
        sources=_encode(tokenizer, [PREFIX + text for text in texts], MAX_SOURCE_TOKENS),
        references=_encode(tokenizer, summaries, collection.max_summary_tokens),
        texts=summaries,
    )


def _encode(tokenizer: Any, texts: list[str], longest: int) -> tuple[Tensor, Tensor]:
    """Ids Long[N, T] and mask Bool[N, T]; a text that is too long is cut, and its end token is kept."""
    batch = tokenizer(texts, padding=True, truncation=True, max_length=longest, return_tensors="pt")
    return batch["input_ids"], batch["attention_mask"].bool()


def _read(
    collection: Collection, split: str, count: int, seed: int, folder: str
) -> tuple[list[str], list[str]]:
    """Texts and summaries, at most `count` of each."""
    rows = _open(collection, split, folder)
    missing = set(collection.columns) - set(rows.column_names)
    if missing:
        raise ValueError(
            f"{folder or collection.hub} has columns {', '.join(rows.column_names)}; {' and '.join(sorted(missing))}"
            f" is missing: these are not the texts of {collection.hub}"
        )
    texts, summaries = [], []
    for number in torch.randperm(len(rows), generator=torch.Generator().manual_seed(seed)).tolist():
        text, summary = (rows[number][column] or "" for column in collection.columns)
        if text.strip() and summary.strip():
            texts.append(text)
            summaries.append(summary)
        if len(texts) == count:
            break
    return texts, summaries


def _open(collection: Collection, split: str, folder: str) -> Any:
    """A split as `datasets` reads it, row by row from the disk."""
    import datasets

    try:
        if not folder:
            return datasets.load_dataset(
                collection.hub, collection.configuration, split=split, revision=collection.revision
            )
        path = Path(folder).expanduser().absolute()  # so that it is not read as a name on the hub
        part = path / (collection.configuration or "")  # a copy of the hub has one folder for each
        return datasets.load_dataset(str(part if part.is_dir() else path), split=split)
    except (OSError, ValueError, RuntimeError, datasets.exceptions.DatasetsError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0].rstrip(":. ")
        place = f"the folder {folder}" if folder else f"{collection.hub} on the Hugging Face hub"
        raise FileNotFoundError(
            f"the split {split!r} cannot be read from {place} ({reason}): run `{collection.download}` on a machine with"
            f" a network, copy the folder texts to this machine, and set `folder` to its path"
        ) from None
