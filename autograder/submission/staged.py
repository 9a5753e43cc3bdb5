"""A submission as every later step sees it: the folder of its package, and what was read of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from autograder.assignment.manifest import Manifest
from autograder.submission import answers, sources
from autograder.submission.answers import Answers
from autograder.submission.artifacts import ArtifactStore
from autograder.submission.sources import TaskSource


@dataclass(frozen=True, kw_only=True)
class Submission:
    """One submission. Its code is never imported here.

    Attributes:
        package: the folder of the (staged) package.
        answers: its answer form.
        artifacts: its trained weights.
        sources: what its sources say of each code task, by task.
        digests: SHA-256 of each file as it was handed in.
        notes: what was unusual about the files, in words.
    """

    package: Path
    answers: Answers
    artifacts: ArtifactStore
    sources: Mapping[str, TaskSource]
    digests: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @cached_property
    def artifact_rows(self) -> list[dict[str, Any]]:
        """What the record says of every artifact that is there, valid or not; measured once."""
        return self.artifacts.rows()


def read(
    package: Path,
    manifest: Manifest,
    *,
    digests: Mapping[str, str] | None = None,
    notes: tuple[str, ...] = (),
) -> Submission:
    """Reads the form, the weights and the sources of a package, each in the reader program with its limits."""
    form = answers.read(package)
    remarks = (form.problem,) if form.problem else tuple(form.remarks(manifest))
    return Submission(
        package=package,
        answers=form,
        artifacts=ArtifactStore(package, manifest),
        sources=sources.scan(package, manifest.tasks.values()),
        digests=digests or {},
        notes=(*notes, *remarks),
    )
