"""Change of what should stand still: the background of an animated portrait."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from vivant.errors import ShapeError
from vivant.metrics.base import Mean, check_pair


def background_change(image: np.ndarray, portrait: np.ndarray, background: np.ndarray) -> float:
    """Return the mean absolute change of the background, in steps of 1/255; lower is better.

    Args:
        image: drawn picture, (h, w, 3) uint8.
        portrait: the portrait as it was, the same shape.
        background: (h, w) bool, True where nothing should change.

    Raises:
        ShapeError: the shapes differ, or there is no background.

    >>> black, grey = np.zeros((2, 2, 3), np.uint8), np.full((2, 2, 3), 3, np.uint8)
    >>> background_change(grey, black, np.array([[True, False], [False, False]]))
    3.0
    """
    check_pair("background_change", image, portrait)
    if background.shape != image.shape[:2] or not background.any():
        raise ShapeError(
            f"background_change wants a mask {image.shape[:2]} that is True somewhere, got "
            f"{background.shape} with {int(background.sum())} pixels"
        )
    now, before = image[background].astype(np.int16), portrait[background]
    return float(np.abs(now - before).mean())


class BackgroundChange(Mean):
    """Running `background_change`: the mean over pictures."""

    unit: ClassVar[str] = "1/255"
    higher_is_better: ClassVar[bool | None] = False

    def update(self, image: np.ndarray, portrait: np.ndarray, background: np.ndarray) -> None:
        """Add one picture."""
        self.add(background_change(image, portrait, background))
