"""Structural similarity, with the window that scikit-image takes by default."""

from __future__ import annotations

from typing import ClassVar, Final

import cv2
import numpy as np

from vivant.errors import ShapeError
from vivant.metrics.base import Mean, check_pair

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
        ShapeError: the shapes differ, are no pictures, or are too small.

    Source: Wang, Bovik, Sheikh & Simoncelli 2004, doi:10.1109/TIP.2003.819861.

    >>> grey = np.full((8, 8, 3), 90, np.uint8)
    >>> ssim(grey, grey, peak=255)
    1.0
    """
    check_pair("ssim", image, target)
    if min(image.shape[:2]) < WINDOW:
        raise ShapeError(f"ssim wants pictures of at least 7x7 pixels, got {image.shape}")
    # Sums over a window, not means: of bytes they are whole numbers, exact in float32.
    a, b = image.astype(np.float32), target.astype(np.float32)
    sum_a, sum_b = _window_sums(a), _window_sums(b)
    squares, product = sum_a * sum_a + sum_b * sum_b, sum_a * sum_b
    spread = _COUNT * _window_sums(a * a + b * b) - squares
    shared = _COUNT * _window_sums(a * b) - product
    c1 = (_K1 * peak * _COUNT) ** 2
    c2 = (_K2 * peak) ** 2 * _COUNT * (_COUNT - 1)
    likeness = (2 * product + c1) * (2 * shared + c2) / ((squares + c1) * (spread + c2))
    return float(likeness.mean(dtype=np.float64))


def _window_sums(values: np.ndarray) -> np.ndarray:
    """Sum of every window that lies wholly in the picture."""
    sums = cv2.boxFilter(values, -1, (WINDOW, WINDOW), normalize=False)
    edge = WINDOW // 2
    return np.asarray(sums[edge:-edge, edge:-edge])


class Ssim(Mean):
    """Running `ssim`: the mean over pictures."""

    unit: ClassVar[str] = "-1..1"
    higher_is_better: ClassVar[bool | None] = True

    def __init__(self, *, peak: float) -> None:
        super().__init__()
        self.peak = peak

    def update(self, image: np.ndarray, target: np.ndarray) -> None:
        """Add one picture."""
        self.add(ssim(image, target, peak=self.peak))
