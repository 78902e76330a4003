"""Contact sheets: a few moments of a clip side by side, to look at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np

COLUMNS: Final = 5
_GAIN: Final = 4
"""Differences are shown so many times as strong."""


def moments(wanted: Sequence[int], columns: int = COLUMNS) -> frozenset[int]:
    """Choose which of the measured frames are shown, spread evenly.

    >>> sorted(moments(range(5, 150, 5)))
    [5, 40, 75, 110, 145]
    """
    places = np.linspace(0, len(wanted) - 1, min(columns, len(wanted))).round().astype(int)
    return frozenset(wanted[place] for place in places)


def column(driver: np.ndarray, truth: np.ndarray, drawn: np.ndarray) -> np.ndarray:
    """Return one moment, from above: driver as the engine saw it, truth, drawn, difference x4.

    All are (h, w, 3) uint8; the driver is brought to the size of the others.
    """
    height, width = truth.shape[:2]
    shown = cv2.resize(driver, (width, height), interpolation=cv2.INTER_AREA)
    difference = cv2.convertScaleAbs(cv2.absdiff(drawn, truth), alpha=_GAIN)
    return np.vstack([shown, truth, drawn, difference])


def packed(columns: Sequence[np.ndarray]) -> bytes:
    """Return a sheet as the bytes of a JPEG file, to be kept until it is known to be wanted."""
    sheet = np.hstack(columns)[..., ::-1]
    return bytes(cv2.imencode(".jpg", sheet, [cv2.IMWRITE_JPEG_QUALITY, 94])[1])
