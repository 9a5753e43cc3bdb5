"""A pretrained T5, usually T5-small, for the same loops that train the small T5.

This module imports transformers' T5, which takes some seconds and at least 100 MB. It does not use `generate`.
"""

import copy
from contextlib import AbstractContextManager

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from transformers.models.t5.modeling_t5 import T5ForConditionalGeneration, T5Stack

from . import checkpoint as files
from .roles import EncoderDecoder, Marker, Writer


class PretrainedT5(EncoderDecoder):
    """Encoder and decoder without a head. They share the table of word embeddings.

    Args:
        encoder: the encoder, without dropout.
        decoder: the decoder, without dropout.
        half_precision: compute in bfloat16 on a GPU. Parameters and the last layer stay in single precision: bfloat16
            would round a logit near 20 to multiples of 1/8, which changes every ratio of probabilities.
    """

    def __init__(self, encoder: T5Stack, decoder: T5Stack, half_precision: bool) -> None:
        super().__init__()
        self.encoder, self.decoder, self.half_precision = encoder, decoder, half_precision

    def encode(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """Long[B, S] and Bool[B, S] to the encoder's states Float[B, S, width], bfloat16 if it computes in that."""
        with self._precision(input_ids):
            states: Tensor = self.encoder(
                input_ids=input_ids, attention_mask=attention_mask
            ).last_hidden_state
        # The decoder would cast them to bfloat16 anyway, and so they need half the memory.
        return states.to(torch.bfloat16) if self._halves(input_ids) else states

    def decode(self, states: Tensor, attention_mask: Tensor, decoder_input_ids: Tensor) -> Tensor:
        """States, their mask Bool[B, S] and Long[B, T] to the decoder's states Float[B, T, width], single precision."""
        with self._precision(decoder_input_ids):
            decoded: Tensor = self.decoder(
                input_ids=decoder_input_ids,
                encoder_hidden_states=states,
                encoder_attention_mask=attention_mask,
                use_cache=False,
            ).last_hidden_state
        return decoded.float()

    def answering_parameters(self) -> list[nn.Parameter]:
        """All parameters but the encoder's, which has the table of word embeddings as well."""
        encoders = {id(p) for p in self.encoder.parameters()}
        return [p for p in self.parameters() if id(p) not in encoders]

    def _halves(self, tensor: Tensor) -> bool:
        return self.half_precision and tensor.is_cuda

    def _precision(self, tensor: Tensor) -> AbstractContextManager[None]:
        return torch.autocast(tensor.device.type, torch.bfloat16, enabled=self._halves(tensor))


class PretrainedT5Policy(PretrainedT5, Writer):
    """A distribution over the next token, as logits.

    Args:
        t5: the whole model, without dropout; the policy uses its parts.
        half_precision: as in `PretrainedT5`.
    """

    def __init__(self, t5: T5ForConditionalGeneration, half_precision: bool = False) -> None:
        super().__init__(t5.encoder, t5.decoder, half_precision)
        self.lm_head = t5.lm_head
        # T5 uses its table of word embeddings as the head and scales the input of the head; T5 1.1 has a separate head.
        # Later versions of transformers store the `tie_word_embeddings` of the checkpoint in another flag.
        scaled = getattr(t5.config, "scale_decoder_outputs", t5.config.tie_word_embeddings)
        self.scale = t5.config.d_model**-0.5 if scaled else 1.0

    def answer(self, states: Tensor, attention_mask: Tensor, decoder_input_ids: Tensor) -> Tensor:
        """The encoder's states, their mask and Long[B, T] to logits Float[B, T, V]."""
        decoded = self.decode(states, attention_mask, decoder_input_ids)
        return F.linear(decoded * self.scale, self.lm_head.weight)

    def scored(self) -> "ScoredPretrainedT5":
        """A scored network on the same device: copies of encoder and decoder, and a head of zeros."""
        encoder, decoder = copy.deepcopy((self.encoder, self.decoder))  # in one call: they still share
        return ScoredPretrainedT5(encoder, decoder, self.half_precision)


class ScoredPretrainedT5(PretrainedT5, Marker):
    """One number for each token that the decoder has read: scores of a reward model, or values of states.

    Arguments: those of `PretrainedT5`.
    """

    def __init__(self, encoder: T5Stack, decoder: T5Stack, half_precision: bool) -> None:
        super().__init__(encoder, decoder, half_precision)
        # Without initial weights, which would be drawn from the global generator.
        width, device = decoder.config.d_model, decoder.device
        self.head: nn.Linear = nn.utils.skip_init(nn.Linear, width, 1, device=device)  # type: ignore[no-untyped-call]
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)


def load(checkpoint: str, half_precision: bool = False) -> PretrainedT5Policy:
    """Reads a pretrained T5 without dropout, in single precision, on the CPU.

    Args:
        checkpoint: a name on the hub, for example "google-t5/t5-small", or a folder.
        half_precision: compute in bfloat16 if the policy is on a GPU.

    Raises:
        FileNotFoundError: the checkpoint does not exist or is not reachable.
        ValueError: the checkpoint is of another architecture, or lacks weights.
    """
    files.read_config(checkpoint)  # a model of another architecture would come with random weights
    t5, info = files.read(
        T5ForConditionalGeneration,
        checkpoint,
        dtype=torch.float32,
        dropout_rate=0.0,
        output_loading_info=True,
    )
    if info["missing_keys"]:
        raise ValueError(
            f"the checkpoint {checkpoint!r} is not a complete T5: it lacks {len(info['missing_keys'])} tensors, for"
            f" instance {min(info['missing_keys'])}"
        )
    return PretrainedT5Policy(t5, half_precision)
