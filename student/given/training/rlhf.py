"""Question 4 from end to end: warm-up, reward model, reinforcement learning."""

from collections.abc import Mapping

import torch
from torch import Tensor

from ..data import news
from ..data.corpus import Corpus, Policy, Scored
from ..networks import t5
from . import feedback, preferences, warm_up
from .loop import QUIET, Loop

ALGORITHMS = ("ppo", "reinforce")
History = dict[str, list[float]]


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
    loop: Loop = QUIET,
) -> tuple[dict[str, Tensor], History]:
    """Trains a policy by imitation, then by feedback, on generated news.

    The same arguments give the same weights on a CPU. The global random state is neither used nor changed.

    Args:
        articles: number of generated articles for training.
        warm_up_steps: number of batches of supervised training.
        reward_model_steps: number of batches of pairs; with too many, the model memorises the pairs.
        preference_pairs: number of pairs that the simulated readers judge, at most `articles`.
        policy_steps: number of roll-outs.
        batch_size: articles in every kind of batch.
        policy_epochs: updates from one roll-out, PPO only.
        warm_up_learning_rate: learning rate at the start; it decays to 0.
        reward_model_learning_rate: learning rate at the start; it decays to 0.
        policy_learning_rate: constant.
        value_learning_rate: constant.
        algorithm: "ppo" or "reinforce".
        kl_coef: price per nat of divergence from the warmed-up policy, in standard deviations of the score.
        seed: seed of articles, weights, batches, responses and preferences.
        device: where to train, "cpu" or "cuda".
        loop: saves, shows and logs the steps.

    Returns:
        A state dict of CPU tensors with the weights of `TinyT5Policy(len(news.VOCABULARY))` twice: with the prefix
        "policy." at the end of training, and "warm_up." before the feedback. Also a history: "warm_up_loss",
        "reward_model_loss" and "reward_model_agreement" of each step; "score", "kl", "utility" and "rouge_l" of each
        roll-out.

    Raises:
        ValueError: unknown algorithm, or more pairs than articles.
    """
    if algorithm not in ALGORITHMS:
        raise ValueError(f"algorithm must be one of {ALGORITHMS}, got {algorithm!r}")
    if preference_pairs > articles:
        raise ValueError(f"{preference_pairs} pairs need as many articles, got {articles}")
    corpus = news.NewsCorpus(news.make_articles(articles, seed))
    generator, sampling = torch.Generator().manual_seed(seed), torch.Generator(device).manual_seed(seed)
    with torch.random.fork_rng(devices=[]):  # layers draw their initial weights from the global generator
        torch.default_generator.manual_seed(seed)
        policy = t5.TinyT5Policy(len(news.VOCABULARY)).to(device)
    losses = warm_up.warm_up(
        policy, corpus, warm_up_steps, batch_size, warm_up_learning_rate, generator, loop
    )
    history = {"warm_up_loss": losses}
    weights = prefixed("warm_up.", policy.state_dict())
    reward_model, learnt = reward_of(
        policy,
        corpus,
        preference_pairs,
        reward_model_steps,
        batch_size,
        reward_model_learning_rate,
        seed,
        generator,
        sampling,
        loop,
    )
    settings = feedback.Settings(
        batch_size, policy_learning_rate, value_learning_rate, kl_coef, policy_epochs, algorithm
    )
    reached = feedback.learn_from_feedback(
        policy, reward_model, corpus, policy_steps, settings, generator, sampling, loop
    )
    return weights | prefixed("policy.", policy.state_dict()), history | learnt | reached


def reward_of(
    policy: Policy,
    corpus: Corpus,
    pairs: int,
    steps: int,
    batch_size: int,
    learning_rate: float,
    seed: int,
    generator: torch.Generator,
    sampling: torch.Generator,
    loop: Loop = QUIET,
) -> tuple[Scored, History]:
    """A reward model with normalised scores, from preferences between summaries of a warmed-up policy.

    Returns:
        The model, and "reward_model_loss" and "reward_model_agreement" of each step.
    """
    model = policy.scored()
    judged = preferences.collect_pairs(policy, corpus, pairs, sampling, seed)
    losses, agreements = preferences.train_reward_model(
        model, judged, corpus, steps, batch_size, learning_rate, generator, loop
    )
    preferences.normalise(model, judged, corpus)
    return model, {"reward_model_loss": losses, "reward_model_agreement": agreements}


def prefixed(prefix: str, state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Copies of the tensors on the CPU, by name with the prefix."""
    return {prefix + name: value.detach().cpu().clone() for name, value in state.items()}
