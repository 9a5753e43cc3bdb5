"""What a manifest decides beside questions and points; each with its default."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Bundle:
    """What students are handed beside the package itself and their side of the grader.

    Attributes:
        files: patterns, from the manifest's folder; parts of them that are marked as staff's are cut out.
        overlay: a folder whose files lie in the bundle as they lie in it.
        withheld: patterns of the files of which nothing may be found in it.
    """

    files: tuple[str, ...]
    overlay: str
    withheld: tuple[str, ...]


@dataclass(frozen=True)
class FeedbackPolicy:
    """What students are told, and what is given for an answer that only builds on a wrong one.

    Attributes:
        hints_from_attempt: the first submission, counted from 1, whose feedback has hints.
        upstream_credit: part of a task's points for what is right once the grader answers for the wrong tasks that it
            calls.
    """

    hints_from_attempt: int = 1
    upstream_credit: float = 0.0


@dataclass(frozen=True)
class HandIn:
    """What follows from handing in late, or often, where the platform tells.

    Attributes:
        late_grace_minutes: after the time that it is due, in which it is not late.
        late_loss_per_day: part of the score that each day costs that has begun; 0 for none.
        attempts: how many submissions of a student are graded; 0 for any number.
    """

    late_grace_minutes: float = 0.0
    late_loss_per_day: float = 0.0
    attempts: int = 0


@dataclass(frozen=True)
class LeaderboardColumn:
    """A column of the leaderboard: what trained weights were measured to reach.

    Attributes:
        name: its title.
        task: whose weights; it counts where the task is wholly right.
        metric: the name of the figure.
        order: "asc" where less is better, else "desc".
    """

    name: str
    task: str
    metric: str
    order: str = "desc"
