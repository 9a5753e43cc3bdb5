"""Trained weights as evidence: a safetensors file, and a card that says where they come from and what they reach."""

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
RUNS = PACKAGE.parent / "runs" / PACKAGE.name  # whatever is not handed in


def save(
    name: str, weights: Mapping[str, Tensor], folder: Path = FOLDER, replaced: Path = RUNS / "replaced"
) -> dict[str, Tensor]:
    """Writes `<name>.safetensors` in half precision. Earlier weights and their card are moved to `replaced`.

    Returns:
        The weights as they are in the file, in single precision: what every metric has to be measured on.
    """
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{name}.safetensors"
    for old in (file, file.with_suffix(".json")):
        if old.exists():
            made = datetime.fromtimestamp(old.stat().st_mtime).strftime("%Y-%m-%dT%H-%M-%S.%f")
            replaced.mkdir(parents=True, exist_ok=True)
            old.replace(replaced / f"{name}.{made}{old.suffix}")
    save_file({key: value.to(torch.float16).contiguous() for key, value in weights.items()}, file)
    file.chmod(0o644)  # it comes readable for its owner alone
    return load(name, folder)


def load(name: str, folder: Path = FOLDER) -> dict[str, Tensor]:
    """The weights of an artifact, in single precision."""
    return {key: value.float() for key, value in load_file(folder / f"{name}.safetensors").items()}


def write_card(name: str, card: Mapping[str, Any], folder: Path = FOLDER) -> None:
    """Writes `<name>.json`, with the digest of the weights beside it."""
    digest = hashlib.sha256((folder / f"{name}.safetensors").read_bytes()).hexdigest()
    text = json_rows.dumps({**card, "weights": digest})
    (folder / f"{name}.json").write_text(text, encoding="utf-8")


def check_shapes(weights: Mapping[str, Tensor], due: Mapping[str, Tensor], stranger: str) -> None:
    """Refuses weights that are not, name for name and shape for shape, those that are due.

    Args:
        weights: anybody's.
        due: tensors of the right shapes.
        stranger: what is said of a name that is not due.

    Raises:
        ValueError: they are others.
    """
    for name in sorted(weights.keys() ^ due.keys()):
        trouble = "is missing" if name in due else stranger
        raise ValueError(f"these are weights of another architecture: {name[:100]} {trouble}")
    for name, value in due.items():
        found, shape = list(weights[name].shape), list(value.shape)
        if found != shape:
            raise ValueError(
                f"these are weights of another architecture: {name} has shape {found}, not {shape}"
            )


def source_digests(files: Iterable[str], package: Path = PACKAGE) -> dict[str, str]:
    """SHA-256 of the code in each file of the package.

    Only code counts: neither blank lines, nor lines of comment, nor space at the end of a line.
    """
    return {file: _code_digest((package / file).read_text(encoding="utf-8")) for file in files}


def _code_digest(text: str) -> str:
    lines = (line.rstrip() for line in text.splitlines())
    code = "\n".join(line for line in lines if line and not line.lstrip().startswith("#"))
    return hashlib.sha256(code.encode()).hexdigest()


def data_digest(*tensors: Tensor) -> str:
    """SHA-256 of the bytes of the data that a network was trained on."""
    digest = hashlib.sha256()
    for tensor in tensors:
        digest.update(tensor.contiguous().cpu().numpy().tobytes())
    return digest.hexdigest()
