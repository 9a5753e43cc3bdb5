"""Wraps the policies of the tests, so that a call with invalid arguments fails the test."""

from collections.abc import Callable

import torch
from torch import Tensor

from tests.support.compare import assert_true

Policy = Callable[[Tensor, Tensor, Tensor], Tensor]


def checked(policy: Policy, vocabulary: int) -> Policy:
    """`policy` with a check: the source must be [B, S], the decoder input Long[B, t] with ids of the vocabulary.

    Args:
        policy: policy(input_ids, attention_mask, decoder_input_ids) -> logits.
        vocabulary: V.
    """

    def call(input_ids: Tensor, attention_mask: Tensor, decoder_input_ids: Tensor) -> Tensor:
        found = [list(x.shape) for x in (input_ids, attention_mask, decoder_input_ids)]
        fits = decoder_input_ids.ndim == 2 and input_ids.shape == attention_mask.shape
        fits = fits and len(input_ids) == len(decoder_input_ids) and decoder_input_ids.shape[1] > 0
        assert_true(
            fits,
            f"the policy is called with shapes {found}; expected [B, S], [B, S] and [B, t]",
            hint="policy(input_ids, attention_mask, decoder_input_ids), in this order.",
            failure="shape",
        )
        known = decoder_input_ids.dtype == torch.long and bool((decoder_input_ids >= 0).all())
        known = known and bool((decoder_input_ids < vocabulary).all())
        assert_true(
            known,
            "the decoder input contains a value that is not an id of the vocabulary",
            hint="The decoder reads the start id and tokens of the response, as a Long tensor.",
        )
        return policy(input_ids, attention_mask, decoder_input_ids)

    return call
