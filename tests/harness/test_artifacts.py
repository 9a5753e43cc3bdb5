"""Trained weights that prove nothing: each is detected and named, and causes no crash."""

import hashlib
import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save

from autograder import schemas
from autograder.record.build import Record
from autograder.submission import artifacts
from tests.harness.mini import MANIFEST, PUBLIC, Mini, outcomes, points, results_of

NET, FIGURE = "artifacts.net", "answers.reached"
WITH_WEIGHTS = MANIFEST.replace("points = 10\n", "points = 13\n").replace(
    "]\n\n[staff]",
    f"""    {{ id = "{NET}", kind = "artifact", points = 2, needs = ["maths.double"], command = "make train" }},
    {{ id = "{FIGURE}", kind = "answer", points = 1, needs = ["{NET}"] }},
]

[intake]
file_mb = 0.001

[staff]""",
    1,
)
CHECKS = (
    PUBLIC
    + """
@pytest.mark.task("artifacts.net")
def test_sum(hw):
    "The weights add up to six."
    net = hw.artifact("artifacts.net")
    hw.measured(total=net.weights["w"].sum().item())
    hw.claimed(**net.metrics)
    hw.drawn(curves=[{"title": "loss", "x_label": "", "y_label": "", "x": [0], "lines": {"": [1.5]}}])
    assert net.weights["w"].sum() == 6

@pytest.mark.task("artifacts.net")
def test_sources(hw):
    "They come from these sources."
    assert not hw.changed_sources("artifacts.net"), hw.changed_sources("artifacts.net")

@pytest.mark.task("answers.reached")
def test_reached(hw):
    "The number is the sum of the weights."
    assert hw.answer("reached") == hw.artifact("artifacts.net").weights["w"].sum()
"""
)


class Net:
    """A homework with weights; a test changes `tensors`, `data` or `card` before `grade`."""

    def __init__(self, mini: Mini) -> None:
        self.mini = mini
        self.tensors: dict[str, torch.Tensor] = {"w": torch.tensor([1.0, 2.0, 3.0]).half()}
        self.data: bytes | None = None
        self.changes: dict[str, Any] = {}
        self.card: bytes | None = None
        mini.manifest(WITH_WEIGHTS)
        mini.public(CHECKS)
        mini.answers('colour = "blue"\nreached = 6')

    @property
    def folder(self) -> Path:
        return self.mini.root / "pupil/artifacts"

    def grade(self) -> Record:
        self.folder.mkdir()
        data = save(self.tensors) if self.data is None else self.data
        (self.folder / "net.safetensors").write_bytes(data)
        source = self.mini.root / "pupil/maths.py"
        card = {
            "artifact": "net",
            "preset": "quick",
            "seed": 0,
            "device": "cpu",
            "settings": {"width": 3, "blocks": [1, 2]},
            "data": "0" * 64,
            "sources": {"maths.py": artifacts.code_digest(source)},
            "weights": hashlib.sha256(data).hexdigest(),
            "metrics": {"total": 6.0},
            "curves": {"loss": [2.0, 1.0]},
        }
        text = json.dumps(card | self.changes).encode() if self.card is None else self.card
        (self.folder / "net.json").write_bytes(text)
        return self.mini.grade()


@pytest.fixture
def net(tmp_path: Path) -> Net:
    return Net(Mini(tmp_path))


def _says(record: Record) -> str:
    return results_of(record, NET)[0]["rationale"]


def test_valid_weights_earn_their_points_and_are_in_the_record(net: Net) -> None:
    record = net.grade()
    assert points(record)[NET] == 2 and points(record)[FIGURE] == 1
    assert record["score"] == record["max_score"] == 13 and record["faults"] == []
    (row,) = record["artifacts"]
    assert (row["name"], row["file"], row["problem"]) == ("net", "artifacts/net.safetensors", "")
    assert row["card"]["metrics"] == {"total": 6.0} and row["card"]["curves"] == {"loss": [2.0, 1.0]}
    training = next(row for row in record["training"] if row["run"] == NET and row["claimed"])
    assert training["measured"] == {"total": 6.0} == training["claimed"]
    assert training["curves"][0]["lines"] == {"": [1.5]}
    assert all("shown" not in test for test in record["tests"])


def test_missing_weights_are_todo_and_dependent_tasks_are_blocked(net: Net) -> None:
    record = net.mini.grade()
    assert outcomes(record)[NET] == "TODO" and outcomes(record)[FIGURE] == "BLOCKED"
    assert points(record)[NET] == points(record)[FIGURE] == 0
    assert "artifacts/net.safetensors" in results_of(record, FIGURE)[0]["rationale"]
    assert results_of(record, FIGURE)[0]["hint"] == "Train it: make train"
    assert record["artifacts"] == []


def test_weights_wait_for_the_code_that_trains_them(net: Net) -> None:
    net.mini.code(
        "def double(x):\n    raise NotImplementedError('TODO(q1): maths.double')\ndef quadruple(x):\n    return x"
    )
    assert outcomes(net.grade())[NET] == "BLOCKED"


def test_half_precision_is_read_as_single(net: Net) -> None:
    net.grade()
    task = net.mini.loaded().tasks[NET]
    assert (
        artifacts.ArtifactStore(net.mini.root / "pupil", net.mini.loaded()).read(task).weights["w"].dtype
        == torch.float32
    )


