"""Training as the page shows it: measured values, claimed values, curves, pictures, trained weights."""

from collections.abc import Mapping
from typing import Any

from autograder.record.build import Record
from autograder.render.file_size import file_size
from autograder.render.report.chart import Chart, chart
from autograder.render.report.pictures import grid
from autograder.render.report.values import NAME, FirstItems, finite, first_items, number, text, texts

RUNS, QUANTITIES, CHARTS = 100, 60, 12


def rows(record: Record, tests: Mapping[str, Any]) -> dict[str, Any]:
    """Every run or measurement with something to show, and the names of the tasks without."""
    with_evidence, others = [], {}
    for row in record["training"]:
        name, outcome = text(row["run"], NAME), row["outcome"]
        shown = {
            "name": name,
            "outcome": outcome,
            "title": text(tests[row["test"]]["title"]) if row["test"] in tests else "",
            "budget": texts(row["budget"].items())[:QUANTITIES],
            "quantities": quantities(row["measured"], row.get("claimed", {})),
            **_drawn(row),
        }
        if shown["quantities"].first or shown["charts"].first or shown["pictures"].first:
            with_evidence.append(shown)
        else:
            others[name] = f"{name} ({outcome})"
    shown_names = {row["name"] for row in with_evidence}
    without = [text_of for name, text_of in others.items() if name not in shown_names]
    return {"runs": first_items(with_evidence, RUNS), "without": first_items(without, RUNS)}


def _drawn(row: dict[str, Any]) -> dict[str, Any]:
    curves, pictures = (
        first_items(row.get("curves", []), CHARTS),
        first_items(row.get("pictures", []), CHARTS),
    )
    return {
        "charts": FirstItems([chart(curve) for curve in curves.first], curves.more),
        "pictures": FirstItems([grid(picture) for picture in pictures.first], pictures.more),
    }


def quantities(measured: Mapping[str, Any], claimed: Mapping[str, Any]) -> Any:
    """Each quantity: measured, claimed, and the difference as text."""
    names = dict.fromkeys([*measured, *claimed])
    return first_items(
        [
            {
                "name": text(name, NAME),
                "measured": number(measured[name]) if name in measured else "",
                "claimed": number(claimed[name]) if name in claimed else "",
                "difference": _difference(measured[name], claimed[name])
                if name in measured and name in claimed
                else "",
            }
            for name in names
        ],
        QUANTITIES,
    )


def _difference(measured: Any, claimed: Any) -> str:
    """The difference between a claim and the measurement, as text."""
    found, said = finite(measured), finite(claimed)
    if found is None or said is None:
        return f"the {'claim' if said is None else 'measurement'} is not a number"
    if number(found) == number(said):
        return "the same"
    apart = abs(said - found)
    share = 100 * apart / abs(found) if found else 1000.0
    more = f" ({share:.2g}\N{NO-BREAK SPACE}%)" if share < 100 else ""
    return f"{number(apart)} {'higher' if said > found else 'lower'}{more}"


def artifacts(record: Record) -> Any:
    """The trained weights that were handed in, with the claims of their cards."""
    return first_items([_artifact(artifact) for artifact in record["artifacts"]], RUNS)


def _artifact(artifact: dict[str, Any]) -> dict[str, Any]:
    card = artifact["card"] or {}
    metrics, curves = card.get("metrics"), card.get("curves")
    metrics = metrics if isinstance(metrics, dict) else {}
    lines = first_items(curves.items() if isinstance(curves, dict) else (), CHARTS)
    return {
        "name": text(artifact["name"], NAME),
        "file": text(artifact["file"], NAME),
        "size": file_size(artifact["bytes"]),
        "digest": text(artifact["sha256"], 12),
        "problem": text(artifact["problem"]),
        "made": texts((key, str(card[key])) for key in ("preset", "seed", "device") if key in card),
        "metrics": first_items(
            [(text(name, NAME), number(value)) for name, value in metrics.items()], QUANTITIES
        ),
        "charts": FirstItems([_claimed(*line) for line in lines.first], lines.more),
    }


def _claimed(name: str, line: Any) -> Chart:
    return chart({"title": name, "x_label": "in order", "lines": {"claimed": line}})
