"""How strong the invisible mark may be where: as much as structural similarity allows.

The loss of SSIM at a pixel is the mark's variance over 2 variance + C, variance being the
picture's own around it (the index's definition, C = 58.5), hence the mark follows its
root, with a little more where the picture is calm: there the mark survives for less
squared error. A strong edge lends nothing to the calm side of it: variances are eroded.
"""

from __future__ import annotations

import math

import numpy as np

SSIM_LOSS = 0.012
"""Mean loss of SSIM that is aimed at."""
SQUARED_ERROR = 4.6
"""Largest mean squared error: PSNR 41.5 dB."""
CALMEST = 1.15
"""Largest standard deviation of the mark on a flat area, of 255."""
_C = 58.5
_CALM = 30.0
_SIDE = 256
"""Shorter side, in pixels, at which variances are looked at."""
_STEP = 0.1
"""Logarithm of strength: it keeps to such steps, so that it does not flicker."""


def strength(luma: np.ndarray) -> np.ndarray:
    """Return the standard deviation that the mark may have at each pixel.

    Args:
        luma: (height, width) uint8, 0 to 255.

    Returns:
        (height, width) float32, on the same scale.
    """
    import cv2

    height, width = luma.shape
    factor = max(1, round(min(height, width) / _SIDE))
    size = (max(1, width // factor), max(1, height // factor))
    small = cv2.resize(luma, size, interpolation=cv2.INTER_AREA) if factor > 1 else luma
    mean = cv2.boxFilter(small, cv2.CV_32F, (7, 7))
    variance = cv2.sqrBoxFilter(small, cv2.CV_32F, (7, 7))
    variance = np.maximum(cv2.subtract(variance, cv2.multiply(mean, mean)), 0.0)
    calm = cv2.blur(cv2.erode(variance, np.ones((3, 3), np.uint8)), (5, 5))
    allowed = _square(calm)
    loss = cv2.mean(cv2.divide(allowed, 2 * variance + _C))[0]
    most = CALMEST**2 * _CALM**0.5 / _C
    share = min(most, SSIM_LOSS / loss, SQUARED_ERROR / cv2.mean(allowed)[0])
    share = math.exp(math.floor(math.log(share) / _STEP) * _STEP)
    return cv2.resize(cv2.sqrt(allowed * share), (width, height), interpolation=cv2.INTER_LINEAR)


def _square(variance: np.ndarray) -> np.ndarray:
    """Return the mark's variance for that of the picture, up to a common factor."""
    import cv2

    squared: np.ndarray = cv2.divide(2 * variance + _C, cv2.sqrt(variance + _CALM))
    return squared
