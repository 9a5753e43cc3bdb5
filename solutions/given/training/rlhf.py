"""Trains a news summariser from references, then from preferences: warm-up, reward model, policy.

Every step of learning goes through the functions of `rlhf/`; nothing of them is written again here. Seeded: all
randomness comes from one seed, the global generators are left as they were, and a run on the CPU is repeatable.
"""

import random
from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor

from ...rlhf import advantages as statistics
from ...rlhf import log_probs, policy_gradient, ppo, reward_model, rewards
from ..data import news
from ..networks.t5 import T5Policy, T5Scorer, parameters_of, tiny_config

History = dict[str, list[float]]


@dataclass(frozen=True)
class _Batch:
    """Articles with their ids and masks, on the training device."""

    articles: list[news.Article]
    input_ids: Tensor
    attention_mask: Tensor


class _Run:
    """What all stages share: the articles, the randomness, the device, progress."""

    def __init__(self, num_articles: int, batch_size: int, seed: int, device: str, progress: bool) -> None:
        self.articles = news.make_articles(num_articles, seed)
        self.batch_size = batch_size
        self.draw = random.Random(f"training {seed}")
        self.generator = torch.Generator().manual_seed(seed)
        self.device = device
        self.progress = progress

    def batch(self) -> _Batch:
        articles = self.draw.sample(self.articles, self.batch_size)
        input_ids, attention_mask = news.encode_batch([article.text for article in articles])
        return _Batch(articles, input_ids.to(self.device), attention_mask.to(self.device))

    def steps(self, count: int, title: str) -> Iterable[int]:
        if not self.progress:
            return range(count)
        from tqdm import tqdm

        steps: Iterable[int] = tqdm(range(count), desc=title)
        return steps

    def respond(self, policy: T5Policy, batch: _Batch, temperature: float = 1.0) -> tuple[Tensor, Tensor, Tensor]:
        with policy.encoding_once():
            return policy_gradient.sample_response(
                policy,
                batch.input_ids,
                batch.attention_mask,
                news.START_ID,
                news.EOS_ID,
                news.PAD_ID,
                news.MAX_SUMMARY_TOKENS,
                temperature=temperature,
                generator=self.generator,
            )


def train(
    num_articles: int,
    batch_size: int,
    warm_up_steps: int,
    reward_model_steps: int,
    policy_steps: int,
    epochs: int = 2,
    warm_up_rate: float = 4e-3,
    reward_model_rate: float = 2e-3,
    policy_rate: float = 1e-3,
    value_rate: float = 2e-3,
    kl_coef: float = 0.05,
    clip_eps: float = 0.2,
    gamma: float = 1.0,
    gae_lambda: float = 0.95,
    seed: int = 0,
    device: str = "cpu",
    progress: bool = False,
) -> tuple[dict[str, Tensor], History]:
    """Warm-up on references, a reward model from preferences, then PPO with a KL penalty.

    Args:
        num_articles: size of the training corpus.
        batch_size: articles in one step.
        warm_up_steps: supervised steps.
        reward_model_steps: steps of the reward model, one fresh batch of preference pairs each.
        policy_steps: roll-outs.
        epochs: updates on one roll-out.
        warm_up_rate: Adam's step size, as are the next three.
        reward_model_rate: of the reward model.
        policy_rate: of the policy.
        value_rate: of the value function.
        kl_coef: price of divergence from the warmed-up policy, per nat.
        clip_eps: of both PPO losses.
        gamma: discount.
        gae_lambda: of the advantages.
        seed: of everything.
        device: "cpu" or "cuda".
        progress: show a bar for each stage.

    Returns:
        Weights on the CPU: the policy's before reinforcement under "warm_up.", after it under "policy."; and a history of
        "warm_up_loss", "preference_loss", "score" (the reward model's), "utility" and "kl" (nats a response).
    """
    run = _Run(num_articles, batch_size, seed, device, progress)
    config = tiny_config(len(news.VOCABULARY), news.PAD_ID, news.EOS_ID, news.START_ID)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        policy, reference = T5Policy(config), T5Policy(config)
        judge, critic = T5Scorer(config), T5Scorer(config)
    for network in (policy, reference, judge, critic):
        network.to(device).eval()
    history: History = {"warm_up_loss": warm_up(run, policy, warm_up_steps, warm_up_rate)}
    reference.load_state_dict(policy.state_dict())
    judge.start_from(policy)
    critic.start_from(policy)
    history["preference_loss"] = fit_judge(run, judge, reference, reward_model_steps, reward_model_rate)
    mean, std = _scale(run, judge, reference)
    policy_optimizer = torch.optim.Adam(policy.parameters(), policy_rate)
    value_optimizer = torch.optim.Adam(critic.parameters(), value_rate)
    history |= {"score": [], "utility": [], "kl": []}
    for _ in run.steps(policy_steps, "policy"):
        batch = run.batch()
        source = (batch.input_ids, batch.attention_mask)
        tokens, old_log_probs, mask = run.respond(policy, batch)
        decoder_input_ids = log_probs.shift_right(tokens, news.START_ID)
        with torch.no_grad():
            scores = (_judged(judge, batch, tokens) - mean) / std
            ref_log_probs = log_probs.policy_log_probs(reference, *source, tokens, news.START_ID)
            old_values = critic(*source, decoder_input_ids)
            paid = rewards.shaped_rewards(scores, old_log_probs, ref_log_probs, mask, kl_coef)
            advantages, returns = statistics.gae(paid, old_values, mask, gamma, gae_lambda)
            advantages = statistics.masked_whiten(advantages, mask)
        for _ in range(epochs):
            new_log_probs = log_probs.policy_log_probs(policy, *source, tokens, news.START_ID)
            loss = ppo.clipped_surrogate_loss(new_log_probs, old_log_probs, advantages, mask, clip_eps)
            _step(policy_optimizer, loss)
            values = critic(*source, decoder_input_ids)
            _step(value_optimizer, ppo.clipped_value_loss(values, old_values, returns, mask, clip_eps))
        divergence = torch.where(mask, old_log_probs - ref_log_probs, 0.0).sum(1).mean()
        summaries = news.decode_batch(tokens)
        pairs = zip(summaries, batch.articles, strict=True)
        history["score"].append(scores.mean().item())
        history["utility"].append(sum(news.utility(*pair) for pair in pairs) / len(summaries))
        history["kl"].append(divergence.item())
    weights = {f"warm_up.{name}": value for name, value in parameters_of(reference).items()}
    return weights | {f"policy.{name}": value for name, value in parameters_of(policy).items()}, history


