"""The logarithm of a softmax of plain numbers, with an exact sum."""

import math
from collections.abc import Sequence


def log_softmax(row: Sequence[float], place: int) -> float:
    """Log of the probability at one place of a row of logits of any size."""
    top = max(row)
    return row[place] - top - math.log(math.fsum(math.exp(x - top) for x in row))
