"""Root of the mean squared difference of two pictures, in levels of 0 to 255."""

from __future__ import annotations

import math
from typing import ClassVar

import numpy as np

from vivant.metrics.base import PictureMean, check_pair
from vivant.metrics.mse import mse


def rmse(image: np.ndarray, target: np.ndarray, *, peak: float) -> float:
    """Return the root of the mean squared difference; lower is better.

    On the scale 0 to 255 whatever the peak.

    Args:
        image: drawn picture, (h, w[, channels]), in [0, peak].
        target: true picture, the same shape.
        peak: the largest value a pixel can take: 255 for uint8, 1.0 for floats.

    Returns:
        0 (equal) to 255 (black against white).

    Raises:
        ShapeError: the shapes differ, or are no finite pictures up to `peak`.

    >>> rmse(np.zeros((2, 2), np.uint8), np.full((2, 2), 3, np.uint8), peak=255)
    3.0
    """
    check_pair("rmse", image, target, peak=peak)
    return math.sqrt(mse(image, target, peak=peak))


class Rmse(PictureMean):
    """Running `rmse`: the mean over pictures of each one's root; not the root of the mean."""

    unit: ClassVar[str] = "levels"
    higher_is_better: ClassVar[bool | None] = False
    function = staticmethod(rmse)
