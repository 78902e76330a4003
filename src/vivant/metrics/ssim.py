"""Structural similarity, with the window that scikit-image takes by default."""

from __future__ import annotations

from typing import ClassVar, Final

import numpy as np

from vivant.metrics.base import PictureMean, check_pair
from vivant.metrics.windows import refuse_under, window_sums

WINDOW: Final = 7
"""Side of the square, evenly weighted window, pixels."""
_COUNT: Final = WINDOW**2
_K1: Final = 0.01
_K2: Final = 0.03


def ssim(image: np.ndarray, target: np.ndarray, *, peak: float) -> float:
    """Return the structural similarity; higher is better.

    The variant of scikit-image's `structural_similarity` with its defaults: a
    7x7 window of even weights, sample covariances (divided by 48), K1 = 0.01 and
    K2 = 0.03, over the windows that lie wholly in the picture, the mean over
    the colours.

    Args:
        image: drawn picture, (h, w[, channels]), in [0, peak], at least 7x7.
        target: true picture, the same shape.
        peak: the largest value a pixel can take: 255 for uint8, 1.0 for floats.

    Returns:
        -1 to 1; 1 where the two are equal.

    Raises:
        ShapeError: the shapes differ, or are no finite pictures up to `peak`.
        TooSmall: they are smaller than the window; a `ShapeError` and `Undefined`, too.

    Source: Wang, Bovik, Sheikh & Simoncelli 2004, doi:10.1109/TIP.2003.819861.

    >>> grey = np.full((8, 8, 3), 90, np.uint8)
    >>> ssim(grey, grey, peak=255)
    1.0
    """
    check_pair("ssim", image, target, peak=peak)
    refuse_under("ssim", WINDOW, image)
    # Sums over a window, not means: of bytes they are whole numbers, exact in float32.
    a, b = image.astype(np.float32), target.astype(np.float32)
    sum_a, sum_b = window_sums(WINDOW, a), window_sums(WINDOW, b)
    squares, product = sum_a * sum_a + sum_b * sum_b, sum_a * sum_b
    spread = _COUNT * window_sums(WINDOW, a * a + b * b) - squares
    shared = _COUNT * window_sums(WINDOW, a * b) - product
    c1 = (_K1 * peak * _COUNT) ** 2
    c2 = (_K2 * peak) ** 2 * _COUNT * (_COUNT - 1)
    likeness = (2 * product + c1) * (2 * shared + c2) / ((squares + c1) * (spread + c2))
    return float(likeness.mean(dtype=np.float64))


class Ssim(PictureMean):
    """Running `ssim`: the mean over pictures."""

    unit: ClassVar[str] = "-1..1"
    higher_is_better: ClassVar[bool | None] = True
    function = staticmethod(ssim)
