"""Trained weights as evidence: a safetensors file, and a card with their origin and their metrics."""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from .. import json_rows

PACKAGE = Path(__file__).parents[2]
FOLDER = PACKAGE / "artifacts"
RUNS = PACKAGE.parent / "runs" / PACKAGE.name  # files that are not handed in


def save(
    name: str, weights: Mapping[str, Tensor], folder: Path = FOLDER, replaced: Path = RUNS / "replaced"
) -> dict[str, Tensor]:
    """Writes `<name>.safetensors` in half precision. Earlier weights and their card are moved to `replaced`.

    Returns:
        The weights of the file, in single precision: every metric must be measured on them.
    """
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{name}.safetensors"
    for old in (file, file.with_suffix(".json")):
        if old.exists():
            made = datetime.fromtimestamp(old.stat().st_mtime).strftime("%Y-%m-%dT%H-%M-%S.%f")
            replaced.mkdir(parents=True, exist_ok=True)
            old.replace(replaced / f"{name}.{made}{old.suffix}")
    save_file({key: value.to(torch.float16).contiguous() for key, value in weights.items()}, file)
    file.chmod(0o644)  # the library makes it readable for its owner only
    return load(name, folder)


def load(name: str, folder: Path = FOLDER) -> dict[str, Tensor]:
    """The weights of an artifact, in single precision."""
    return {key: value.float() for key, value in load_file(folder / f"{name}.safetensors").items()}


def write_card(name: str, card: Mapping[str, Any], folder: Path = FOLDER) -> None:
    """Writes `<name>.json`, with the digest of the weights in the same folder."""
    digest = hashlib.sha256((folder / f"{name}.safetensors").read_bytes()).hexdigest()
    text = json_rows.dumps({**card, "weights": digest})
    (folder / f"{name}.json").write_text(text, encoding="utf-8")


def check_shapes(weights: Mapping[str, Tensor], expected: Mapping[str, Tensor], unexpected: str) -> None:
    """Refuses weights whose names or shapes are not the expected ones.

    Args:
        weights: weights from any source.
        expected: tensors with the expected names and shapes.
        unexpected: the message about a name that is not expected.

    Raises:
        ValueError: a name or a shape differs.
    """
    for name in sorted(weights.keys() ^ expected.keys()):
        trouble = "is missing" if name in expected else unexpected
        raise ValueError(f"these are weights of another architecture: {name[:100]} {trouble}")
    for name, value in expected.items():
        found, shape = list(weights[name].shape), list(value.shape)
        if found != shape:
            raise ValueError(
                f"these are weights of another architecture: {name} has shape {found}, not {shape}"
            )


def source_digests(files: Iterable[str], package: Path = PACKAGE) -> dict[str, str]:
    """SHA-256 of the code in each file of the package.

    Only code counts. Blank lines, comment lines and space at the end of a line are ignored.
    """
    return {file: _code_digest((package / file).read_text(encoding="utf-8")) for file in files}


def _code_digest(text: str) -> str:
    lines = (line.rstrip() for line in text.splitlines())
    code = "\n".join(line for line in lines if line and not line.lstrip().startswith("#"))
    return hashlib.sha256(code.encode()).hexdigest()


def data_digest(*tensors: Tensor) -> str:
    """SHA-256 of the bytes of the training data."""
    digest = hashlib.sha256()
    for tensor in tensors:
        digest.update(tensor.contiguous().cpu().numpy().tobytes())
    return digest.hexdigest()
