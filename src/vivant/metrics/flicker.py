"""Warping error: what of a picture changes that its motion does not explain."""

from __future__ import annotations

from functools import cache
from typing import ClassVar, Final, NamedTuple, Self

import cv2
import numpy as np

from vivant.errors import ShapeError, Undefined
from vivant.metrics.base import check_pair
from vivant.types import check_picture

_DOUBT: Final = 0.01
_SLACK: Final = 0.5
"""A pixel whose way there and back does not close, by these, was covered or uncovered."""
_EDGE_SLACK: Final = 0.002
"""So it may be where the flow itself breaks, beyond this."""
_NO_FLOW: Final = np.empty((0, 0), np.float32)
"""No first guess; the search makes an array of its own."""
LEAST: Final = 16
"""Least side of a picture in which motion is sought, pixels."""


class Motion(NamedTuple):
    """Where the pixels of one picture were in the one before."""

    places: np.ndarray
    """(h, w, 2) float32: x and y in the picture before."""
    seen: np.ndarray
    """(h, w) bool: False where a pixel was not to be seen before."""


def motion(previous: np.ndarray, current: np.ndarray) -> Motion:
    """Return the motion between two pictures of a video, by dense inverse search.

    Args:
        previous: (h, w, 3) uint8 RGB, at least 16x16.
        current: the picture after it, the same shape.

    Raises:
        ShapeError: the shapes differ, or are no such pictures.

    Source: Kroeger et al. 2016, doi:10.1007/978-3-319-46493-0_29 (OpenCV's, its medium
    preset); what is covered by the check of Ruder, Dosovitskiy & Brox 2016,
    doi:10.1007/978-3-319-45886-1_3, eq. 5 and 6.
    """
    _check("motion", previous, current)
    before, after = (cv2.cvtColor(image, cv2.COLOR_RGB2GRAY) for image in (previous, current))
    search = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    back = search.calc(after, before, _NO_FLOW)
    forth = search.calc(before, after, _NO_FLOW)
    places = back + _grid(*after.shape)
    returned = _fetched(forth, places)
    lengths = _squares(back)
    closes = _squares(back + returned) <= _DOUBT * (lengths + _squares(returned)) + _SLACK
    return Motion(places, closes & _inside(places) & ~_breaks(back, lengths))


def warping_error(previous: np.ndarray, current: np.ndarray, way: Motion) -> float:
    """Return the mean squared change of what is seen in both pictures; lower is better.

    Args:
        previous: (h, w, 3) uint8 RGB.
        current: the picture after it, the same shape.
        way: how the pixels moved: of these pictures, or of those that they should follow.

    Returns:
        The mean over pixels and colours of squared differences, colours from 0 to 1.

    Raises:
        ShapeError: the shapes differ, or are no pictures.
        Undefined: no pixel is seen in both.

    Source: Lai et al. 2018, doi:10.1007/978-3-030-01267-0_11, eq. 6. Read as written,
    its norm adds up the colours: three times this number.
    """
    _check("warping_error", previous, current)
    if way.seen.shape != current.shape[:2]:
        raise ShapeError(
            f"warping_error: motion of {way.seen.shape} for pictures of {current.shape[:2]}"
        )
    if not way.seen.any():
        raise Undefined("warping error", "no pixel is seen in both pictures")
    seen = way.seen.view(np.uint8)
    away = cv2.norm(_fetched(previous, way.places), current, cv2.NORM_L2SQR, seen)
    return away / (3 * cv2.countNonZero(seen) * 255**2)


def _check(name: str, previous: np.ndarray, current: np.ndarray) -> None:
    check_pair(name, previous, current)
    check_picture(current, name)
    check_picture(previous, name)
    if min(current.shape[:2]) < LEAST:
        raise ShapeError(f"{name} wants at least {LEAST}x{LEAST} pixels, got {current.shape}")


@cache
def _grid(height: int, width: int) -> np.ndarray:
    grid = np.dstack(np.meshgrid(np.arange(width), np.arange(height))).astype(np.float32)
    grid.setflags(write=False)
    return grid


def _fetched(values: np.ndarray, places: np.ndarray) -> np.ndarray:
    x, y = cv2.split(places)
    fetched = cv2.remap(values, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(fetched)


def _inside(places: np.ndarray) -> np.ndarray:
    height, width = places.shape[:2]
    x, y = cv2.split(places)
    return np.asarray((x >= 0) & (x <= width - 1) & (y >= 0) & (y <= height - 1))


def _squares(flow: np.ndarray) -> np.ndarray:
    x, y = cv2.split(flow)
    return np.asarray(x * x + y * y)


def _breaks(flow: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Say where neighbouring pixels go different ways."""
    across, down = np.zeros_like(flow), np.zeros_like(flow)
    across[:, :-1] = flow[:, 1:] - flow[:, :-1]
    down[:-1] = flow[1:] - flow[:-1]
    return np.asarray(_squares(across) + _squares(down) > _DOUBT * lengths + _EDGE_SLACK)


class Flicker:
    """Running `warping_error` over the consecutive frames of a video; merged, videos stay apart.

    Where true frames are given, the motion is theirs: what is drawn has to move as
    they do, and standing still is an error as much as trembling. That suits
    reconstruction, where both show the same face at the same place. Where there are
    none, the motion is the drawn frames' own: only what no motion explains counts.
    The two are different measures; do not mix them in one table.
    """

    unit: ClassVar[str] = "squared, 0..1"
    higher_is_better: ClassVar[bool | None] = False

    def __init__(self) -> None:
        self.skipped = 0
        """Pairs of frames that no pixel was seen in both of: cuts, mostly."""
        self._last: tuple[np.ndarray, np.ndarray | None] | None = None
        self._sums = np.zeros(2)
        self._counts = np.zeros(2, np.int64)

    def update(self, image: np.ndarray, true: np.ndarray | None = None) -> None:
        """Add the next frame, and the true one where there is one; (h, w, 3) uint8 RGB.

        Raises:
            ShapeError: a frame is no picture, has another shape than the last, or true frames
                are given for some frames only.
        """
        check_picture(image, "Flicker.update: image")
        if true is not None:
            check_pair("Flicker", image, true)
            check_picture(true, "Flicker.update: true")
        last, self._last = self._last, (image, true)
        if last is None:
            return
        if (last[1] is None) != (true is None):
            raise ShapeError("Flicker: give the true frame with every frame, or with none")
        way = motion(last[0], image) if true is None or last[1] is None else motion(last[1], true)
        if not way.seen.any():
            self.skipped += 1
            return
        self._add(0, warping_error(last[0], image, way))
        if true is not None and last[1] is not None:
            self._add(1, warping_error(last[1], true, way))

    def _add(self, which: int, error: float) -> None:
        self._sums[which] += error
        self._counts[which] += 1

    def merge(self, other: Self) -> None:
        """Take in what was measured on another video."""
        self._sums = self._sums + other._sums
        self._counts = self._counts + other._counts
        self.skipped += other.skipped

    def compute(self) -> float:
        """Return the mean warping error of the drawn frames.

        Raises:
            Undefined: fewer than two frames in a row were added.
        """
        return self._mean(0)

    def floor(self) -> float:
        """Return the warping error of the true frames themselves: noise, light, false motion.

        Raises:
            Undefined: no true frames were added.
        """
        return self._mean(1)

    def _mean(self, which: int) -> float:
        if not self._counts[which]:
            whose = ("two frames in a row", "two true frames in a row")[which]
            raise Undefined("flicker", f"there were no {whose} that show the same")
        return float(self._sums[which] / self._counts[which])
