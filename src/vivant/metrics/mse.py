"""Mean squared difference of two pictures, in squared levels of 0 to 255."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from vivant.metrics.base import PictureMean, check_pair
from vivant.metrics.differences import mean_square


def mse(image: np.ndarray, target: np.ndarray, *, peak: float) -> float:
    """Return the mean squared difference over pixels and colours; lower is better.

    On the scale 0 to 255 whatever the peak, as tables print it.

    Args:
        image: drawn picture, (h, w[, channels]), in [0, peak].
        target: true picture, the same shape.
        peak: the largest value a pixel can take: 255 for uint8, 1.0 for floats.

    Returns:
        0 (equal) to 65025 (black against white).

    Raises:
        ShapeError: the shapes differ, or are no finite pictures up to `peak`.

    >>> mse(np.zeros((2, 2, 3)), np.full((2, 2, 3), 0.5), peak=1.0)
    16256.25
    """
    check_pair("mse", image, target, peak=peak)
    return mean_square(image, target) * (255 / peak) ** 2


class Mse(PictureMean):
    """Running `mse`: the mean over pictures."""

    unit: ClassVar[str] = "levels^2"
    higher_is_better: ClassVar[bool | None] = False
    function = staticmethod(mse)
