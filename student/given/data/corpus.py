"""The interface of texts and networks for the training of question 4: the same loops run on generated and real ones.

    texts                           networks
    `news.NewsCorpus`, generated    `t5.TinyT5Policy`
    `summaries.load`, XSum or CNN   `pretrained_t5.load`, T5-small

Real texts and a real model come from two functions:

    summaries.load(name, split, checkpoint, count, seed=0, folder="") -> Corpus
        name "xsum" or "cnn_dailymail"; split "train", "validation" or "test"; `count` items drawn with `seed`, without
        replacement (all if there are fewer); tokens of the checkpoint's tokenizer; from the hub, or from a folder
    pretrained_t5.load(checkpoint, half_precision=False) -> Policy
        a name or a folder; on the CPU; with `half_precision` it computes in bfloat16 if its device is cuda
"""

import random
from collections.abc import Callable, Iterator
from typing import Any, Protocol

from torch import Tensor, nn


class Corpus(Protocol):
    """N texts, each with a reference summary, and readers who judge summaries. An item is a number from 0 to N - 1."""

    @property
    def pad_id(self) -> int:
        """The id of padding, after the end."""

    @property
    def eos_id(self) -> int:
        """The id that ends a sequence."""

    @property
    def start_id(self) -> int:
        """The id that every decoder input starts with."""

    @property
    def vocabulary_size(self) -> int:
        """V, how many different tokens a policy can draw."""

    @property
    def max_summary_tokens(self) -> int:
        """The largest number of tokens in a drawn response, including its end."""

    @property
    def sources(self) -> tuple[Tensor, Tensor]:
        """Long[N, S] and Bool[N, S], the texts (with "summarize: " if needed) and their mask, on the CPU."""

    @property
    def references(self) -> tuple[Tensor, Tensor]:
        """Long[N, R] and Bool[N, R], the reference summaries and their mask, including the end, for any R."""

    def decode_batch(self, tokens: Tensor) -> list[str]:
        """Rows of Long[B, T] as texts, each up to its first end; the rows can contain any token."""

    def utility(self, summary: str, item: int) -> float:
        """The value of a summary for the readers. The reward model never sees it."""

    def prefers_first(self, first: str, second: str, item: int, reader: random.Random) -> bool:
        """Whether a reader, asked once, prefers the first of two summaries; the noise comes from `reader`."""

    def rouge_l(self, summary: str, item: int) -> float:
        """ROUGE-L of a summary, F-measure, 0..1, against the best available reference."""


class Network(Protocol):
    """A module with an encoder for sources and a decoder for answers. It has no dropout in any mode."""

    def parameters(self) -> Iterator[nn.Parameter]:
        """All parameters."""

    def named_parameters(self) -> Iterator[tuple[str, nn.Parameter]]:
        """All parameters with their names, a shared one once. They are the whole state: there are no buffers."""

    def answering_parameters(self) -> list[nn.Parameter]:
        """Parameters that `encode` does not use: the encoder's states stay valid if these parameters change."""

    def state_dict(self) -> Any:
        """Tensors by name."""

    def load_state_dict(self, state: Any, /) -> Any:
        """Loads the tensors of `state_dict`."""

    def encode(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """Long[B, S] and Bool[B, S] to the encoder's states Float[B, S, width], of any floating type."""

    def answer(self, states: Tensor, attention_mask: Tensor, decoder_input_ids: Tensor) -> Tensor:
        """The states, their mask and Long[B, T] to logits Float[B, T, V] or scores Float[B, T], in single precision."""


class Scored(Network, Protocol):
    """One number for each token that the decoder has read: scores of a reward model, or values of states."""

    head: nn.Linear  # the last layer, width -> 1, which `normalise` shifts and scales


class Policy(Network, Protocol):
    """A distribution over the next token; it is a `log_probs.Policy` that can also answer from states."""

    def __call__(self, input_ids: Tensor, attention_mask: Tensor, decoder_input_ids: Tensor) -> Tensor:
        """Long[B, S], Bool[B, S] and Long[B, T] to logits Float[B, T, V]: `answer` after `encode`."""

    def having_read(
        self, states: Tensor, attention_mask: Tensor
    ) -> Callable[[Tensor, Tensor, Tensor], Tensor]:
        """This policy for a batch of sources that are already encoded; it only uses the input of the decoder."""

    def scored(self) -> Scored:
        """A scored network on the same device: copies of all these weights, and a head of zeros."""
