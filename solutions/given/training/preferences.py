"""Stage two of question 4: ask for preferences between summaries, and learn a reward from the answers.

The reward model starts as the warmed-up policy with another last layer, and keeps its encoder as it is.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from ...rlhf import log_probs, policy_gradient, reward_model
from ..data import news
from ..networks import t5
from . import warm_up

PIECE = 256  # rows read, answered or marked at once; takes no more memory than a step of training


@dataclass(frozen=True)
class Pairs:
    """Two responses to each of N sources, by the word of a reader."""

    states: Tensor  # Float[N, S, width], of the encoder that has read the sources
    source_mask: Tensor  # Bool[N, S]
    chosen: Tensor  # Long[N, T], preferred to
    rejected: Tensor  # Long[N, T]


@torch.no_grad()
def collect_pairs(
    policy: t5.TinyT5Policy, articles: Sequence[news.Article], generator: torch.Generator, seed: int
) -> Pairs:
    """Two summaries of each article drawn from the policy; a simulated reader says which is better.

    Args:
        policy: the warmed-up one.
        articles: one pair for each.
        generator: of the summaries, on the policy's device.
        seed: of the reader's answers.
    """
    device = next(policy.parameters()).device
    sources, source_mask = (x.to(device) for x in news.encode_batch([article.text for article in articles]))
    states = torch.cat([policy.encode(*piece) for piece in _pieces(sources, source_mask)])
    first, second = (_draw(policy, states, sources, source_mask, generator) for _ in range(2))
    reader = random.Random(f"reader {seed}")
    trios = zip(news.decode_batch(first), news.decode_batch(second), articles, strict=True)
    answers = [news.prefers_first(one, other, article, reader) for one, other, article in trios]
    first_wins = torch.tensor(answers, device=device).unsqueeze(1)
    chosen, rejected = torch.where(first_wins, first, second), torch.where(first_wins, second, first)
    return Pairs(states, source_mask, chosen, rejected)


def _draw(
    policy: t5.TinyT5Policy, states: Tensor, sources: Tensor, source_mask: Tensor, generator: torch.Generator
) -> Tensor:
    """A response to each source, Long[N, MAX_SUMMARY_TOKENS]."""
    drawn = []
    for read, input_ids, mask in _pieces(states, sources, source_mask):
        tokens, _, _ = policy_gradient.sample_response(
            policy.having_read(read, mask),
            input_ids,
            mask,
            news.START_ID,
            news.EOS_ID,
            news.PAD_ID,
            news.MAX_SUMMARY_TOKENS,
            generator=generator,
        )
        drawn.append(F.pad(tokens, (0, news.MAX_SUMMARY_TOKENS - tokens.shape[1]), value=news.PAD_ID))
    return torch.cat(drawn)


def _pieces(*tensors: Tensor) -> Iterator[tuple[Tensor, ...]]:
    """The rows of all the tensors, PIECE at a time."""
    return zip(*(torch.split(tensor, PIECE) for tensor in tensors), strict=True)


def score_responses(model: t5.ScoredT5, states: Tensor, source_mask: Tensor, tokens: Tensor) -> Tensor:
    """The model's mark for each response, Float[B]: read after its last token.

    Args:
        model: the reward model.
        states: Float[B, S, width], of the encoder that has read the sources.
        source_mask: Bool[B, S].
        tokens: Long[B, T].
    """
    start = torch.full_like(tokens[:, :1], news.START_ID)
    token_scores = model.answer(states, source_mask, torch.cat([start, tokens], dim=1))[:, 1:]
    return reward_model.last_token_score(token_scores, log_probs.response_mask(tokens, news.EOS_ID))


def train_reward_model(
    model: t5.ScoredT5,
    pairs: Pairs,
    steps: int,
    batch_size: int,
    learning_rate: float,
    generator: torch.Generator,
) -> tuple[list[float], list[float]]:
    """AdamW with cosine decay on `preference_loss`; changes the model's decoder and head.

    Returns:
        Of each step the loss in nats, and the share of the batch that the model puts in the reader's order.
    """
    optimizer = torch.optim.AdamW(model.answering_parameters(), lr=learning_rate, fused=True)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, max(1, steps))
    losses, agreements = torch.zeros(steps), torch.zeros(steps)
    for step in range(steps):
        rows = warm_up.draw_rows(len(pairs.states), batch_size, generator).to(pairs.states.device)
        states, mask = pairs.states[rows], pairs.source_mask[rows]
        chosen, rejected = score_responses(
            model,
            torch.cat([states, states]),
            torch.cat([mask, mask]),
            torch.cat([pairs.chosen[rows], pairs.rejected[rows]]),
        ).chunk(2)
        loss = reward_model.preference_loss(chosen, rejected)
        warm_up.descend(optimizer, loss)
        schedule.step()
        losses[step] = loss.detach()
        agreements[step] = (chosen > rejected).float().mean()
    return losses.tolist(), agreements.tolist()


@torch.no_grad()
def normalise(model: t5.ScoredT5, pairs: Pairs) -> None:
    """Shifts and scales the model's marks so that those of the pairs have mean 0 and standard deviation 1."""
    marks = [
        score_responses(model, *piece)
        for tokens in (pairs.chosen, pairs.rejected)
        for piece in _pieces(pairs.states, pairs.source_mask, tokens)
    ]
    scores = torch.cat(marks)
    mean, deviation = scores.mean(), scores.std().clamp(min=1e-3)
    model.head.bias.sub_(mean).div_(deviation)
    model.head.weight.div_(deviation)
