"""Contact sheets: a few moments of a clip side by side, to look at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np

from vivant.marks import Label, LabelSettings

COLUMNS: Final = 5
WIDTH: Final = 256
"""Of a picture in a sheet, pixels."""
_GAIN: Final = 4
"""Differences are shown so many times as strong."""
_LABEL: Final = LabelSettings(text="AI", size=9)
"""Every drawn picture bears it; the whole words would cover small faces."""


def moments(wanted: Sequence[int], columns: int = COLUMNS) -> frozenset[int]:
    """Choose which of the measured frames are shown, spread evenly.

    >>> sorted(moments(range(5, 150, 5)))
    [5, 40, 75, 110, 145]
    """
    places = np.linspace(0, len(wanted) - 1, min(columns, len(wanted))).round().astype(int)
    return frozenset(wanted[place] for place in places)


def column(pictures: Sequence[np.ndarray], width: int = WIDTH) -> np.ndarray:
    """Return pictures (h, w, 3) uint8 one below the other, all of one width in pixels."""
    return np.vstack([_wide(picture, width) for picture in pictures])


def generated(picture: np.ndarray, width: int = WIDTH) -> np.ndarray:
    """Return a drawn picture, (h, w, 3) uint8, as a sheet shows it: scaled, and labelled.

    What is measured is never what this returns.
    """
    shown = np.array(_wide(picture, width))
    Label(_LABEL, shown.shape[1], shown.shape[0]).draw(shown)
    return shown


def _wide(picture: np.ndarray, width: int) -> np.ndarray:
    if picture.shape[1] == width:
        return picture
    size = width, max(1, round(picture.shape[0] * width / picture.shape[1]))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)


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
