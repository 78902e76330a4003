"""Average keypoint distance: how far a drawn face's landmarks lie from where they should."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from vivant.errors import ShapeError
from vivant.metrics.base import Mean


def akd(points: np.ndarray, target: np.ndarray) -> float:
    """Return the mean of |dx| and |dy| over the landmarks; lower is better.

    The number depends on the size of the picture and on who finds the
    landmarks: say both. vivant's studies take dlib's 68 (`vivant.metrics.dlib68`)
    at 256x256 pixels.

    Args:
        points: landmarks of the drawn face, (count, 2), pixels.
        target: landmarks of the true face, the same shape.

    Raises:
        ShapeError: the shapes differ, or are no points.

    Source: Siarohin et al. 2019, First Order Motion Model, section 4, whose code
    takes the mean over both coordinates.

    >>> akd(np.zeros((68, 2)), np.tile([3.0, 1.0], (68, 1)))
    2.0
    """
    if points.shape != target.shape or points.ndim != 2 or points.shape[1] != 2 or not len(points):
        raise ShapeError(f"akd wants twice (count, 2), got {points.shape} and {target.shape}")
    return float(np.abs(points.astype(np.float64) - target).mean())


class Akd(Mean):
    """Running `akd`: the mean over pictures."""

    unit: ClassVar[str] = "pixels"
    higher_is_better: ClassVar[bool | None] = False

    def update(self, points: np.ndarray, target: np.ndarray) -> None:
        """Add one picture."""
        self.add(akd(points, target))
