"""Mean absolute difference of the expression scores, frame by frame."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from vivant.landmarks import SCORE_NAMES
from vivant.metrics.base import Mean
from vivant.metrics.checks import check_arrays


def expression_distance(scores: np.ndarray, truth: np.ndarray) -> float:
    """Return the mean absolute difference of the scores; lower is better.

    `_neutral` is left out. Most scores of most frames are near 0 in both, so
    numbers are small, and a face that does nothing is not far off; whether a
    performance is followed, `vivant.metrics.expression` says. Scores have a rest
    that differs from person to person: between identities that is in it.

    Args:
        scores: scores of the drawn face, (52,), each 0 to 1.
        truth: scores of the true face, the same shape.

    Returns:
        0 (equal) to 1.

    Raises:
        ShapeError: the shapes differ, are no scores, or a number is not finite.

    >>> still, open_jaw = np.zeros(52), np.zeros(52)
    >>> open_jaw[SCORE_NAMES.index("jawOpen")] = 0.51
    >>> round(expression_distance(still, open_jaw), 6)
    0.01
    """
    drawn, true = check_arrays("expression_distance", scores, truth, (len(SCORE_NAMES),))
    return float(np.abs(drawn - true)[1:].mean())


class ExpressionDistance(Mean):
    """Running `expression_distance`: the mean over frames."""

    unit: ClassVar[str] = "0..1"
    higher_is_better: ClassVar[bool | None] = False

    def update(self, scores: np.ndarray, truth: np.ndarray) -> None:
        """Add one frame: (52,) each."""
        self.add(expression_distance(scores, truth))
