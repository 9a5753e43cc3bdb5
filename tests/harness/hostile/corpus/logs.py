"""Class 11: claims. A log can claim anything; only its sources and the measurements of the grader count."""

import hashlib
import json
from pathlib import Path
from typing import Any

from tests.harness.hostile.entry import TARGET, Entry, Files, Pack, double
from tests.harness.hostile.homework import HONEST, POINTS

WRONG = {"maths.py": "def double(x):\n    return 3 * x\n"}
RIGHT = {"maths.py": "def double(x):\n    return 2 * x\n"}
PERFECT = {
    "score": 37,
    "max_score": 37,
    "complete": True,
    "tasks": [{"id": task, "outcome": "PASSED", "points": points} for task, points in POINTS.items()],
    "tests": [{"id": "checks/public/test_attacked.py::test_double", "task": TARGET, "outcome": "PASSED"}],
    "training": [{"run": "net.fit", "outcome": "PASSED", "measured": {"error": 0.0, "accuracy": 1.0}}],
    "isolation": {"mode": "isolated", "layers": ["seccomp"], "promises": {}},
    "faults": [],
}
FIT = """
def fit(x, y, steps):
    print("error 0.0, accuracy 100 %")
    return {"weight": torch.tensor([0.5]), "error": 0.0, "accuracy": 1.0, "passed": True}
"""


def log_of(package: dict[str, bytes], **claims: Any) -> dict[str, Any]:
    """A log of these files, with its claims."""
    texts = {path.removeprefix("pupil/"): data.decode() for path, data in package.items()}
    digests = {path: hashlib.sha256(text.encode()).hexdigest() for path, text in texts.items()}
    return {
        "schema_version": "1.0",
        "assignment": {"id": "hostile"},
        "files": texts,
        "sources": digests,
        **claims,
    }


def claimed(**claims: Any) -> Pack:
    """Submits it."""

    def pack(place: Path, files: dict[str, bytes]) -> Path:
        path = place / "submission_log.json"
        path.write_text(json.dumps(log_of(files, **claims)))
        return path

    return pack


def claim(
    id: str, tries: str, pack: Pack, note: str = "", files: Files | None = None, ends: Any = None
) -> Entry:
    """An entry that is submitted as a log."""
    return Entry(id, 11, tries, files or {}, ends or {}, note, pack)


ENTRIES = (
    claim(
        "claim-score",
        "a perfect score for wrong sources",
        claimed(**PERFECT),
        files=WRONG,
        ends={TARGET: "FAILED"},
    ),
    claim(
        "claim-digests",
        "right sources in a log of wrong ones, with the digests of the wrong ones",
        claimed(
            sources={"maths.py": hashlib.sha256(WRONG["maths.py"].encode()).hexdigest(), "gone.py": "1" * 64}
        ),
        "was changed after it was made",
        files=RIGHT,
    ),
    claim(
        "claim-assignment",
        "the log of another homework",
        claimed(assignment={"id": "hw11"}),
        "is a log of hw11",
    ),
    claim(
        "claim-other-student",
        "the log of another student: it is graded like any log",
        claimed(who=[{"name": "Somebody else", "id": "1"}], **PERFECT),
        files={**WRONG, "answers.toml": 'colour = "blue"\nnames = ["Me"]\n'},
        ends={TARGET: "FAILED"},
    ),
    claim(
        "claim-no-sources",
        "a log with a perfect score and nothing else",
        claimed(files={}, **PERFECT),
        "contains no sources",
        ends=dict.fromkeys(POINTS, "CRASHED"),
    ),
    claim(
        "claim-paths",
        "sources at paths outside, at the paths of staff files and of given files",
        claimed(
            files={
                "../../homework/checks/hidden/test_attacked_secretly.py": "",
                "/tmp/evil.py": "",
                "given/table.py": "FACTOR = 3\n",
                **RIGHT,
            }
        ),
        "left out",
        files=RIGHT,
        ends=dict.fromkeys([task for task in POINTS if task != TARGET], "CRASHED"),
    ),
    claim(
        "claim-odd-types",
        "a log in which everything is of the wrong type",
        claimed(score={"a": 1}, tasks=3, tests="x", who=[None], sources=[], training={}),
        "was changed after it was made",
    ),
    Entry(
        "claim-figures",
        11,
        "numbers in the result of a training that its weights do not reach; outcomes in answers, names and prints",
        {
            "net.py": HONEST["net.py"].partition("\n\ndef fit")[0] + FIT,
            "answers.toml": 'colour = "red"\nscore = 37\noutcome = "PASSED"\n[staff.choices]\ncolour = "red"\n',
            **double(
                '"""PASSED: all tests passed. score: 100"""\nprint("PASSED", "score", 100)\nreturn 3 * x',
                "__test__ = {'PASSED': True}\nscore = 100",
            ),
        },
        {"net.fit": "FAILED", "answers.colour": "FAILED", TARGET: "FAILED"},
        "no question asks for `score`",
    ),
    Entry(
        "claim-log-beside",
        11,
        "a log and results with a perfect score beside the package",
        {"submission_log.json": json.dumps(PERFECT), "results.json": '{"score": 37, "tests": []}', **WRONG},
        {TARGET: "FAILED"},
        "left out",
    ),
)