def warm_up(run: _Run, policy: T5Policy, steps: int, rate: float) -> list[float]:
    """Supervised training on the references; returns the losses."""
    optimizer = torch.optim.Adam(policy.parameters(), rate)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, rate, total_steps=steps + 1)
    losses = []
    for _ in run.steps(steps, "warm-up"):
        batch = run.batch()
        labels, mask = news.encode_batch([article.reference for article in batch.articles])
        labels, mask = labels.to(run.device), mask.to(run.device)
        decoder_input_ids = log_probs.shift_right(labels, news.START_ID)
        logits = policy(batch.input_ids, batch.attention_mask, decoder_input_ids)
        loss = policy_gradient.cross_entropy_loss(logits, labels, mask)
        _step(optimizer, loss)
        schedule.step()
        losses.append(loss.item())
    return losses


def fit_judge(run: _Run, judge: T5Scorer, reference: T5Policy, steps: int, rate: float) -> list[float]:
    """Trains the reward model on choices between two sampled summaries of an article; returns the losses."""
    optimizer = torch.optim.Adam(judge.parameters(), rate)
    losses = []
    for _ in run.steps(steps, "reward model"):
        batch = run.batch()
        first, second = (run.respond(reference, batch)[0] for _ in range(2))
        triples = zip(news.decode_batch(first), news.decode_batch(second), batch.articles, strict=True)
        chosen_first = torch.tensor([news.prefers_first(*triple, run.draw) for triple in triples]).to(run.device)
        a, b = _judged(judge, batch, first), _judged(judge, batch, second)
        chosen, rejected = torch.where(chosen_first, a, b), torch.where(chosen_first, b, a)
        loss = reward_model.preference_loss(chosen, rejected)
        _step(optimizer, loss)
        losses.append(loss.item())
    return losses


def _judged(judge: T5Scorer, batch: _Batch, tokens: Tensor) -> Tensor:
    """The score of each response, read where the judge has seen all of it. The judge reads the tokens themselves."""
    scores = judge(batch.input_ids, batch.attention_mask, tokens)
    return reward_model.last_token_score(scores, log_probs.response_mask(tokens, news.EOS_ID))


@torch.no_grad()
def _scale(run: _Run, judge: T5Scorer, reference: T5Policy) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation of the scores of warmed-up summaries, so that rewards have a known size."""
    batch = run.batch()
    scores = _judged(judge, batch, run.respond(reference, batch)[0])
    return scores.mean(), scores.std() + 1e-6


def _step(optimizer: torch.optim.Optimizer, loss: Tensor) -> None:
    optimizer.zero_grad(set_to_none=True)
    loss.backward()  # type: ignore[no-untyped-call]
    torch.nn.utils.clip_grad_norm_(optimizer.param_groups[0]["params"], 1.0)
    optimizer.step()
