"""Contact sheets: a few moments of a clip side by side, to look at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np

COLUMNS: Final = 5
WIDTH: Final = 256
"""Of a picture in a sheet, pixels."""
_GAIN: Final = 4
"""Differences are shown so many times as strong."""


def moments(wanted: Sequence[int], columns: int = COLUMNS) -> frozenset[int]:
    """Choose which of the measured frames are shown, spread evenly.

    >>> sorted(moments(range(5, 150, 5)))
    [5, 40, 75, 110, 145]
    """
    places = np.linspace(0, len(wanted) - 1, min(columns, len(wanted))).round().astype(int)
    return frozenset(wanted[place] for place in places)


def column(pictures: Sequence[np.ndarray], width: int = WIDTH) -> np.ndarray:
    """Return pictures (h, w, 3) uint8 one below the other, all of one width in pixels."""
    shown = [
        picture
        if picture.shape[1] == width
        else cv2.resize(
            picture,
            (width, max(1, round(picture.shape[0] * width / picture.shape[1]))),
            interpolation=cv2.INTER_AREA,
        )
        for picture in pictures
    ]
    return np.vstack(shown)


def difference(drawn: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Return where two pictures differ, four times as strong; (h, w, 3) uint8."""
    return cv2.convertScaleAbs(cv2.absdiff(drawn, truth), alpha=_GAIN)


def side_by_side(columns: Sequence[np.ndarray]) -> np.ndarray:
    """Return columns beside one another, black below those that are shorter."""
    tallest = max(picture.shape[0] for picture in columns)
    full = [
        cv2.copyMakeBorder(picture, 0, tallest - picture.shape[0], 0, 0, cv2.BORDER_CONSTANT)
        for picture in columns
    ]
    return np.asarray(np.hstack(full))
