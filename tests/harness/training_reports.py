"""Sample rows of a record: a training run with curves and pictures, and an artifact with its card."""

import base64
import math
from typing import Any


def training_row() -> dict[str, Any]:
    steps = list(range(0, 2000, 10))
    losses = {
        f"seed {seed}": [
            1 + 2 * math.exp(-step / (300 + 100 * seed)) + 0.05 * math.sin(step * (seed + 1))
            for step in steps
        ]
        for seed in range(4)
    }
    tolerances = [0.0, 0.05, 0.1, 0.2, 0.3, 0.5, 0.8, 1.2]
    sweep = {
        "accuracy": [0.963, 0.963, 0.964, 0.962, 0.962, 0.96, 0.948, 0.9],
        "small net": [0.949] * 8,
    }
    pixels = bytes(
        (image * 7 + row * 20 + column * 25) % 256
        for image in range(20)
        for row in range(8)
        for column in range(8)
    )
    return {
        "run": "runs.curve",
        "test": "runs.curve::1",
        "outcome": "PASSED",
        "budget": {"iterations": 2000, "batch_size": 64, "blocks": [2, 2, 2, 2], "learning_rate": 8e-3},
        "measured": {
            "accuracy": 0.9313,
            "mac_ratio": 1.8402,
            "macs": 555_422_720,
            "hidden_utility": 3.74,
            "loss": 0.0,
        },
        "claimed": {"accuracy": 0.97, "mac_ratio": 1.84021, "hidden_utility": 3.1, "loss": 0.1, "extra": 1.0},
        "curves": [
            {
                "title": "Loss over steps",
                "x_label": "step",
                "y_label": "loss (nats)",
                "x": steps,
                "lines": losses,
            },
            {
                "title": "Accuracy over the tolerance of the exits",
                "x_label": "tolerance (nats)",
                "y_label": "accuracy",
                "x": tolerances,
                "lines": sweep,
            },
            {
                "title": "The MAC ratio",
                "x_label": "tolerance (nats)",
                "y_label": "ratio",
                "x": tolerances,
                "lines": {"full over early": [1.0, 1.2, 1.3, 1.5, 1.6, 1.84, 2.2, 2.8]},
            },
        ],
        "pictures": [
            {
                "title": "Samples",
                "columns": 10,
                "height": 8,
                "width": 8,
                "pixels": base64.b64encode(pixels).decode(),
            }
        ],
    }


def artifact(name: str, size: int, problem: str = "", card: dict[str, float] | None = None) -> dict[str, Any]:
    found = {
        "name": name,
        "file": f"artifacts/{name}.safetensors",
        "bytes": size,
        "sha256": "0123456789abcdef" * 4,
        "problem": problem,
        "card": None,
    }
    curves = {"loss": [1 / (1 + step) for step in range(500)], "accuracy": [0.1, 0.5, 0.8, 0.9]}
    if card:
        found["card"] = {"preset": "quick", "seed": 0, "device": "cpu", "metrics": card, "curves": curves}
    return found