def _set(**values: Any) -> Callable[[Net], None]:
    def change(net: Net) -> None:
        for name, value in values.items():
            setattr(net, name, value)

    return change


def _weights(*values: float, dtype: torch.dtype = torch.float32) -> dict[str, torch.Tensor]:
    return {"w": torch.tensor(values, dtype=dtype)}


DEEP = b'{"artifact": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"
UNSOUND = {
    "a pickle": (_set(data=pickle.dumps({"w": [1, 2, 3]})), "broken or is not a safetensors"),
    "nothing": (_set(data=b""), "broken or is not a safetensors"),
    "truncated": (_set(data=save(_weights(1, 2, 3))[:-2]), "broken or is not a safetensors"),
    "a header with an enormous size": (_set(data=b"\xff" * 8 + b"{}"), "broken or is not a safetensors"),
    "NaN": (_set(tensors=_weights(1, float("nan"), 3)), "not finite"),
    "infinite": (_set(tensors=_weights(1, float("inf"), 3)), "not finite"),
    "infinite in single precision": (_set(tensors=_weights(1e300, dtype=torch.float64)), "not finite"),
    "whole numbers": (_set(tensors={"w": torch.tensor([1, 2, 3])}), "int64"),
    "too large": (_set(tensors=_weights(*range(400))), "MB are accepted"),
    "swapped weights": (_set(changes={"weights": "a" * 64}), "its digest differs"),
    "no card": (_set(card=b""), "not valid JSON"),
    "no JSON": (_set(card=b"{'a': 1}"), "not valid JSON"),
    "no text": (_set(card=b"\xff\xfe"), "not UTF-8"),
    "nested deeply": (_set(card=DEEP), "nested too deeply"),
    "a large card": (_set(card=b" " * 300_000), "more than 256 KB"),
    "NaN on the card": (_set(changes={"metrics": {"total": float("nan")}}), "NaN"),
    "an infinite claim": (_set(card=b'{"metrics": {"total": 1e999}}'), "too large"),
    "endless digits": (_set(card=b'{"seed": ' + b"9" * 5000 + b"}"), "5000 digits"),
    "a list for a card": (_set(card=b"[]"), "not a card of trained weights"),
    "a claim in words": (_set(changes={"metrics": {"total": "all of it"}}), "not a card of trained weights"),
    "an unknown key": (_set(changes={"score": 100}), "not a card of trained weights"),
}


@pytest.mark.parametrize("name", UNSOUND)
def test_invalid_weights_are_named_and_nothing_crashes(net: Net, name: str) -> None:
    change, says = UNSOUND[name]
    change(net)
    record = net.grade()
    assert record["faults"] == [] and outcomes(record)[NET] == outcomes(record)[FIGURE] == "FAILED"
    assert points(record)[NET] == points(record)[FIGURE] == 0
    assert says in _says(record) and says in record["artifacts"][0]["problem"]
    assert record["artifacts"][0]["card"] is None
    assert points(record)["maths.double"] == 4  # the rest is graded as usual


def test_a_folder_in_place_of_weights_is_named(net: Net) -> None:
    (net.folder / "net.safetensors").mkdir(parents=True)
    record = net.mini.grade()
    assert record["faults"] == [] and outcomes(record)[NET] == "FAILED" and "is missing" in _says(record)


@pytest.mark.parametrize("sources", [{}, {"maths.py": "b" * 64}, {"other.py": "b" * 64}])
def test_a_card_of_other_sources_is_named(net: Net, sources: dict[str, str]) -> None:
    net.changes = {"sources": sources}
    record = net.grade()
    assert points(record)[NET] == 1  # the weights themselves are valid
    assert "maths.py" in results_of(record, NET)[1]["rationale"]
    assert record["artifacts"][0]["problem"] == "trained with other sources than these: maths.py"


def test_comments_and_blank_lines_do_not_change_a_source(tmp_path: Path) -> None:
    plain, changed, other = (tmp_path / name for name in "abc")
    plain.write_text("x = 1\nif x:\n    y = 2\n")
    changed.write_text("# why\nx = 1  \n\nif x:\n    # and so\n    y = 2\n\n")
    other.write_text("x = 1\nif x:\n  y = 2\n")
    assert artifacts.code_digest(plain) == artifacts.code_digest(changed) != artifacts.code_digest(other)


def test_measured_nan_is_written_as_text_and_can_be_read(net: Net) -> None:
    net.mini.public(CHECKS.replace("total=net", "loss=float('nan'), total=net"))
    record = net.grade()
    written = json.loads((net.mini.out / "submission_log.json").read_text())
    row = next(row for row in written["training"] if row["run"] == NET and row["claimed"])
    assert row["measured"] == {"loss": "nan", "total": 6.0}
    assert list(schemas.mistakes(written, "record")) == list(schemas.mistakes(record, "record")) == []


def test_measurements_of_a_hidden_test_are_not_shown(net: Net) -> None:
    net.mini.public(PUBLIC + "import torch")
    net.mini.hidden(CHECKS.replace("def test_", "def test_hidden_"))
    record = net.grade()
    assert record["faults"] == [] and points(record)[NET] == 2
    assert record["training"] == []
