"""Stage one of question 4: imitate the reference summaries."""

import torch
from torch import Tensor

from ...rlhf import log_probs, policy_gradient
from ..data.corpus import Corpus, Policy
from .loop import QUIET, Loop, Part


def warm_up(
    policy: Policy,
    corpus: Corpus,
    steps: int,
    batch_size: int,
    learning_rate: float,
    generator: torch.Generator,
    loop: Loop = QUIET,
) -> list[float]:
    """AdamW with cosine decay on `cross_entropy_loss`; changes the policy and returns the loss of each step, nats."""
    device = next(policy.parameters()).device
    sources, source_mask = (x.to(device) for x in corpus.sources)
    labels, label_mask = (x.to(device) for x in corpus.references)
    optimizer = torch.optim.AdamW(policy.parameters(), lr=learning_rate, fused=True)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, max(1, steps))
    batches = draw_batches(len(sources), batch_size, steps, generator).to(device)
    losses = torch.zeros(steps, device=device)
    parts: dict[str, Part] = {"policy": policy, "optimizer": optimizer, "schedule": schedule}
    for step in loop.steps("warm_up", steps, parts, {"loss": losses}):
        rows = batches[step]
        decoder_input = log_probs.shift_right(labels[rows], corpus.start_id)
        logits = policy(sources[rows], source_mask[rows], decoder_input)
        loss = policy_gradient.cross_entropy_loss(logits, labels[rows], label_mask[rows])
        descend(optimizer, loss)
        schedule.step()
        losses[step] = loss.detach()
    return losses.tolist()


def draw_batches(count: int, batch_size: int, steps: int, generator: torch.Generator) -> Tensor:
    """For each step `batch_size` different numbers below `count`, all of them if there are fewer: Long[steps, B].

    They are drawn before the first step, so a GPU never waits for them, and a continued run draws the same numbers.
    """
    batches = torch.empty(steps, min(batch_size, count), dtype=torch.int64)
    for rows in batches:
        rows.copy_(torch.randperm(count, generator=generator)[:batch_size])
    return batches


def descend(optimizer: torch.optim.Optimizer, loss: Tensor) -> None:
    """One optimizer step; the gradient is clipped to norm 1."""
    optimizer.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    torch.nn.utils.clip_grad_norm_([p for group in optimizer.param_groups for p in group["params"]], 1.0)
    optimizer.step()
