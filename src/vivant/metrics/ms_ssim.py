"""Structural similarity at five scales, each half as large as the one before."""

from __future__ import annotations

from typing import ClassVar, Final

import cv2
import numpy as np

from vivant.metrics.base import PictureMean, check_pair
from vivant.metrics.windows import colour_means, gauss_means, levels, refuse_under

WEIGHTS: Final = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
"""Exponent of each scale, the finest first."""
WINDOW: Final = 11
"""Side of the window at every scale, pixels."""
SIGMA: Final = 1.5
"""Of the window's Gaussian bell, pixels."""
SMALLEST: Final = (WINDOW - 1) * 2 ** (len(WEIGHTS) - 1) + 1
"""Shortest side that leaves one window at the coarsest scale: 161 pixels."""
_MIDDLE: Final = 127.5
_C1: Final = (0.01 * 255) ** 2
_C2: Final = (0.03 * 255) ** 2


def ms_ssim(image: np.ndarray, target: np.ndarray, *, peak: float) -> float:
    """Return the structural similarity over five scales; higher is better.

    The product of the mean contrast-and-structure terms of scales 1 to 4 and of the
    mean similarity of scale 5, each to the power of its weight; then the mean over the
    colours. 11x11 Gaussian windows of sigma 1.5 that lie wholly in the picture, K1 =
    0.01, K2 = 0.03; halved by the mean of 2x2 pixels (an odd last row or column is
    doubled). A negative term, which has no such power, counts as 0.

    Args:
        image: drawn picture, (h, w[, channels]), in [0, peak], at least 161x161.
        target: true picture, the same shape.
        peak: the largest value a pixel can take: 255 for uint8, 1.0 for floats.

    Returns:
        0 to 1; 1 where the two are equal.

    Raises:
        ShapeError: the shapes differ, or are no finite pictures up to `peak`.
        TooSmall: they are smaller than the window; a `ShapeError` and `Undefined`, too.

    Source: Wang, Simoncelli & Bovik 2003, doi:10.1109/ACSSC.2003.1292216.

    >>> grey = np.full((161, 161), 90, np.uint8)
    >>> ms_ssim(grey, grey, peak=255)
    1.0
    """
    check_pair("ms_ssim", image, target, peak=peak)
    refuse_under("ms_ssim", SMALLEST, image)
    # Around the middle of the range, float32 holds the squares more exactly.
    a = levels(image, peak, np.float32) - np.float32(_MIDDLE)
    b = levels(target, peak, np.float32) - np.float32(_MIDDLE)
    product = np.ones(a.shape[2])
    for scale, weight in enumerate(WEIGHTS, start=1):
        bright, structure = _terms(a, b)
        term = structure if scale < len(WEIGHTS) else bright * structure
        product *= np.maximum(colour_means(term), 0) ** weight
        a, b = _halved(a), _halved(b)
    return min(float(product.mean()), 1.0)  # rounding may go beyond


def _terms(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return how alike brightness, and contrast and structure are, at every window."""
    mean_a, mean_b = gauss_means(WINDOW, SIGMA, a), gauss_means(WINDOW, SIGMA, b)
    spread = gauss_means(WINDOW, SIGMA, a * a + b * b) - mean_a * mean_a - mean_b * mean_b
    shared = gauss_means(WINDOW, SIGMA, a * b) - mean_a * mean_b
    mean_a, mean_b = mean_a + np.float32(_MIDDLE), mean_b + np.float32(_MIDDLE)
    bright = (2 * mean_a * mean_b + _C1) / (mean_a * mean_a + mean_b * mean_b + _C1)
    return bright, (2 * shared + _C2) / (spread + _C2)


def _halved(values: np.ndarray) -> np.ndarray:
    height, width = values.shape[:2]
    even = np.pad(values, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
    size = even.shape[1] // 2, even.shape[0] // 2
    half = cv2.resize(even, size, interpolation=cv2.INTER_AREA)
    return np.asarray(half).reshape(size[1], size[0], values.shape[2])


class MsSsim(PictureMean):
    """Running `ms_ssim`: the mean over pictures."""

    unit: ClassVar[str] = "0..1"
    higher_is_better: ClassVar[bool | None] = True
    function = staticmethod(ms_ssim)
