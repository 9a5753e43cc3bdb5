"""How question 4's networks are trained."""

import os
from dataclasses import dataclass

from ..training import feedback

EMBEDDED = "news"
REAL = ("xsum", "cnn_dailymail")
WIDTHS = range(4, 257, 4)  # four heads share it


@dataclass(frozen=True)
class Settings:
    """How everything is trained.

    Attributes:
        data: "news" (generated), "xsum" or "cnn_dailymail".
        articles: to learn from.
        width: of the T5 in miniature, a multiple of 4; a pretrained one has its own.
        warm_up_steps: batches of supervised training.
        preference_pairs: that the simulated readers judge, `articles` at most.
        reward_model_steps: batches of pairs.
        policy_steps: roll-outs of each of the three runs.
        batch_size: articles in every kind of batch.
        policy_epochs: updates from one roll-out, PPO only.
        warm_up_learning_rate: at the start; it decays to 0.
        reward_model_learning_rate: likewise.
        policy_learning_rate: of PPO, constant.
        reinforce_learning_rate: constant; one update a roll-out can be larger than PPO's several.
        value_learning_rate: constant.
        kl_coef: price of a nat of divergence from the warmed-up policy, in standard deviations of the score.
        checkpoint: of the pretrained T5, a name on the Hugging Face hub or a folder.
        folder: of the real texts; "" asks the Hugging Face hub.
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
        """Of one run, with or without a price."""
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
    "paper": Settings(  # its figures are not measured yet
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
