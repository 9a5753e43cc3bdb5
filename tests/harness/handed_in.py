"""The tiny homework with trained weights and a given file: the log from `submit`, and the files of a grade."""

import hashlib
import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import save

from autograder import cli, commands
from autograder.submission import stage as intake
from tests.harness.mini import MANIFEST, PUBLIC, Mini, giving

LOG, ZIP = Path("submission_log.json"), Path("submission.zip")
WEIGHTS = save({"w": torch.full((3,), -1.0, dtype=torch.float16)})
CARD = {
    **{"artifact": "net", "preset": "quick", "seed": 0, "device": "cpu", "settings": {}, "data": "0" * 64},
    **{
        "sources": {},
        "weights": hashlib.sha256(WEIGHTS).hexdigest(),
        "metrics": {"accuracy": 1},
        "curves": {},
    },
}
ARTIFACT_TASK = (
    '    { id = "artifacts.net", kind = "artifact", points = 0, command = "make train Q=q1" },\n]\n\n[staff]'
)
ARTIFACT_TEST = """
@pytest.mark.task("artifacts.net")
def test_net(hw):
    "Its weights can be read."
    hw.artifact("artifacts.net")
"""
INTAKE = '\n[intake]\naccept = ["**/*.py", "answers.toml", "artifacts/*.safetensors", "artifacts/*.json"]\n'


def with_weights(mini: Mini) -> None:
    """Adds an artifact, its task, and the given file `table.py`."""
    text = giving(MANIFEST.replace("]\n\n[staff]", ARTIFACT_TASK), "table.py")
    mini.manifest(text + INTAKE)
    mini.public(PUBLIC + ARTIFACT_TEST)
    for folder in ("reference", "pupil/artifacts"):
        (mini.root / folder).mkdir()
    for package in ("reference", "pupil"):
        (mini.root / package / "table.py").write_text("FACTOR = 2\n")
    (mini.root / "pupil/artifacts/net.safetensors").write_bytes(WEIGHTS)
    (mini.root / "pupil/artifacts/net.json").write_text(json.dumps(CARD))


def submitted(*more: str) -> dict:
    """The log that the command writes."""
    assert cli.main(["submit", "--package", "pupil", *more]) == commands.DONE
    return json.loads(LOG.read_text())


def staged(submission: Path, mini: Mini) -> tuple[dict[str, bytes], dict[str, str], tuple[str, ...]]:
    """The input of a grade: files, digests, notes."""
    scratch = mini.root.parent / f"staged {submission.name}"
    scratch.mkdir()
    found = intake.stage(submission, mini.loaded(), scratch)
    files = {p.relative_to(scratch).as_posix(): p.read_bytes() for p in scratch.rglob("*") if p.is_file()}
    return files, found.digests, found.notes


def shown(capsys: pytest.CaptureFixture[str]) -> str:
    """The printed text in one line."""
    return " ".join(capsys.readouterr().out.split())
