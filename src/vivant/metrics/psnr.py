"""Peak signal-to-noise ratio."""

from __future__ import annotations

import math
from typing import ClassVar

import numpy as np

from vivant.metrics.base import PictureMean, check_pair
from vivant.metrics.differences import mean_square


def psnr(image: np.ndarray, target: np.ndarray, *, peak: float) -> float:
    """Return the peak signal-to-noise ratio, in decibels; higher is better.

    Args:
        image: drawn picture, (h, w[, channels]), in [0, peak].
        target: true picture, the same shape.
        peak: the largest value a pixel can take: 255 for uint8, 1.0 for floats.

    Returns:
        Decibels; `inf` where the two are equal.

    Raises:
        ShapeError: the shapes differ, or are no finite pictures up to `peak`.

    Source: Huynh-Thu & Ghanbari 2008, doi:10.1049/el:20080522, eq. 1.

    >>> round(psnr(np.zeros((2, 2, 3)), np.full((2, 2, 3), 0.1), peak=1.0), 3)
    20.0
    """
    check_pair("psnr", image, target, peak=peak)
    mean = mean_square(image, target)
    return math.inf if mean == 0 else 10 * math.log10(peak**2 / mean)


class Psnr(PictureMean):
    """Running `psnr`: the mean of the pictures' decibels, as the field reports it.

    One picture that equals its target makes the mean infinite.
    """

    unit: ClassVar[str] = "dB"
    higher_is_better: ClassVar[bool | None] = True
    function = staticmethod(psnr)
