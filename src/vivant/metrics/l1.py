"""Mean absolute difference of two pictures."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from vivant.metrics.base import PictureMean, check_pair
from vivant.metrics.differences import mean_absolute


def l1(image: np.ndarray, target: np.ndarray, *, peak: float) -> float:
    """Return the mean absolute difference as a share of the peak; lower is better.

    Args:
        image: drawn picture, (h, w[, channels]), in [0, peak].
        target: true picture, the same shape.
        peak: the largest value a pixel can take: 255 for uint8, 1.0 for floats.

    Returns:
        0 (equal) to 1 (black against white).

    Raises:
        ShapeError: the shapes differ, or are no finite pictures up to `peak`.

    >>> l1(np.zeros((2, 2, 3)), np.full((2, 2, 3), 0.25), peak=1.0)
    0.25
    """
    check_pair("l1", image, target, peak=peak)
    return mean_absolute(image, target) / peak


class L1(PictureMean):
    """Running `l1`: the mean over pictures."""

    unit: ClassVar[str] = "0..1"
    higher_is_better: ClassVar[bool | None] = False
    function = staticmethod(l1)
