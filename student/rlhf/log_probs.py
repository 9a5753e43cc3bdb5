"""Log-probabilities of a sequence model, token by token, and the mask of valid tokens.

Axes: B batch, T generated tokens, V vocabulary. A mask is True on generated tokens up to and including the first
end-of-sequence. Every entry after it is padding, for any value.
"""

from collections.abc import Callable

import torch
from torch import Tensor

# policy(input_ids Long[B, S], attention_mask Bool[B, S], decoder_input_ids Long[B, T]) -> logits Float[B, T, V];
# logits[:, t] are for the token that follows decoder_input_ids[:, : t + 1].
Policy = Callable[[Tensor, Tensor, Tensor], Tensor]


def shift_right(tokens: Tensor, start_id: int) -> Tensor:
    """The input of the decoder while it predicts `tokens`: at each position the token before, `start_id` first.

    Args:
        tokens: Long[B, T], T at least 1.
        start_id: the id that every decoder input starts with.

    Returns:
        Long[B, T].

    Raises:
        ValueError: tokens does not have two axes.
    """
    if tokens.ndim != 2:
        raise ValueError(f"tokens must be [B, T], got shape {list(tokens.shape)}")
    # TODO(q4a): your code here.
    # HINT: which token of a row does the decoder never read?
    raise NotImplementedError("TODO(q4a): rlhf.log_probs.shift_right")


def response_mask(tokens: Tensor, eos_id: int) -> Tensor:
    """Marks the tokens of each response: all up to and including its first end-of-sequence.

    A policy may draw the id of the padding as an ordinary token, so the mask does not look at padding.

    Args:
        tokens: Long[B, T].
        eos_id: the id that ends a sequence.

    Returns:
        Bool[B, T]; all True in a row without end-of-sequence.

    Raises:
        ValueError: tokens does not have two axes.
    """
    if tokens.ndim != 2:
        raise ValueError(f"tokens must be [B, T], got shape {list(tokens.shape)}")
    # TODO(q4a): your code here.
    # HINT: how many end-of-sequence tokens are BEFORE each position?
    raise NotImplementedError("TODO(q4a): rlhf.log_probs.response_mask")


def token_log_probs(logits: Tensor, tokens: Tensor, temperature: float = 1.0) -> Tensor:
    """Log-probability of each token under softmax(logits / temperature).

    Args:
        logits: Float[B, T, V]; logits[b, t] are for tokens[b, t].
        tokens: Long[B, T].
        temperature: positive; the temperature that the tokens were drawn with.

    Returns:
        Float[B, T], nats. Differentiable in the logits.

    Raises:
        ValueError: the shapes do not match, or the temperature is not positive.
    """
    if logits.shape[:-1] != tokens.shape:
        raise ValueError(f"logits {list(logits.shape)} do not match tokens {list(tokens.shape)}")
    if temperature <= 0:
        raise ValueError(f"temperature must be positive, got {temperature}")
    # TODO(q4a): your code here.
    # HINT: normalise over the whole vocabulary first, then select.
    raise NotImplementedError("TODO(q4a): rlhf.log_probs.token_log_probs")


def policy_log_probs(
    policy: Policy,
    input_ids: Tensor,
    attention_mask: Tensor,
    tokens: Tensor,
    start_id: int,
    temperature: float = 1.0,
) -> Tensor:
    """Log-probability that a sequence-to-sequence policy gives to each token of a response, with one call.

    Args:
        policy: policy(input_ids, attention_mask, decoder_input_ids) -> logits Float[B, T, V].
        input_ids: Long[B, S], the source.
        attention_mask: Bool[B, S], True on real tokens of the source.
        tokens: Long[B, T], the response.
        start_id: the id that every decoder input starts with.
        temperature: the temperature that the tokens were drawn with.

    Returns:
        Float[B, T], nats; entries at padding have no meaning. Differentiable in the policy's parameters.
    """
    # TODO(q4a): your code here.
    # HINT: use two functions of this module, and call the policy between them.
    raise NotImplementedError("TODO(q4a): rlhf.log_probs.policy_log_probs")
