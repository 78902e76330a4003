"""Small parts drawn at full resolution over the warped portrait."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np

from vivant.pixels import mix

NO_MAP: Final[Any] = None
"""The second map where the first holds both coordinates (OpenCV's types forget that case)."""

_TORN: Final = 3.0
"""Neighbouring samples that read further apart than so many of themselves lie on an edge."""
Window = tuple[int, int, int, int]
"""left, top, width, height, pixels"""
Part = tuple[slice, slice]
"""Rows and columns of a picture."""
_STRIP: Final = 1 << 16
"""Pixels that are drawn at a time: what is worked out between stays in the processor's cache."""


def smooth_step(value: float | np.ndarray, low: float = 0.0, high: float = 1.0) -> Any:
    """Go from 0 at `low` to 1 at `high`, level at both ends.

    >>> [float(smooth_step(value, 1, 3)) for value in (0, 2, 9)]
    [0.0, 0.5, 1.0]
    """
    x = np.clip((value - low) / (high - low), 0, 1)
    return x * x * (3 - 2 * x)


def window_around(points: np.ndarray, size: int, margin: int) -> Window | None:
    """Smallest window around (count, 2) points inside a crop; None where it would be empty."""
    (west, north), (east, south) = points.min(axis=0).tolist(), points.max(axis=0).tolist()
    left = min(max(math.floor(west) - margin, 0), size)
    top = min(max(math.floor(north) - margin, 0), size)
    right = min(max(math.ceil(east) + margin + 1, 0), size)
    bottom = min(max(math.ceil(south) + margin + 1, 0), size)
    if right - left < 2 or bottom - top < 2:
        return None
    return left, top, right - left, bottom - top


def look_up(texture: np.ndarray, where: np.ndarray) -> np.ndarray:
    """Read a picture at (h, w, 2) float32 places x, y; beyond its edge the edge repeats."""
    places = np.ascontiguousarray(where, np.float32)
    return cv2.remap(texture, places, NO_MAP, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def strips(shown: np.ndarray, stride: int) -> Iterator[Part]:
    """Yield, from top to bottom, narrow parts of a uint8 mask that cover all that is not 0.

    The mask is coarser than the picture by `stride`; parts are in samples of the mask.
    """
    rows = max(1, _STRIP // (shown.shape[1] * stride**2))
    for start in range(0, shown.shape[0], rows):
        left, top, width, height = cv2.boundingRect(shown[start : start + rows])
        if width:
            yield slice(start + top, start + top + height), slice(left, left + width)


def enlarged(coarse: np.ndarray, part: Part, stride: int) -> np.ndarray:
    """Enlarge a part of a coarse picture, smoothly and seamlessly with its neighbours."""
    rows, columns = part
    top, left = max(rows.start - 1, 0), max(columns.start - 1, 0)
    wider = coarse[top : rows.stop + 1, left : columns.stop + 1]
    shape = (wider.shape[1] * stride, wider.shape[0] * stride)
    grown = cv2.resize(wider, shape, interpolation=cv2.INTER_LINEAR)
    y, x = (rows.start - top) * stride, (columns.start - left) * stride
    height, width = rows.stop - rows.start, columns.stop - columns.start
    return grown[y : y + height * stride, x : x + width * stride]


def fine(part: Part, stride: int) -> Part:
    """Return a part of a coarse picture in pixels of the picture itself."""
    rows, columns = part
    return (
        slice(rows.start * stride, rows.stop * stride),
        slice(columns.start * stride, columns.stop * stride),
    )


def ring_triangles(count: int) -> np.ndarray:
    """Triangles that fill a ring of lids or lips: (count - 2, 3) int32 indices into it.

    The ring runs from one corner along the lower edge to the other corner and
    back along the upper edge; each lower corner is joined to the upper one above it.

    >>> ring_triangles(4).tolist()
    [[0, 1, 3], [1, 2, 3]]
    """
    lower = np.arange(0, count // 2 + 1)
    upper = (-lower) % count
    found = []
    for i in range(len(lower) - 1):
        found.append([lower[i], lower[i + 1], upper[i]])
        found.append([upper[i], lower[i + 1], upper[i + 1]])
    return np.array([corners for corners in found if len(set(corners)) == 3], np.int32)


def widened(ring: np.ndarray, by: float) -> np.ndarray:
    """Move a ring outwards by so many pixels, whichever way round it runs."""
    looped = np.concatenate([ring[-1:], ring, ring[:1]])
    x, y = (looped[2:] - looped[:-2]).T
    length = np.hypot(x, y) + 1e-6
    out = np.column_stack([-y / length, x / length])
    inwards = float((out * (ring - ring.mean(axis=0))).sum()) < 0
    return np.asarray(ring - by * out if inwards else ring + by * out)


def coloured(share: np.ndarray) -> np.ndarray:
    """Repeat (h, w) shares for three colours: numpy is slow at it while it multiplies."""
    return cv2.merge([share, share, share])


def polygon_alpha(points: np.ndarray, window: Window) -> np.ndarray:
    """(h, w) float32: 1 inside the polygon, 0 outside, its edge smooth."""
    left, top, width, height = window
    fraction = 4
    fixed = np.round((points - [left, top]) * 2**fraction).astype(np.int32)
    mask = np.zeros((height, width), np.uint8)
    cv2.fillPoly(mask, [fixed], 255, lineType=cv2.LINE_AA, shift=fraction)
    return mask.astype(np.float32) / 255


@dataclass(frozen=True, slots=True, eq=False)
class Canvas:
    """The picture being drawn, and what of it replaces the portrait."""

    image: np.ndarray
    """(size, size, 3) uint8."""
    alpha: np.ndarray
    """(size, size) uint8; 0 where the portrait's own pixel stays."""

    def lay(self, above: np.ndarray, share: np.ndarray, window: Window) -> None:
        """Lay a float (h, w, 3) picture over a window, by (h, w) shares in 0..1."""
        left, top, width, height = window
        box = (slice(top, top + height), slice(left, left + width))
        part = self.image[box]
        part[:] = cv2.convertScaleAbs(part + coloured(share) * (above - part))
        np.maximum(self.alpha[box], (share * 255).astype(np.uint8), out=self.alpha[box])


def soften_torn(canvas: Canvas, sources: np.ndarray, stride: int) -> None:
    """Even the steps that a coarse map makes where a cheek or a nose hides what is behind it.

    Args:
        canvas: what was drawn through the map.
        sources: (h, w, 2) float32, the place in the portrait that each sample reads.
        stride: pixels from sample to sample.
    """
    torn = np.zeros(sources.shape[:2], np.uint8)
    for axis in (0, 1):
        there = sources[..., axis]
        torn[:, 1:] |= cv2.absdiff(there[:, 1:], there[:, :-1]) > _TORN * stride
        torn[1:] |= cv2.absdiff(there[1:], there[:-1]) > _TORN * stride
    left, top, width, height = cv2.boundingRect(torn)
    if not width:
        return
    rows = slice(max(top - 2, 0), top + height + 2)
    columns = slice(max(left - 2, 0), left + width + 2)
    near = cv2.dilate(torn[rows, columns], np.ones((3, 3), np.uint8)) * np.uint8(255)
    part = canvas.image[
        rows.start * stride : rows.stop * stride, columns.start * stride : columns.stop * stride
    ]
    mask = cv2.resize(near, (part.shape[1], part.shape[0]), interpolation=cv2.INTER_LINEAR)
    mix(part, cv2.GaussianBlur(part, (0, 0), 0.6 * stride), mask)
