"""The kinds of tasks: what carries points."""

from enum import StrEnum


class Kind(StrEnum):
    """What a task is. Who treats a kind in its own way asks by these names, so a search for one finds every place.

    CODE is a function or class of the package: its source says whether it is filled in, and its failures are examined.
    ANSWER is an entry of the answer form. RUN is a training run of the grader's own with the submission's functions; it
    may use a GPU, and is left out where no suite trains. ARTIFACT is a file of trained weights that was handed in.
    """

    CODE = "code"
    ANSWER = "answer"
    RUN = "run"
    ARTIFACT = "artifact"
