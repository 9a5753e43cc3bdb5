"""Trained weights that a submission contains as evidence: read as plain numbers, and refused if they are invalid.

An artifact `NAME` is `artifacts/NAME.safetensors` and its card `artifacts/NAME.json`, which says how the weights were
trained and what they are claimed to reach (schema: card). The grader believes nothing in either file: a digest only
connects the files to each other and to the sources that were handed in with them, and a test measures every claim.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load as load_safetensors
from torch import Tensor

from autograder import schemas
from autograder.assignment.kinds import Kind
from autograder.assignment.limits import MB
from autograder.assignment.manifest import Manifest, Task
from autograder.errors import WrongAnswer
from autograder.submission.reader import process

SECONDS = 3  # for the card
SHOWN = ("preset", "seed", "device", "metrics", "curves")  # of a card, in the record
FLOATS = (torch.float16, torch.bfloat16, torch.float32, torch.float64)


class InvalidArtifact(Exception):
    """Weights or a card that cannot be used; the message says why, and `failure` is the class of the reason."""

    def __init__(self, message: str, failure: str) -> None:
        super().__init__(message)
        self.failure = failure


@dataclass(frozen=True)
class Artifact:
    """The valid files of an artifact.

    Attributes:
        weights: by name, in single precision, all finite.
        card: what is claimed about them; it fits its schema.
    """

    weights: dict[str, Tensor]
    card: dict[str, Any] = field(repr=False)

    @property
    def settings(self) -> dict[str, Any]:
        """The settings of the training according to the card: any plain values."""
        return dict(self.card["settings"])

    @property
    def metrics(self) -> dict[str, float]:
        """The results that the card claims."""
        return dict(self.card["metrics"])


class ArtifactStore:
    """The artifacts of one package. A valid artifact is read once, even if several tests ask for it.

    Args:
        package: the submission's folder.
        manifest: the assignment.
    """

    def __init__(self, package: Path, manifest: Manifest) -> None:
        self._package = package
        self._manifest = manifest
        self._valid: dict[str, Artifact] = {}

    def holds(self, task: Task) -> bool:
        """Whether the file of the weights exists."""
        return (self._package / task.file).exists()

    def read(self, task: Task) -> Artifact:
        """The weights and the card of an artifact task.

        Raises:
            InvalidArtifact: they are missing, broken, too large, not finite, or do not belong together.
        """
        if task.id not in self._valid:
            most = int(self._manifest.intake.file_mb * MB)
            self._valid[task.id] = _read(self._package / task.file, most)
        return self._valid[task.id]

    def changed_sources(self, task: Task) -> list[str]:
        """The source files that the task needs and that are not the files with which the weights were trained.

        The digests on the card say which files those were.

        Raises:
            InvalidArtifact: as `read`.
        """
        named = self.read(task).card["sources"]
        files = sorted({self._manifest.tasks[need].file for need in self._needs(task)})
        return [file for file in files if named.get(file) != code_digest(self._package / file)]

    def rows(self) -> list[dict[str, Any]]:
        """What the record says about every artifact that exists, valid or not."""
        return [
            self._row(task)
            for task in self._manifest.tasks.values()
            if task.kind is Kind.ARTIFACT and (self._package / task.file).is_file()
        ]

    def _row(self, task: Task) -> dict[str, Any]:
        data = (self._package / task.file).read_bytes()
        row = {
            "name": task.name,
            "file": task.file,
            "bytes": len(data),
            "sha256": hashlib.sha256(data).hexdigest(),
        }
        try:
            card, changed = self.read(task).card, self.changed_sources(task)
        except InvalidArtifact as error:
            return {**row, "problem": str(error), "card": None}
        problem = f"trained with other sources than these: {', '.join(changed)}" if changed else ""
        return {**row, "problem": problem, "card": {name: card[name] for name in SHOWN}}

    def _needs(self, task: Task) -> Iterable[str]:
        for need in task.needs:
            yield need
            yield from self._needs(self._manifest.tasks[need])


def as_wrong_answer(error: InvalidArtifact, task: Task) -> WrongAnswer:
    """The failure of a test whose artifact is invalid."""
    hint = f"Make it again: {task.command}" if task.command else "Make it again."
    return WrongAnswer(str(error), hint=hint, failure=error.failure)


def code_digest(file: Path) -> str:
    """SHA-256 of the code of a source file, without blank lines, lines of comment and spaces at the end of a line."""
    text = file.read_text(encoding="utf-8", errors="replace") if file.is_file() else ""
    lines = (line.rstrip() for line in text.splitlines())
    code = "\n".join(line for line in lines if line and not line.lstrip().startswith("#"))
    return hashlib.sha256(code.encode(errors="replace")).hexdigest()


def _read(weights_file: Path, most: int) -> Artifact:
    card_file = weights_file.with_suffix(".json")
    data = _bytes(weights_file, most)
    card = _card(card_file)
    if card["weights"] != hashlib.sha256(data).hexdigest():
        raise InvalidArtifact(
            f"{weights_file.name} is not the file that {card_file.name} was written for: its digest differs",
            "swapped weights",
        )
    return Artifact(_tensors(weights_file.name, data), card)


def _bytes(file: Path, most: int) -> bytes:
    if not file.is_file():
        raise InvalidArtifact(f"{file.name} is missing", "missing")
    size = file.stat().st_size
    if size > most:
        raise InvalidArtifact(
            f"{file.name} has {size / MB:.1f} MB; at most {most / MB:g} MB are accepted", "too large"
        )
    return file.read_bytes()


def _card(file: Path) -> dict[str, Any]:
    reply = process.run_reader("card", {"path": str(file)}, seconds=SECONDS)
    said: dict[str, Any] = reply.only_part() or {"problem": f"cannot be read: {reply.ended}"}
    if "problem" in said:
        raise InvalidArtifact(f"{file.name} {said['problem']}", "no card")
    mistakes = [message for _, message in schemas.mistakes(said["values"], "card")]
    if mistakes:
        raise InvalidArtifact(f"{file.name} is not a card of trained weights: {mistakes[0][:200]}", "no card")
    card: dict[str, Any] = said["values"]
    return card


def _tensors(name: str, data: bytes) -> dict[str, Tensor]:
    try:
        tensors = load_safetensors(data)
    except SafetensorError as error:
        raise InvalidArtifact(
            f"{name} is broken or is not a safetensors file: {str(error)[:200]}", "broken file"
        ) from error
    weights = {}
    for key, tensor in tensors.items():
        if tensor.dtype not in FLOATS:
            raise InvalidArtifact(
                f"{name}: {key[:100]} contains {tensor.dtype}, but weights are floating-point numbers",
                "dtype",
            )
        weights[key] = tensor.float()
        if not bool(torch.isfinite(weights[key]).all()):
            raise InvalidArtifact(f"{name}: {key[:100]} has values that are not finite", "not finite")
    return weights
