"""Question 4 from end to end: warm-up, reward model, reinforcement learning, on generated news."""

import torch
from torch import Tensor, nn

from ..data import news
from ..networks import t5
from . import feedback, preferences, warm_up

ALGORITHMS = ("ppo", "reinforce")


def train(
    articles: int,
    warm_up_steps: int,
    reward_model_steps: int,
    preference_pairs: int,
    policy_steps: int,
    batch_size: int,
    policy_epochs: int = 4,
    warm_up_learning_rate: float = 4e-3,
    reward_model_learning_rate: float = 3e-3,
    policy_learning_rate: float = 5e-4,
    value_learning_rate: float = 1e-3,
    algorithm: str = "ppo",
    kl_coef: float = 0.05,
    seed: int = 0,
    device: str = "cpu",
    progress: bool = False,
) -> tuple[dict[str, Tensor], dict[str, list[float]]]:
    """Trains a policy by imitation, then by feedback.

    The same arguments give the same weights on a CPU. The global random state is neither used nor changed.

    Args:
        articles: how many are written to learn from.
        warm_up_steps: batches of supervised training.
        reward_model_steps: batches of pairs; many more than the pairs can fill make the model learn them by heart.
        preference_pairs: how many the simulated readers judge, `articles` at most.
        policy_steps: roll-outs.
        batch_size: articles in every kind of batch.
        policy_epochs: updates from one roll-out, PPO only.
        warm_up_learning_rate: at the start; it decays to 0.
        reward_model_learning_rate: likewise.
        policy_learning_rate: constant.
        value_learning_rate: constant.
        algorithm: "ppo" or "reinforce".
        kl_coef: price of a nat of divergence from the warmed-up policy, in standard deviations of the score.
        seed: of articles, weights, batches, responses and preferences.
        device: where to train, "cpu" or "cuda".
        progress: print a line after each stage.

    Returns:
        A state dict of CPU tensors, which holds that of `TinyT5Policy(len(news.VOCABULARY))` twice: with the prefix
        "policy." at the end, and "warm_up." before the feedback. And a history: "warm_up_loss", "reward_model_loss" and
        "reward_model_agreement" of each step; "score", "kl" and "utility" of each roll-out.

    Raises:
        ValueError: unknown algorithm, or more pairs than articles.
    """
    if algorithm not in ALGORITHMS:
        raise ValueError(f"algorithm must be one of {ALGORITHMS}, got {algorithm!r}")
    if preference_pairs > articles:
        raise ValueError(f"{preference_pairs} pairs need as many articles, got {articles}")
    corpus = news.make_articles(articles, seed)
    generator, sampling = torch.Generator().manual_seed(seed), torch.Generator(device).manual_seed(seed)
    with torch.random.fork_rng(devices=[]):  # layers draw their first weights from the global generator
        torch.default_generator.manual_seed(seed)
        policy = t5.TinyT5Policy(len(news.VOCABULARY)).to(device)
        reward_model = t5.ScoredT5(len(news.VOCABULARY)).to(device)

    losses = warm_up.warm_up(policy, corpus, warm_up_steps, batch_size, warm_up_learning_rate, generator)
    history = {"warm_up_loss": losses}
    weights = _weights(policy, "warm_up.")
    _report(progress, "warm-up", history, "warm_up_loss")

    reward_model.t5.load_state_dict(policy.t5.state_dict())
    pairs = preferences.collect_pairs(policy, corpus[:preference_pairs], sampling, seed)
    history["reward_model_loss"], history["reward_model_agreement"] = preferences.train_reward_model(
        reward_model, pairs, reward_model_steps, batch_size, reward_model_learning_rate, generator
    )
    preferences.normalise(reward_model, pairs)
    _report(progress, "reward model", history, "reward_model_loss", "reward_model_agreement")

    settings = feedback.Settings(
        batch_size, policy_learning_rate, value_learning_rate, kl_coef, policy_epochs, algorithm
    )
    history |= feedback.learn_from_feedback(
        policy, reward_model, corpus, policy_steps, settings, generator, sampling
    )
    _report(progress, "policy", history, "score", "kl", "utility")
    return weights | _weights(policy, "policy."), history


def _weights(network: nn.Module, prefix: str) -> dict[str, Tensor]:
    return {prefix + name: value.detach().cpu().clone() for name, value in network.state_dict().items()}


def _report(progress: bool, stage: str, history: dict[str, list[float]], *names: str) -> None:
    if progress:
        figures = [f"{name} {sum(last) / len(last):.3f}" for name in names if (last := history[name][-5:])]
        print(f"{stage}: {', '.join(figures)} (mean of the last five)", flush=True)
