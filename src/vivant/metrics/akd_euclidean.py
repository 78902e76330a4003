"""Mean Euclidean distance of a drawn face's landmarks from where they should be."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from vivant.metrics.base import Mean
from vivant.metrics.checks import check_arrays


def akd_euclidean(points: np.ndarray, target: np.ndarray) -> float:
    """Return the mean distance over the landmarks; lower is better.

    The words of the papers ("average distance between the detected keypoints"),
    which the code behind their tables does not follow: see `vivant.metrics.akd`.
    The same caution holds: say who found the landmarks, at which size.

    Args:
        points: landmarks of the drawn face, (count, 2), pixels.
        target: landmarks of the true face, the same shape.

    Raises:
        ShapeError: the shapes differ, are no points, or a number is not finite.

    >>> akd_euclidean(np.zeros((68, 2)), np.tile([3.0, 4.0], (68, 1)))
    5.0
    """
    drawn, true = check_arrays("akd_euclidean", points, target, ("count", 2))
    return float(np.hypot(*(drawn - true).T).mean())


class AkdEuclidean(Mean):
    """Running `akd_euclidean`: the mean over pictures."""

    unit: ClassVar[str] = "pixels"
    higher_is_better: ClassVar[bool | None] = False

    def update(self, points: np.ndarray, target: np.ndarray) -> None:
        """Add one picture."""
        self.add(akd_euclidean(points, target))
