"""Stage one of question 4: imitate the reference summaries."""

from collections.abc import Sequence

import torch
from torch import Tensor

from ...rlhf import log_probs, policy_gradient
from ..data import news
from ..networks import t5


def warm_up(
    policy: t5.TinyT5Policy,
    articles: Sequence[news.Article],
    steps: int,
    batch_size: int,
    learning_rate: float,
    generator: torch.Generator,
) -> list[float]:
    """AdamW with cosine decay on `cross_entropy_loss`; changes the policy and returns the loss of each step, nats."""
    device = next(policy.parameters()).device
    sources, source_mask = (x.to(device) for x in news.encode_batch([article.text for article in articles]))
    labels, label_mask = (
        x.to(device) for x in news.encode_batch([article.reference for article in articles])
    )
    optimizer = torch.optim.AdamW(policy.parameters(), lr=learning_rate, fused=True)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, max(1, steps))
    losses = torch.zeros(steps)
    for step in range(steps):
        rows = draw_rows(len(articles), batch_size, generator).to(device)
        decoder_input = log_probs.shift_right(labels[rows], news.START_ID)
        logits = policy(sources[rows], source_mask[rows], decoder_input)
        loss = policy_gradient.cross_entropy_loss(logits, labels[rows], label_mask[rows])
        descend(optimizer, loss)
        schedule.step()
        losses[step] = loss.detach()
    return losses.tolist()


def draw_rows(count: int, batch_size: int, generator: torch.Generator) -> Tensor:
    """`batch_size` different numbers below `count`."""
    return torch.randperm(count, generator=generator)[:batch_size]


def descend(optimizer: torch.optim.Optimizer, loss: Tensor) -> None:
    """One step against the gradient, which is cut to length 1."""
    optimizer.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    torch.nn.utils.clip_grad_norm_([p for group in optimizer.param_groups for p in group["params"]], 1.0)
    optimizer.step()
