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
    # BEGIN SOLUTION q4c
    # HINT: what does the decoder read at step t? Which rows still count, and from which step on does a row not count?
    with torch.no_grad():
        device = input_ids.device if generator is None else generator.device
        tokens = torch.full_like(input_ids[:, :1], start_id)
        running = torch.ones_like(tokens[:, 0], dtype=torch.bool)
        columns = []
        for _ in range(max_new_tokens):
            logits = policy(input_ids, attention_mask, tokens)[:, -1]
            all_log_probs = torch.log_softmax(logits / temperature, dim=-1)
            drawn = torch.multinomial(all_log_probs.exp().to(device), 1, generator=generator).to(
                tokens.device
            )
            drawn_log_probs = all_log_probs.gather(1, drawn).squeeze(1)
            drawn = torch.where(running, drawn.squeeze(1), pad_id)
            columns.append((torch.where(running, drawn_log_probs, 0.0), running))
            tokens = torch.cat([tokens, drawn.unsqueeze(1)], dim=1)
            running = running & (drawn != eos_id)
            if not running.any():
                break
        log_probs, mask = (torch.stack(column, dim=1) for column in zip(*columns, strict=True))
        return tokens[:, 1:], log_probs, mask
    # END SOLUTION


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
    # BEGIN SOLUTION q4a
    # HINT: what is differentiated here, and what is only a weight?
    constant = (rewards - baseline).detach()
    sequence_log_probs = torch.where(mask, log_probs, 0.0).sum(dim=1)
    return -(constant * sequence_log_probs).mean()
    # END SOLUTION


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
    # BEGIN SOLUTION q4b
    # HINT: which rewards and which samples would make the policy-gradient loss exactly this sum?
    log_probs = sequence.token_log_probs(torch.where(mask.unsqueeze(-1), logits, 0.0), labels)
    return -torch.where(mask, log_probs, 0.0).sum(dim=1).mean()
    # END SOLUTION
