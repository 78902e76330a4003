"""F1: how well what was found agrees with what is there."""

from __future__ import annotations

from vivant.errors import Undefined


def f1(hits: float, false: float, missed: float) -> float:
    """Return the harmonic mean of precision and recall from three counts.

    Raises:
        Undefined: there is nothing to find and nothing was found.

    >>> f1(hits=6, false=2, missed=2)
    0.75
    """
    if hits + false + missed == 0:
        raise Undefined("F1", "there is nothing to find, and nothing was found")
    return 2 * hits / (2 * hits + false + missed)
