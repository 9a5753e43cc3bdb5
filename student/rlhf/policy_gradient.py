"""Policy gradients for sequence generation: the roll-out, the REINFORCE loss, and the supervised loss."""

import torch
from torch import Tensor

from . import log_probs as sequence
from .log_probs import Policy


def sample_response(
    policy: Policy,
    input_ids: Tensor,
    attention_mask: Tensor,
    start_id: int,
    eos_id: int,
    pad_id: int,
    max_new_tokens: int,
    temperature: float = 1.0,
    generator: torch.Generator | None = None,
) -> tuple[Tensor, Tensor, Tensor]:
    """Draws one response for each source, token by token, from softmax(logits / temperature) of the policy.

    A row that has drawn `eos_id` is padded from there on. Drawing stops when every row has ended, or after
    `max_new_tokens`; T is the number of tokens drawn until then. No graph is kept.

    Args:
        policy: policy(input_ids, attention_mask, decoder_input_ids) -> logits Float[B, t, V]; the last of them are
            for the next token.
        input_ids: Long[B, S], the sources.
        attention_mask: Bool[B, S], True on real tokens of a source.
        start_id: the id that every decoder input starts with; not part of the response.
        eos_id: the id that ends a response; part of the response.
        pad_id: the id after the end. The policy may also draw it, as an ordinary token.
        max_new_tokens: at least 1.
        temperature: positive.
        generator: draws everything random, on the device of the sources or on the CPU.

    Returns:
        tokens Long[B, T], their log-probabilities Float[B, T] at this temperature in nats (0 at padding), and the
        mask Bool[B, T], True on drawn tokens, including the end.

    Raises:
        ValueError: max_new_tokens or the temperature is not positive.
    """
    if max_new_tokens < 1 or temperature <= 0:
        raise ValueError(
            f"need max_new_tokens >= 1 and temperature > 0, got {max_new_tokens} and {temperature}"
        )
    # TODO(q4c): your code here.
    # HINT: what does the decoder read at step t? Which rows still count, and from which step on does a row not count?
    raise NotImplementedError("TODO(q4c): rlhf.policy_gradient.sample_response")


def reinforce_loss(
    log_probs: Tensor, rewards: Tensor, mask: Tensor, baseline: float | Tensor = 0.0
) -> Tensor:
    """A loss whose gradient is the policy gradient, from one sampled response for each source.

        loss = -mean_b (rewards[b] - baseline) * sum_t mask[b, t] * log_probs[b, t]

    Args:
        log_probs: Float[B, T], of the sampled tokens, nats. The only input that gets a gradient.
        rewards: Float[B], one for each whole response; treated as a constant.
        mask: Bool[B, T], True on generated tokens; all other entries are ignored, also NaN.
        baseline: subtracted from every reward; a number or Float[B], treated as a constant.

    Returns:
        Float[], summed over tokens, mean over the batch.

    Raises:
        ValueError: the shapes do not match.

    References:
        Williams 1992, "Simple statistical gradient-following algorithms", equation 5.
    """
    if log_probs.shape != mask.shape or rewards.shape != log_probs.shape[:1]:
        raise ValueError(
            f"log_probs {list(log_probs.shape)}, mask {list(mask.shape)}, rewards {list(rewards.shape)}"
        )
    # TODO(q4a): your code here.
    # HINT: what is differentiated here, and what is only a weight?
    raise NotImplementedError("TODO(q4a): rlhf.policy_gradient.reinforce_loss")


def cross_entropy_loss(logits: Tensor, labels: Tensor, mask: Tensor) -> Tensor:
    """The loss of supervised training on reference summaries.

    Args:
        logits: Float[B, T, V]; logits[b, t] are for labels[b, t]; entries where the mask is False are ignored,
            also NaN.
        labels: Long[B, T], the reference; any id of the vocabulary at padding.
        mask: Bool[B, T], True on the tokens of the reference, including its end.

    Returns:
        Float[], nats, SUMMED over the tokens of a sequence and averaged over the batch (not over tokens).

    Raises:
        ValueError: the shapes do not match.
    """
    if labels.shape != mask.shape:
        raise ValueError(f"labels {list(labels.shape)} do not match the mask {list(mask.shape)}")
    # TODO(q4b): your code here.
    # HINT: which rewards and which samples would make the policy-gradient loss exactly this sum?
    raise NotImplementedError("TODO(q4b): rlhf.policy_gradient.cross_entropy_loss")
