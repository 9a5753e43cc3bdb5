"""What follows from when, and how often, a submission was handed in."""

from dataclasses import dataclass
from datetime import timedelta
from math import ceil

from autograder.assignment.policies import HandIn
from autograder.platforms.gradescope.metadata import Metadata

DAY = timedelta(days=1)


@dataclass(frozen=True)
class ScoreAdjustment:
    """How a submission is treated.

    Attributes:
        factor: what the score is multiplied by, in [0, 1].
        words: what is said of it before the score.
        refused: why it is not graded at all; empty where it is.
    """

    factor: float = 1.0
    words: tuple[str, ...] = ()
    refused: str = ""


NO_ADJUSTMENT = ScoreAdjustment()


def score_adjustment(metadata: Metadata, policy: HandIn) -> ScoreAdjustment:
    """The terms of one submission under the manifest's policy."""
    if policy.attempts and metadata.attempt > policy.attempts:
        return ScoreAdjustment(
            refused=f"This is submission {metadata.attempt}, and {policy.attempts} are graded: "
            f"it was not looked at, and your best score so far, {metadata.best:g}, stands."
        )
    if metadata.created is None or metadata.due is None or not policy.late_loss_per_day:
        return NO_ADJUSTMENT
    late = metadata.created - metadata.due
    if late <= timedelta(minutes=policy.late_grace_minutes):
        return NO_ADJUSTMENT
    days = ceil(late / DAY)
    factor = max(0.0, 1 - policy.late_loss_per_day * days)
    what = f"{days} day{'s' * (days != 1)} late, counting one that has begun"
    return ScoreAdjustment(factor, (f"Handed in {what}: the score is multiplied by {factor:g}.",))
