"""Collects what the reader of submissions sends: files by name, what was left out and why, remarks."""

from collections import defaultdict
from dataclasses import asdict, dataclass, field
from pathlib import Path

from autograder.assignment.manifest import Manifest
from autograder.submission.reader import process
from autograder.submission.reader.names import listed, shown


@dataclass
class Gathered:
    """Everything that was read of a submission, wherever in it the package may be.

    Attributes:
        files: bytes of every file, by its path in the submission.
        left: names that were left out, by reason; "" where they are just none that is graded.
        remarks: what is to be said of the whole.
    """

    files: dict[str, bytes] = field(default_factory=dict)
    left: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    remarks: list[str] = field(default_factory=list)


def gather(submission: Path, manifest: Manifest) -> Gathered:
    """Reads a submission. It may hold anything: this never raises for it, and says so in `remarks`."""
    request = {"path": str(submission), "limits": asdict(manifest.intake), "assignment": manifest.id}
    reply = process.run_reader("submission", request)
    found = Gathered()
    twice: dict[str, None] = {}
    for (kind, name, text), data in reply.parts:
        if kind == "file":
            if name in found.files:
                twice[name] = None
            found.files[name] = data
        elif kind == "left":
            found.left[text].append(name)
        else:
            found.remarks.append(text)
    if twice:
        found.remarks.append(
            f"stands there more than once, and the last one is graded: {listed(list(twice))}"
        )
    if reply.ended:
        found.remarks.append(
            f"{shown(submission.name)} could not be read to its end: {reply.ended};"
            " what came before is graded; hand in the package's folder alone"
        )
    return found
