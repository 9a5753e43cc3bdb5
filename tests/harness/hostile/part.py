"""One part of the corpus, with its own grader in its own process. Prints one line of progress for each entry."""

import time
from pathlib import Path

from tests.harness.hostile.corpus import ENTRIES
from tests.harness.hostile.runner import Finding, run

LINES, LETTERS = 8, 600  # printed for an escape


def some(ids: list[str], keep: Path | None) -> list[tuple[int, bool]]:
    """Grades these entries with their own grader. Returns the class of each, and whether it was contained."""
    last = time.monotonic()

    def tell(finding: Finding) -> None:
        nonlocal last
        now = time.monotonic()
        verdict = "ESCAPED" if finding.escaped else "contained"
        kind = finding.entry.kind or ""
        words = [f"{verdict:<10}{kind:>2}  {finding.entry.id:<28}{now - last:5.1f} s  {finding.entry.tries}"]
        words += [f"    {reason[:LETTERS]}" for reason in finding.escaped[:LINES]]
        if len(finding.escaped) > LINES:
            words.append(f"    and {len(finding.escaped) - LINES} more")
        print("\n".join(words), flush=True)
        last = now

    findings = run([entry for entry in ENTRIES if entry.id in ids], tell, keep)
    return [(finding.entry.kind, not finding.escaped) for finding in findings]
