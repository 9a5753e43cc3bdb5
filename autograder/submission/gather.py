"""Collects the output of the reader of submissions: files by name, which files were left out and why, remarks."""

from collections import defaultdict
from dataclasses import asdict, dataclass, field
from pathlib import Path

from autograder.assignment.manifest import Manifest
from autograder.submission.reader import process
from autograder.submission.reader.names import listed, shown


@dataclass
class Gathered:
    """Everything that was read from a submission, wherever in it the package is.

    Attributes:
        files: bytes of every file, by its path in the submission.
        skipped: the names of files that were left out, by reason; "" if they are just not graded.
        remarks: about the submission as a whole.
    """

    files: dict[str, bytes] = field(default_factory=dict)
    skipped: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    remarks: list[str] = field(default_factory=list)


def gather(submission: Path, manifest: Manifest) -> Gathered:
    """Reads a submission. Whatever it contains, this raises no exception; `remarks` say what is wrong.

    Raises:
        HarnessError: the machine could not read it.
    """
    request = {"path": str(submission), "limits": asdict(manifest.intake), "assignment": manifest.id}
    reply = process.run_reader("submission", request)
    found = Gathered()
    twice: dict[str, None] = {}
    for (kind, name, text), data in reply.parts:
        if kind == "file":
            if name in found.files:
                twice[name] = None
            found.files[name] = data
        elif kind == "skipped":
            found.skipped[text].append(name)
        else:
            found.remarks.append(text)
    if twice:
        what = "there is more than one file with the same name; the last one is graded"
        found.remarks.append(f"{what}: {listed(list(twice))}")
    if reply.ended:
        found.remarks.append(
            f"{shown(submission.name)} could not be read completely: {reply.ended};"
            " what was read before is graded; hand in only the folder of the package"
        )
    return found
