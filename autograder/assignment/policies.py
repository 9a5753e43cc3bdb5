"""What a manifest decides besides questions and points, with the defaults."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Bundle:
    """What students are handed besides the package itself and their side of the grader.

    Attributes:
        files: patterns of files, from the manifest's folder; parts that are marked as staff's are cut out.
        overlay: a folder whose files are copied into the bundle, with the same relative paths.
        withheld: patterns of files; nothing of their content may be in the bundle.
    """

    files: tuple[str, ...]
    overlay: str
    withheld: tuple[str, ...]


@dataclass(frozen=True)
class FeedbackPolicy:
    """What students are told, and the credit for a task that is wrong only because another task is wrong.

    Attributes:
        hints_from_attempt: the first submission, counted from 1, whose feedback has hints.
        upstream_credit: part of a task's points for what is right when the grader answers for the wrong tasks that it
            calls.
    """

    hints_from_attempt: int = 1
    upstream_credit: float = 0.0


@dataclass(frozen=True)
class HandIn:
    """The rules for late and repeated submissions, if the platform reports them.

    Attributes:
        late_grace_minutes: how long after the due time a submission is not late yet, and how long after a day has
            passed the next one has not begun yet.
        late_loss_per_day: part of the score that is lost for each day that has begun; 0 for no loss.
        attempts: how many submissions of a student are graded; 0 for any number.
    """

    late_grace_minutes: float = 0.0
    late_loss_per_day: float = 0.0
    attempts: int = 0


@dataclass(frozen=True)
class LeaderboardColumn:
    """A column of the leaderboard: a number that was measured with the trained weights.

    Attributes:
        name: its title.
        task: the task of the weights; the number counts only if the task is fully right.
        metric: the name of the number.
        order: "asc" if less is better, else "desc".
    """

    name: str
    task: str
    metric: str
    order: str = "desc"
