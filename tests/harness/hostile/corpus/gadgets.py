"""Class 6: pickles, arrays of objects, and plain formats with huge contents."""

import json
import pickle
from pathlib import Path

from tests.harness.hostile.corpus.logs import log_of
from tests.harness.hostile.entry import TARGET, Entry, Pack, double, noise
from tests.harness.hostile.homework import HONEST, POINTS

FIT = """
def fit(x, y, steps):
    return {"weight": torch.tensor([3.0]), "optimizer": Gadget()}


class Gadget:
    def __reduce__(self):
        import os
        return os._exit, (0,)
"""


class _Gadget:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return eval, ("__import__('os')._exit(0)",)


def _npy() -> bytes:
    """An array of objects in the format of NumPy: a header and a pickle."""
    header = "{'descr': '|O', 'fortran_order': False, 'shape': (1,), }".ljust(117) + "\n"
    return (
        b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode() + pickle.dumps(_Gadget())
    )


def _log(text: bytes) -> Pack:
    """Submits a log with the honest sources and this text."""

    def pack(place: Path, files: dict[str, bytes]) -> Path:
        path = place / "submission_log.json"
        path.write_bytes(json.dumps(log_of(files)).encode()[:-1] + b', "more": ' + text + b"}")
        return path

    return pack


NOTHING = dict.fromkeys(POINTS, "CRASHED")

ENTRIES = (
    Entry(
        "gadget-returned",
        6,
        "an object in its weights and an exception that end the process if it unpickles them; an array of objects",
        {
            "net.py": HONEST["net.py"].partition("\n\ndef fit")[0] + FIT,
            **double(
                "raise Gadget()", "class Gadget(Exception):\n    __reduce__ = lambda self: (os._exit, (0,))"
            ),
            **noise("import numpy\nreturn numpy.array([os.system], dtype=object)"),
        },
        {"net.fit": "FAILED", TARGET: "CRASHED", "draws.noise": "FAILED"},
    ),
    Entry(
        "gadget-files",
        6,
        "weights, arrays and pickles that run code when they are loaded, under every possible name",
        {f"weights{suffix}": pickle.dumps(_Gadget()) for suffix in (".pt", ".pth", ".pkl", ".bin", ".ckpt")}
        | {"weights.npy": _npy(), "given/table.npz": _npy(), "answers.json": pickle.dumps(_Gadget())},
        note="left out",
    ),
    Entry(
        "bomb-log-depth",
        6,
        "a log nested a million deep",
        {},
        NOTHING,
        "nested too deeply",
        _log(b"[" * 10**6),
    ),
    Entry(
        "bomb-log-digits",
        6,
        "a log with a number of two megabytes, NaN and infinities",
        {},
        {},
        "more than 100 digits",
        _log(b"[NaN, -Infinity, 1e999, " + b"9" * 2_000_000 + b"]"),
    ),
    Entry(
        "bomb-sources",
        6,
        "brackets too deep for a parser, 900 KB of signs, a number that takes centuries, deeply nested answers",
        {
            "loss.py": "def squares(x, y):\n    return " + "(" * 5_000 + "x" + ")" * 5_000 + "\n",
            "draws.py": HONEST["draws.py"] + "more = " + "-" * 900_000 + "1\n",
            "words.py": HONEST["words.py"] + "large = 7**7**7**7\n",
            "answers.toml": "colour = " + "[" * 400 + "]" * 400,
        },
        {
            "loss.squares": "CRASHED",
            "draws.noise": "CRASHED",
            "words.shout": "TIMEOUT",
            "answers.colour": "CRASHED",
        },
        "nested too deeply",
    ),
)
