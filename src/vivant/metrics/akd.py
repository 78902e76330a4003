"""Average keypoint distance: how far a drawn face's landmarks lie from where they should."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from vivant.metrics.base import Mean
from vivant.metrics.checks import check_arrays


def akd(points: np.ndarray, target: np.ndarray) -> float:
    """Return the mean of |dx| and |dy| over the landmarks; lower is better.

    The number depends on the size of the picture and on who finds the
    landmarks: say both. vivant's studies take dlib's 68 (`vivant.metrics.dlib68`)
    at 256x256 pixels. Despite its name it is no Euclidean distance; that is
    `vivant.metrics.akd_euclidean`, 1.41 to 2 times this number.

    Args:
        points: landmarks of the drawn face, (count, 2), pixels.
        target: landmarks of the true face, the same shape.

    Raises:
        ShapeError: the shapes differ, are no points, or a number is not finite.

    Source: Siarohin et al. 2019, First Order Motion Model, section 4, whose
    evaluation code (AliaksandrSiarohin/pose-evaluation, cmp_kp.py) takes the mean
    over both coordinates, and over the frames in which a face was found in both.

    >>> akd(np.zeros((68, 2)), np.tile([3.0, 1.0], (68, 1)))
    2.0
    """
    drawn, true = check_arrays("akd", points, target, ("count", 2))
    return float(np.abs(drawn - true).mean())


class Akd(Mean):
    """Running `akd`: the mean over pictures."""

    unit: ClassVar[str] = "pixels"
    higher_is_better: ClassVar[bool | None] = False

    def update(self, points: np.ndarray, target: np.ndarray) -> None:
        """Add one picture."""
        self.add(akd(points, target))
