"""Arithmetic on pictures that several rooms share."""

from __future__ import annotations

import cv2
import numpy as np


def mix(below: np.ndarray, above: np.ndarray, alpha: np.ndarray) -> None:
    """Lay `above` over `below`, in place.

    Args:
        below: (h, w, 3) uint8, changed.
        above: (h, w, 3) uint8.
        alpha: (h, w) uint8; where it is 0 the pixels below stay exactly.
    """
    _, solid = cv2.threshold(alpha, 254, 255, cv2.THRESH_BINARY)
    left, top, width, height = cv2.boundingRect(cv2.inRange(alpha, 1, 254))
    if width:
        soft = (slice(top, top + height), slice(left, left + width))
        share = alpha[soft].astype(np.float32) * np.float32(1 / 255)
        below[soft] = cv2.blendLinear(above[soft], below[soft], share, 1 - share)
    cv2.copyTo(above, solid, below)
