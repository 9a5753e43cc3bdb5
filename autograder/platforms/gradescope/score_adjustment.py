"""How a late submission, or one attempt too many, changes the score."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from autograder.assignment.policies import HandIn
from autograder.platforms.gradescope.metadata import Metadata

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@dataclass(frozen=True)
class ScoreAdjustment:
    """How the score of a submission is adjusted.

    Attributes:
        factor: what the score is multiplied by, in [0, 1].
        words: the lines about it, shown before the score.
        refused: why the submission is not graded at all; empty if it is graded.
    """

    factor: float = 1.0
    words: tuple[str, ...] = ()
    refused: str = ""


NO_ADJUSTMENT = ScoreAdjustment()


def score_adjustment(metadata: Metadata, policy: HandIn) -> ScoreAdjustment:
    """The adjustment of one submission under the manifest's policy."""
    if policy.attempts and metadata.attempt > policy.attempts:
        return ScoreAdjustment(
            refused=f"This is submission {metadata.attempt}, and only {policy.attempts} are graded: "
            f"it was not graded, and your best score so far, {metadata.best:g}, counts."
        )
    if metadata.created is None or metadata.due is None or not policy.late_loss_per_day:
        return NO_ADJUSTMENT
    days = _days_late(metadata.created, metadata.due, timedelta(minutes=policy.late_grace_minutes))
    if not days:
        return NO_ADJUSTMENT
    factor = max(0.0, 1 - policy.late_loss_per_day * days)
    late_by = f"{days} day{'s' * (days != 1)} late (a day that has begun counts as one day)"
    return ScoreAdjustment(factor, (f"Handed in {late_by}: the score is multiplied by {factor:g}.",))


def _days_late(created: datetime, due: datetime, grace: timedelta) -> int:
    """How many days have begun since the due time. The grace is given after each of them.

    A day ends at the hour of the due time, also where summer or winter time begins in between: Gradescope writes both
    times in the course's zone, whose clock then differs by an hour.
    """
    late = created - due
    if late <= grace:
        return 0
    on_the_clock = created.replace(tzinfo=None) - due.replace(tzinfo=None)
    if abs(on_the_clock - late) <= HOUR:
        late = on_the_clock
    return max(1, ceil((late - grace) / DAY))
