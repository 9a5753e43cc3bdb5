"""Stage two of question 4: ask for preferences between summaries, and learn a reward from the answers.

The reward model starts as the warmed-up policy with another last layer. Its encoder does not change.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from ...rlhf import log_probs, policy_gradient, reward_model
from ..data.corpus import Corpus, Policy, Scored
from . import warm_up
from .loop import QUIET, Loop, Part

PIECE = 256  # rows that are read, answered or scored at once; needs no more memory than a training step


@dataclass(frozen=True)
class Pairs:
    """Two responses to each of N sources, ordered by a reader's preference."""

    states: Tensor  # Float[N, S, width], of the encoder, after it has read the sources
    source_mask: Tensor  # Bool[N, S]
    chosen: Tensor  # Long[N, T], the preferred responses
    rejected: Tensor  # Long[N, T], the others


@torch.no_grad()
def collect_pairs(policy: Policy, corpus: Corpus, count: int, generator: torch.Generator, seed: int) -> Pairs:
    """Draws two summaries of each text from the policy; a simulated reader says which one is better.

    Args:
        policy: the warmed-up policy.
        corpus: the texts to summarise.
        count: number of pairs, one for each of the first texts.
        generator: draws the summaries, on the policy's device.
        seed: seed of the reader's answers.
    """
    device = next(policy.parameters()).device
    sources, source_mask = (x[:count].to(device) for x in corpus.sources)
    states = torch.cat([policy.encode(*piece) for piece in _pieces(sources, source_mask)])
    first, second = (_draw(policy, states, sources, source_mask, corpus, generator) for _ in range(2))
    reader = random.Random(f"reader {seed}")
    both = zip(corpus.decode_batch(first), corpus.decode_batch(second), strict=True)
    answers = [corpus.prefers_first(one, other, item, reader) for item, (one, other) in enumerate(both)]
    first_wins = torch.tensor(answers, device=device).unsqueeze(1)
    chosen, rejected = torch.where(first_wins, first, second), torch.where(first_wins, second, first)
    return Pairs(states, source_mask, chosen, rejected)


def _draw(
    policy: Policy,
    states: Tensor,
    sources: Tensor,
    source_mask: Tensor,
    corpus: Corpus,
    generator: torch.Generator,
) -> Tensor:
    """A response to each source, Long[N, corpus.max_summary_tokens]."""
    longest = corpus.max_summary_tokens
    drawn = []
    for read, input_ids, mask in _pieces(states, sources, source_mask):
        tokens, _, _ = policy_gradient.sample_response(
            policy.having_read(read, mask),
            input_ids,
            mask,
            corpus.start_id,
            corpus.eos_id,
            corpus.pad_id,
            longest,
            generator=generator,
        )
        drawn.append(F.pad(tokens, (0, longest - tokens.shape[1]), value=corpus.pad_id))
    return torch.cat(drawn)


def _pieces(*tensors: Tensor) -> Iterator[tuple[Tensor, ...]]:
    """The rows of all the tensors, PIECE at a time."""
    return zip(*(torch.split(tensor, PIECE) for tensor in tensors), strict=True)


def score_responses(
    model: Scored, states: Tensor, source_mask: Tensor, tokens: Tensor, corpus: Corpus
) -> Tensor:
    """The score of each response, Float[B]: the number at its last token.

    Args:
        model: the reward model.
        states: Float[B, S, width], of the encoder, after it has read the sources.
        source_mask: Bool[B, S].
        tokens: Long[B, T].
        corpus: says how a response starts and ends.
    """
    start = torch.full_like(tokens[:, :1], corpus.start_id)
    token_scores = model.answer(states, source_mask, torch.cat([start, tokens], dim=1))[:, 1:]
    return reward_model.last_token_score(token_scores, log_probs.response_mask(tokens, corpus.eos_id))


def train_reward_model(
    model: Scored,
    pairs: Pairs,
    corpus: Corpus,
    steps: int,
    batch_size: int,
    learning_rate: float,
    generator: torch.Generator,
    loop: Loop = QUIET,
) -> tuple[list[float], list[float]]:
    """AdamW with cosine decay on `preference_loss`; changes the model's decoder and head.

    Returns:
        For each step the loss in nats, and the share of the batch for which the model agrees with the reader.
    """
    device = pairs.states.device
    optimizer = torch.optim.AdamW(model.answering_parameters(), lr=learning_rate, fused=True)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, max(1, steps))
    batches = warm_up.draw_batches(len(pairs.states), batch_size, steps, generator).to(device)
    curves = {"loss": torch.zeros(steps, device=device), "agreement": torch.zeros(steps, device=device)}
    parts: dict[str, Part] = {"model": model, "optimizer": optimizer, "schedule": schedule}
    for step in loop.steps("reward_model", steps, parts, curves):
        rows = batches[step]
        states, mask = pairs.states[rows], pairs.source_mask[rows]
        chosen, rejected = score_responses(
            model,
            torch.cat([states, states]),
            torch.cat([mask, mask]),
            torch.cat([pairs.chosen[rows], pairs.rejected[rows]]),
            corpus,
        ).chunk(2)
        loss = reward_model.preference_loss(chosen, rejected)
        warm_up.descend(optimizer, loss)
        schedule.step()
        curves["loss"][step] = loss.detach()
        curves["agreement"][step] = (chosen > rejected).float().mean()
    return curves["loss"].tolist(), curves["agreement"].tolist()


@torch.no_grad()
def scores_of(model: Scored, pairs: Pairs, corpus: Corpus) -> tuple[Tensor, Tensor]:
    """The scores of the chosen and of the rejected responses, Float[N] each."""
    chosen, rejected = (
        torch.cat(
            [
                score_responses(model, states, mask, responses, corpus)
                for states, mask, responses in _pieces(pairs.states, pairs.source_mask, tokens)
            ]
        )
        for tokens in (pairs.chosen, pairs.rejected)
    )
    return chosen, rejected


@torch.no_grad()
def normalise(model: Scored, pairs: Pairs, corpus: Corpus) -> None:
    """Shifts and scales the scores so that those of the pairs have mean 0 and standard deviation 1."""
    scores = torch.cat(scores_of(model, pairs, corpus))
    mean, deviation = scores.mean(), scores.std().clamp(min=1e-3)
    model.head.bias.sub_(mean).div_(deviation)
    model.head.weight.div_(deviation)
