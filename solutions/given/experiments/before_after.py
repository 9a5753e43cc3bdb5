"""A policy before and after the feedback: its weights as evidence, and the value of its summaries."""

import math
import statistics
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from ...rlhf import log_probs, policy_gradient
from ..data.corpus import Corpus, Policy
from . import artifact
from .experiment import Curve, Measured

BEFORE, AFTER = "warm_up.", "policy."
PIECE = 50  # texts at a time: more texts need more memory, in addition to the memory of training
SHOWN = 5  # number of texts whose summaries are shown
NOT_FINITE = "with these weights a policy has values that are not finite"


def pack(before: Policy, after: Policy) -> dict[str, Tensor]:
    """All parameters before the feedback, and those that it changes: the encoder and the embeddings stay the same."""
    learnt = {id(parameter) for parameter in after.answering_parameters()}
    weights = {BEFORE + name: value for name, value in before.named_parameters()}
    weights |= {AFTER + name: value for name, value in after.named_parameters() if id(value) in learnt}
    return {name: value.detach().cpu().clone() for name, value in weights.items()}


@torch.no_grad()
def unpack(weights: Mapping[str, Tensor], before: Policy, after: Policy) -> None:
    """Puts packed weights into two policies.

    Raises:
        ValueError: they are not the weights of two such policies.
    """
    artifact.check_shapes(weights, pack(before, after), "belongs to neither policy")
    for name, value in before.named_parameters():
        value.copy_(weights[BEFORE + name])
    for name, value in after.named_parameters():
        value.copy_(weights.get(AFTER + name, weights[BEFORE + name]))


@dataclass(frozen=True)
class _Summaries:
    """A policy's summaries of N texts.

    Attributes:
        texts: the N summaries.
        utilities: the value of each summary for its readers.
        rouge: ROUGE-L of each summary.
        kl: divergence of each from the warmed-up policy, in nats (estimator k1).
    """

    texts: list[str]
    utilities: list[float]
    rouge: list[float]
    kl: list[float]


def compare(before: Policy, after: Policy, corpus: Corpus, seed: int) -> Measured:
    """Draws a summary of each text from both policies, with the same random numbers.

    Args:
        before: the warmed-up policy.
        after: the policy after the feedback.
        corpus: texts that neither policy has seen.
        seed: seed of the draws.

    Raises:
        ValueError: the weights of a policy give values that are not finite.
    """
    old, new = (_summarise(policy, before, corpus, seed) for policy in (before, after))
    values = {
        "utility_before": old.utilities,
        "utility": new.utilities,
        "utility_gain": _gains(old.utilities, new.utilities),
        "rouge_before": old.rouge,
        "rouge": new.rouge,
        "rouge_gain": _gains(old.rouge, new.rouge),
        "kl": new.kl,
    }
    metrics = {name: statistics.fmean(each) for name, each in values.items()}
    if not all(map(math.isfinite, metrics.values())):
        raise ValueError(NOT_FINITE)
    errors = {name: statistics.pstdev(each) / math.sqrt(len(each)) for name, each in values.items()}
    return Measured(
        metrics,
        curves=(_worths(old, new),),
        texts={"summaries": _side_by_side(old, new, corpus)},
        errors=errors,
    )


def _gains(old: list[float], new: list[float]) -> list[float]:
    return [after - before for before, after in zip(old, new, strict=True)]


@torch.no_grad()
def _summarise(policy: Policy, reference: Policy, corpus: Corpus, seed: int) -> _Summaries:
    device = next(policy.parameters()).device
    generator = torch.Generator(device).manual_seed(seed)
    texts: list[str] = []
    kl: list[float] = []
    pieces = zip(*(torch.split(part, PIECE) for part in corpus.sources), strict=True)
    for sources, mask in ((sources.to(device), mask.to(device)) for sources, mask in pieces):
        states = policy.encode(sources, mask)
        tokens, drawn, response = policy_gradient.sample_response(
            _finite(policy.having_read(states, mask)),
            sources,
            mask,
            corpus.start_id,
            corpus.eos_id,
            corpus.pad_id,
            corpus.max_summary_tokens,
            generator=generator,
        )
        expected = log_probs.policy_log_probs(
            reference.having_read(states, mask), sources, mask, tokens, corpus.start_id
        )
        kl += torch.where(response, drawn - expected, 0.0).sum(dim=1).tolist()
        texts += corpus.decode_batch(tokens)
    return _Summaries(
        texts,
        utilities=[corpus.utility(text, item) for item, text in enumerate(texts)],
        rouge=[corpus.rouge_l(text, item) for item, text in enumerate(texts)],
        kl=kl,
    )


def _finite(policy: log_probs.Policy) -> log_probs.Policy:
    """The same policy, for weights from any source: it refuses logits that are not finite."""

    def checked(input_ids: Tensor, attention_mask: Tensor, decoder_input_ids: Tensor) -> Tensor:
        logits = policy(input_ids, attention_mask, decoder_input_ids)
        if not bool(logits.isfinite().all()):
            raise ValueError(NOT_FINITE)
        return logits

    return checked


def _worths(old: _Summaries, new: _Summaries) -> Curve:
    """The share of summaries with at least each utility."""
    worths = (*old.utilities, *new.utilities)
    low, high = math.floor(min(worths)), math.ceil(max(worths))
    x = [low + 0.5 * step for step in range(2 * (high - low) + 1)]
    shares = {
        name: [statistics.fmean(worth >= least for worth in drawn.utilities) for least in x]
        for name, drawn in (("warmed up", old), ("after PPO", new))
    }
    return Curve("Summaries by their worth", "utility", "share worth at least this", x, shares)


def _side_by_side(old: _Summaries, new: _Summaries, corpus: Corpus) -> str:
    """The first texts with their summaries."""
    sources, references = (
        corpus.decode_batch(ids[:SHOWN]) for ids in (corpus.sources[0], corpus.references[0])
    )
    rows = zip(sources, references, old.texts, new.texts, old.utilities, new.utilities, strict=False)
    return "\n".join(
        f"text        {source}\nreference   {reference}\n"
        f"warmed up   {earlier} (worth {less:.1f})\nafter PPO   {later} (worth {more:.1f})\n"
        for source, reference, earlier, later, less, more in rows
    )
