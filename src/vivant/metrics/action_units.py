"""Mean absolute difference of 17 Action Unit intensities, on their scale of 0 to 5."""

from __future__ import annotations

from typing import ClassVar, Self

import numpy as np

from vivant.action_units import INTENSITY_NAMES, intensities
from vivant.landmarks import SCORE_NAMES
from vivant.metrics.base import Mean
from vivant.metrics.checks import check_arrays


def action_unit_errors(scores: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Return the absolute difference of each unit of `vivant.action_units.INTENSITY_NAMES`.

    Args:
        scores: expression scores of the drawn face, (52,).
        truth: expression scores of the true face, the same shape.

    Returns:
        (17,) float64, 0 to 5.

    Raises:
        ShapeError: the shapes differ, are no scores, or a number is not finite.
    """
    drawn, true = check_arrays("action units", scores, truth, (len(SCORE_NAMES),))
    mine, theirs = intensities(np.stack([drawn, true]))
    errors: np.ndarray = np.abs(mine - theirs)
    return errors


def action_units(scores: np.ndarray, truth: np.ndarray) -> float:
    """Return the mean of `action_unit_errors`; lower is better.

    The intensities are a fixed mapping of the expression scores, not OpenFace's:
    see `vivant.action_units`.

    Args:
        scores: expression scores of the drawn face, (52,).
        truth: expression scores of the true face, the same shape.

    Raises:
        ShapeError: the shapes differ, are no scores, or a number is not finite.

    >>> still, winks = np.zeros(52), np.zeros(52)
    >>> winks[SCORE_NAMES.index("eyeBlinkLeft")] = 0.9
    >>> round(action_units(winks, still) * 17, 6)
    2.5
    """
    return float(action_unit_errors(scores, truth).mean())


class ActionUnits(Mean):
    """Running `action_units`: the mean over frames; `units` tells the units apart."""

    unit: ClassVar[str] = "0..5"
    higher_is_better: ClassVar[bool | None] = False

    def __init__(self) -> None:
        super().__init__()
        self._errors = np.zeros(len(INTENSITY_NAMES))

    def update(self, scores: np.ndarray, truth: np.ndarray) -> None:
        """Add one frame: scores of the drawn and of the true face, (52,) each."""
        errors = action_unit_errors(scores, truth)
        self.add(float(errors.mean()))
        self._errors = self._errors + errors

    def merge(self, other: Self) -> None:
        """Take in what another process or thread has added."""
        super().merge(other)
        self._errors = self._errors + other._errors

    def units(self) -> dict[str, float]:
        """Return unit to mean absolute difference.

        Raises:
            ValueError: nothing was added.
        """
        self.compute()
        means = (self._errors / self.count).tolist()
        return dict(zip(INTENSITY_NAMES, means, strict=True))
