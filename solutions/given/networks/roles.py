"""The two roles of an encoder-decoder network in question 4: it writes, or it gives scores."""

from abc import ABC, abstractmethod
from collections.abc import Callable

from torch import Tensor, nn


class EncoderDecoder(nn.Module, ABC):
    """Reads a source once, and then any number of responses to it."""

    @abstractmethod
    def encode(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """Long[B, S] and Bool[B, S] to the encoder's states Float[B, S, width]."""

    @abstractmethod
    def decode(self, states: Tensor, attention_mask: Tensor, decoder_input_ids: Tensor) -> Tensor:
        """States, their mask Bool[B, S] and Long[B, T] to the decoder's states Float[B, T, width]."""


class Writer(EncoderDecoder):
    """A distribution over the next token, as logits."""

    @abstractmethod
    def answer(self, states: Tensor, attention_mask: Tensor, decoder_input_ids: Tensor) -> Tensor:
        """The encoder's states, their mask and Long[B, T] to logits Float[B, T, V]."""

    def forward(self, input_ids: Tensor, attention_mask: Tensor, decoder_input_ids: Tensor) -> Tensor:
        """Long[B, S], Bool[B, S] and Long[B, T] to logits Float[B, T, V]."""
        return self.answer(self.encode(input_ids, attention_mask), attention_mask, decoder_input_ids)

    def having_read(
        self, states: Tensor, attention_mask: Tensor
    ) -> Callable[[Tensor, Tensor, Tensor], Tensor]:
        """This policy for one batch of sources that the encoder has already read.

        Args:
            states: Float[B, S, width], what `encode` returned.
            attention_mask: Bool[B, S].

        Returns:
            A function with the arguments of `forward` that only uses the input of the decoder.
        """

        def policy(_input_ids: Tensor, _attention_mask: Tensor, decoder_input_ids: Tensor) -> Tensor:
            return self.answer(states, attention_mask, decoder_input_ids)

        return policy


class Marker(EncoderDecoder):
    """One number for each token that the decoder has read: scores of a reward model, or values of states."""

    head: nn.Linear  # from a decoder's state to the number

    def forward(self, input_ids: Tensor, attention_mask: Tensor, decoder_input_ids: Tensor) -> Tensor:
        """Long[B, S], Bool[B, S] and Long[B, T] to Float[B, T]; [:, t] depends on decoder_input_ids[:, : t + 1]."""
        return self.answer(self.encode(input_ids, attention_mask), attention_mask, decoder_input_ids)

    def answer(self, states: Tensor, attention_mask: Tensor, decoder_input_ids: Tensor) -> Tensor:
        """The same from the encoder's states Float[B, S, width]."""
        scores: Tensor = self.head(self.decode(states, attention_mask, decoder_input_ids))
        return scores.squeeze(-1)
