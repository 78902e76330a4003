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


def column(pictures: Sequence[np.ndarray]) -> np.ndarray:
    """Return pictures (h, w, 3) uint8 one below the other, all as wide as the first."""
    width = pictures[0].shape[1]
    shown = [
        picture
        if picture.shape[1] == width
        else cv2.resize(
            picture, (width, max(1, round(picture.shape[0] * width / picture.shape[1])))
        )
        for picture in pictures
    ]
    return np.vstack(shown)


def difference(drawn: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Return where two pictures differ, four times as strong; (h, w, 3) uint8."""
    return cv2.convertScaleAbs(cv2.absdiff(drawn, truth), alpha=_GAIN)


class Worst:
    """The sheets of the worst cases, so far: no more are held than will be written."""

    def __init__(self, most: int) -> None:
        """Hold so many at most."""
        self._most = most
        self._held: dict[str, tuple[float, Sequence[np.ndarray]]] = {}

    def add(self, name: str, badness: float, columns: Sequence[np.ndarray]) -> None:
        """Show a case: what `column` gave for its moments. The larger its badness, the worse."""
        self._held[name] = (badness, columns)
        if len(self._held) > self._most:
            del self._held[min(self._held, key=lambda held: self._held[held][0])]

    def packed(self) -> dict[str, bytes]:
        """Return name of the file below the results to its content, PNG."""
        return {f"sheets/{name}.png": _png(columns) for name, (_, columns) in self._held.items()}


def _png(columns: Sequence[np.ndarray]) -> bytes:
    tallest = max(picture.shape[0] for picture in columns)
    full = [
        cv2.copyMakeBorder(picture, 0, tallest - picture.shape[0], 0, 0, cv2.BORDER_CONSTANT)
        for picture in columns
    ]
    return bytes(cv2.imencode(".png", np.hstack(full)[..., ::-1])[1])
