"""Settings of the training in question 4."""

import os
from dataclasses import dataclass

from ..training import feedback

EMBEDDED = "news"
REAL = ("xsum", "cnn_dailymail")
WIDTHS = range(4, 257, 4)  # four heads share it


@dataclass(frozen=True)
class Settings:
    """Settings of all stages.

    Attributes:
        data: "news" (generated), "xsum" or "cnn_dailymail".
        articles: number of articles for training.
        width: width of the small T5, a multiple of 4; a pretrained T5 has its own width.
        warm_up_steps: number of batches of supervised training.
        preference_pairs: number of pairs that the simulated readers judge, at most `articles`.
        reward_model_steps: number of batches of pairs.
        policy_steps: number of roll-outs of each of the three runs.
        batch_size: articles in every kind of batch.
        policy_epochs: updates from one roll-out, PPO only.
        warm_up_learning_rate: learning rate at the start; it decays to 0.
        reward_model_learning_rate: learning rate at the start; it decays to 0.
        policy_learning_rate: learning rate of PPO, constant.
        reinforce_learning_rate: constant; one update per roll-out can be larger than the several updates of PPO.
        value_learning_rate: constant.
        kl_coef: price per nat of divergence from the warmed-up policy, in standard deviations of the score.
        checkpoint: the pretrained T5, a name on the Hugging Face hub or a folder.
        folder: folder of the real texts; "" reads from the Hugging Face hub.
        mixed_precision: compute the pretrained T5 in bfloat16 on a GPU.
    """

    data: str = EMBEDDED
    articles: int = 2000
    width: int = 48
    warm_up_steps: int = 180
    preference_pairs: int = 1500
    reward_model_steps: int = 60
    policy_steps: int = 80
    batch_size: int = 64
    policy_epochs: int = 4
    warm_up_learning_rate: float = 4e-3
    reward_model_learning_rate: float = 3e-3
    policy_learning_rate: float = 5e-4
    reinforce_learning_rate: float = 1e-3
    value_learning_rate: float = 1e-3
    kl_coef: float = 0.1
    checkpoint: str = "google-t5/t5-small"
    folder: str = ""
    mixed_precision: bool = True

    def of_run(self, algorithm: str, priced: bool) -> feedback.Settings:
        """The settings of one run, with or without a price."""
        return feedback.Settings(
            self.batch_size,
            self.policy_learning_rate if algorithm == "ppo" else self.reinforce_learning_rate,
            self.value_learning_rate,
            self.kl_coef if priced else 0.0,
            self.policy_epochs,
            algorithm,
        )


PRESETS = {
    "quick": Settings(),
    "full": Settings(
        articles=10_000,
        width=96,
        warm_up_steps=600,
        preference_pairs=8000,
        reward_model_steps=300,
        policy_steps=120,
        warm_up_learning_rate=2e-3,
        reward_model_learning_rate=1.5e-3,
        policy_learning_rate=3e-4,
        reinforce_learning_rate=6e-4,
    ),
    "paper": Settings(  # its results are not measured yet
        data="xsum",
        checkpoint=os.environ.get("T5_CHECKPOINT", "google-t5/t5-small"),
        articles=20_000,
        warm_up_steps=1000,
        preference_pairs=2000,
        reward_model_steps=200,
        policy_steps=150,
        batch_size=16,
        warm_up_learning_rate=3e-4,
        reward_model_learning_rate=1e-4,
        policy_learning_rate=2e-5,
        reinforce_learning_rate=4e-5,
        value_learning_rate=1e-4,
        kl_coef=0.05,
    ),
}
