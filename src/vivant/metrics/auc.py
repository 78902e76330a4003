"""How well a detector tells drawn pictures from true ones, whatever its threshold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Self

import numpy as np

from vivant.errors import Undefined


def auc(drawn: Sequence[float], true: Sequence[float]) -> float:
    """Return the area under the receiver operating characteristic.

    It is the chance that a drawn picture gets a higher score than a true one; a tie
    counts half.

    Args:
        drawn: scores of drawn pictures, of any range; higher says drawn.
        true: scores of true ones.

    Returns:
        1 (all are told apart), 0.5 (guessed), 0 (all are taken for the other).

    Raises:
        Undefined: there are none of one kind.
        ValueError: a score is not finite.

    Source: Hanley & McNeil 1982, doi:10.1148/radiology.143.1.7063747.

    >>> auc([0.9, 0.8], [0.1, 0.8])
    0.875
    """
    mine, theirs = np.asarray(drawn, np.float64), np.asarray(true, np.float64)
    if not mine.size or not theirs.size:
        raise Undefined(
            "auc", f"it wants both kinds of pictures, got {mine.size} drawn and {theirs.size} true"
        )
    if not (np.isfinite(mine).all() and np.isfinite(theirs).all()):
        raise ValueError("auc: a score is NaN or infinite")
    ranked = np.sort(theirs)
    below = np.searchsorted(ranked, mine, side="left")
    upto = np.searchsorted(ranked, mine, side="right")
    return float((below + upto).sum() / (2 * mine.size * theirs.size))


class Auc:
    """Running `auc`: scores are kept, since their order counts."""

    unit: ClassVar[str] = "0..1"
    higher_is_better: ClassVar[bool | None] = None
    """Higher is better for the detector, and worse for who does not want to be detected."""

    def __init__(self) -> None:
        self._drawn: list[float] = []
        self._true: list[float] = []

    def update(self, score: float, *, drawn: bool) -> None:
        """Add the score of one picture, and whether it was drawn."""
        (self._drawn if drawn else self._true).append(float(score))

    def merge(self, other: Self) -> None:
        """Take in what another process or thread has added."""
        self._drawn += other._drawn
        self._true += other._true

    @property
    def count(self) -> int:
        """How many pictures were added."""
        return len(self._drawn) + len(self._true)

    def compute(self) -> float:
        """Return the area over all that was added.

        Raises:
            Undefined: only one kind of picture was added.
        """
        return auc(self._drawn, self._true)
