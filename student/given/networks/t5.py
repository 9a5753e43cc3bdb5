"""A small T5: a policy that writes summaries, and a network that gives scores to them.

Its layers are in `t5_layers.py`. There is no tokenizer, no `generate` and no pretrained weight here.
`pretrained_t5.py` has the pretrained T5, for question 4 on real news.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .roles import EncoderDecoder, Marker, Writer
from .t5_layers import T5


class TinyT5(EncoderDecoder):
    """Encoder and decoder without a head, 2 layers each, no dropout.

    Without dropout, a policy is the same function in the roll-out and in the update.

    Args:
        vocabulary_size: V, number of words, including special ones.
        width: width of the hidden states; four heads share it.
        pad_id: id of padding.
        eos_id: id of the end of a sequence.
    """

    def __init__(self, vocabulary_size: int, width: int = 64, pad_id: int = 0, eos_id: int = 1) -> None:
        super().__init__()
        self.arguments = (vocabulary_size, width, pad_id, eos_id)
        self.width = width
        self.t5 = T5(vocabulary_size, width, blocks=2, heads=4)

    def encode(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """Long[B, S] and Bool[B, S] to the encoder's states Float[B, S, width]."""
        states: Tensor = self.t5.encoder(input_ids, attention_mask)
        return states

    def decode(self, states: Tensor, attention_mask: Tensor, decoder_input_ids: Tensor) -> Tensor:
        """The encoder's states, their mask Bool[B, S] and Long[B, T] to the decoder's states Float[B, T, width]."""
        decoded: Tensor = self.t5.decoder(decoder_input_ids, attention_mask, states)
        return decoded

    def answering_parameters(self) -> list[nn.Parameter]:
        """All parameters except the encoder's and the table of word embeddings, which the encoder also uses."""
        return [
            p for name, p in self.named_parameters() if not name.startswith(("t5.encoder.", "t5.shared."))
        ]


class TinyT5Policy(TinyT5, Writer):
    """A distribution over the next word, as logits; the last layer is the table of word embeddings itself.

    Arguments: those of `TinyT5`.
    """

    def answer(self, states: Tensor, attention_mask: Tensor, decoder_input_ids: Tensor) -> Tensor:
        """The encoder's states, their mask and Long[B, T] to logits Float[B, T, V]."""
        decoded = self.decode(states, attention_mask, decoder_input_ids)
        return F.linear(decoded * self.width**-0.5, self.t5.shared.weight)

    def scored(self) -> "ScoredT5":
        """A scored network on the same device, with copies of these weights."""
        with torch.random.fork_rng(devices=[]):  # initial weights are drawn, then replaced
            scored = ScoredT5(*self.arguments)
        scored.t5.load_state_dict(self.t5.state_dict())
        return scored.to(self.t5.shared.weight.device)


class ScoredT5(TinyT5, Marker):
    """One number for each token that the decoder has read: scores of a reward model, or values of states.

    Arguments: those of `TinyT5`.
    """

    def __init__(self, vocabulary_size: int, width: int = 64, pad_id: int = 0, eos_id: int = 1) -> None:
        super().__init__(vocabulary_size, width, pad_id, eos_id)
        self.head = nn.Linear(width, 1)
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)
