"""Correlation over time of those Action Unit intensities that move in the driver."""

from __future__ import annotations

from typing import ClassVar, Final, Self

import numpy as np

from vivant.action_units import INTENSITY_NAMES, intensities
from vivant.errors import Undefined
from vivant.landmarks import SCORE_NAMES
from vivant.metrics.checks import check_arrays
from vivant.metrics.expression import follows

MOVES: Final = 0.25
"""A unit counts where its standard deviation over the driver exceeds this, on 0 to 5."""


def action_unit_correlations(scores: np.ndarray, truth: np.ndarray) -> dict[str, float]:
    """Return unit to correlation over time, of the units that move in the driver.

    Args:
        scores: expression scores of the drawn face over time, (frames, 52).
        truth: expression scores of the driver over the same frames, the same shape.

    Returns:
        -1 to 1 each; 0 where the drawn unit stands still.

    Raises:
        ShapeError: the shapes differ, are no scores, or a number is not finite.
    """
    name = "action unit correlation"
    drawn, true = check_arrays(name, scores, truth, ("frames", len(SCORE_NAMES)))
    named = zip(INTENSITY_NAMES, intensities(drawn).T, intensities(true).T, strict=True)
    return {
        unit: follows(mine, theirs).correlation
        for unit, mine, theirs in named
        if theirs.std() > MOVES
    }


class ActionUnitCorrelation:
    """Correlation over a whole performance: the mean over the units that move.

    Frames are kept (832 bytes each). Merged, the performances stay apart, and the
    mean over them counts.
    """

    unit: ClassVar[str] = "-1..1"
    higher_is_better: ClassVar[bool | None] = True

    def __init__(self) -> None:
        self._frames: list[tuple[np.ndarray, np.ndarray]] = []
        self._others: list[ActionUnitCorrelation] = []

    def update(self, scores: np.ndarray, truth: np.ndarray) -> None:
        """Add one frame: scores of the drawn face and of the driver, (52,) each."""
        pair = check_arrays("action unit correlation", scores, truth, (len(SCORE_NAMES),))
        self._frames.append(pair)

    def merge(self, other: Self) -> None:
        """Take in what was measured on another performance."""
        self._others.append(other)

    def units(self) -> dict[str, float]:
        """Return unit to correlation, of this performance."""
        if not self._frames:
            return {}
        drawn, true = zip(*self._frames, strict=True)
        return action_unit_correlations(np.array(drawn), np.array(true))

    def _means(self) -> list[float]:
        own = list(self.units().values())
        others = [mean for other in self._others for mean in other._means()]
        return ([float(np.mean(own))] if own else []) + others

    def compute(self) -> float:
        """Return the mean correlation over the units that move, then over performances.

        Raises:
            Undefined: no unit of any driver moves.
        """
        means = self._means()
        if not means:
            raise Undefined("action unit correlation", "no unit of the driver moves")
        return float(np.mean(means))
