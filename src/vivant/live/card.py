"""The card that takes the place of a picture that does not come."""

from __future__ import annotations

import cv2
import numpy as np

_DIM = 0.35
"""Share of the picture behind that is left to be seen."""
_WIDEST = 0.86
"""Share of the picture's width that a line takes at most."""
_WEIGHT = 600


def card(behind: np.ndarray, *lines: str, size: float = 0.045) -> np.ndarray:
    """Return a picture that clearly is none of the camera: dimmed, with words across it.

    Args:
        behind: (h, w, 3) uint8 RGB; it is not changed.
        lines: what is said, one under the other, in the middle.
        size: of the letters over the picture's height, where the width allows.
    """
    picture = cv2.convertScaleAbs(behind, alpha=_DIM)
    font = cv2.FontFace("sans")
    height, width = picture.shape[:2]
    tall = max(8, round(size * height))
    for line in lines:
        wide = cv2.getTextSize((1, 1), line, (0, 0), font, tall, _WEIGHT)[2]
        tall = min(tall, max(8, int(tall * _WIDEST * width / max(wide, 1))))
    step = round(1.5 * tall)
    y = height // 2 - step * (len(lines) - 1) // 2 + tall // 3
    for line in lines:
        left, _, wide, _ = cv2.getTextSize((1, 1), line, (0, 0), font, tall, _WEIGHT)
        where = (width - wide) // 2 - left, y
        cv2.putText(picture, line, where, (255, 255, 255), font, tall, _WEIGHT)
        y += step
    return picture
