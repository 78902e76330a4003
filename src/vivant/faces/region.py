"""A turned square of a picture: where a network looks."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from vivant.landmarks import LEFT_EYE, RIGHT_EYE

LOOK_AROUND = 1.5
"""Side of the square that a network wants, over the longer side of the face's box."""


@dataclass(frozen=True, slots=True)
class Region:
    """A square, turned about its centre."""

    x: float
    """Centre, frame pixels."""
    y: float
    side: float
    """Frame pixels."""
    angle: float = 0.0
    """Radians, clockwise in the picture: where the square's own x axis points."""

    def frame_from_crop(self, size: int) -> np.ndarray:
        """Return the (2, 3) float64 transform from the square drawn `size` pixels wide.

        >>> Region(x=99.5, y=49.5, side=100.0).frame_from_crop(50).tolist()
        [[2.0, -0.0, 50.5], [0.0, 2.0, 0.5]]
        """
        scale, middle = self.side / size, (size - 1) / 2
        cos, sin = scale * math.cos(self.angle), scale * math.sin(self.angle)
        return np.array(
            [
                [cos, -sin, self.x - middle * (cos - sin)],
                [sin, cos, self.y - middle * (sin + cos)],
            ]
        )

    def grown(self, factor: float) -> Region:
        """Return the square with the same centre and `factor` times the side."""
        return Region(self.x, self.y, self.side * factor, self.angle)


def shared(a: Region, b: Region) -> float:
    """Return intersection over union of two regions, as if both were upright.

    >>> shared(Region(0.0, 0.0, 2.0), Region(1.0, 0.0, 2.0))
    0.3333333333333333
    """
    common = _common(a, b)
    return common / (a.side**2 + b.side**2 - common)


def inside(a: Region, b: Region) -> float:
    """Return how much of `a` lies within `b`, 0 to 1, as if both were upright.

    >>> inside(Region(0.0, 0.0, 2.0), Region(1.0, 0.0, 4.0))
    1.0
    """
    return _common(a, b) / a.side**2


def _common(a: Region, b: Region) -> float:
    reach = (a.side + b.side) / 2
    across = min(reach - abs(a.x - b.x), a.side, b.side)
    down = min(reach - abs(a.y - b.y), a.side, b.side)
    return max(across, 0.0) * max(down, 0.0)


def around(landmarks: np.ndarray) -> Region:
    """Return where to look for a face next, given its landmarks (478, 3), frame pixels.

    The eyes are level in it, and it is `LOOK_AROUND` times as large as the face.
    """
    x, y = np.ascontiguousarray(landmarks[:, :2].T, np.float64)
    left, right = LEFT_EYE[0], RIGHT_EYE[0]
    angle = math.atan2(y[left] - y[right], x[left] - x[right])
    cos, sin = math.cos(angle), math.sin(angle)
    ends = [
        (float(line.min()), float(line.max())) for line in (cos * x + sin * y, cos * y - sin * x)
    ]
    (west, east), (north, south) = ends
    across, down = (west + east) / 2, (north + south) / 2
    side = LOOK_AROUND * max(east - west, south - north)
    return Region(cos * across - sin * down, sin * across + cos * down, side, angle)


def cut(image: np.ndarray, region: Region, size: int, border: int) -> np.ndarray:
    """Return the region of an RGB picture, drawn (size, size, 3) uint8.

    Where it must shrink by two or more, pixels are averaged first: picking one
    in so many lets noise through, and landmarks tremble twice as much.

    Args:
        image: (height, width, 3) uint8.
        region: what to cut; it may reach beyond the picture.
        size: side of the result, pixels.
        border: what lies beyond the picture: cv2.BORDER_CONSTANT (black) or
            cv2.BORDER_REPLICATE.
    """
    frame_from_crop = region.frame_from_crop(size)
    halvings = int(math.log2(max(region.side / size, 1)))
    factor = 2**halvings
    if halvings and min(image.shape[:2]) >= factor:
        image, left, top = _shrunk(image, region, halvings)
        frame_from_crop[:, 2] = (frame_from_crop[:, 2] - [left, top] + 0.5) / factor - 0.5
        frame_from_crop[:, :2] /= factor
    return cv2.warpAffine(
        image,
        frame_from_crop,
        (size, size),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=border,
    )


def _shrunk(image: np.ndarray, region: Region, halvings: int) -> tuple[np.ndarray, int, int]:
    """Return the part of the picture around a region, halved so often, and its corner."""
    factor = 2**halvings
    reach = region.side * (abs(math.cos(region.angle)) + abs(math.sin(region.angle))) / 2 + factor
    spans = []
    for middle, length in ((region.x, image.shape[1]), (region.y, image.shape[0])):
        # Blocks lie on a grid fixed to the picture, or landmarks would move with the region.
        start = min(max(int(middle - reach), 0), length - factor) // factor * factor
        stop = max(min(int(middle + reach) + 1, length), start + factor)
        spans.append((start, (stop - start) // factor * factor))
    (left, width), (top, height) = spans
    part = image[top : top + height, left : left + width]
    for _ in range(halvings):  # four times as fast as one step of the same factor
        width, height = width // 2, height // 2
        part = cv2.resize(part, (width, height), interpolation=cv2.INTER_AREA)
    return part, left, top
