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
    reach = (a.side + b.side) / 2
    across = min(reach - abs(a.x - b.x), a.side, b.side)
    down = min(reach - abs(a.y - b.y), a.side, b.side)
    common = max(across, 0.0) * max(down, 0.0)
    return common / (a.side**2 + b.side**2 - common)


def around(landmarks: np.ndarray) -> Region:
    """Return where to look for a face next, given its landmarks (478, 3), frame pixels.

    The eyes are level in it, and it is `LOOK_AROUND` times as large as the face.
    """
    points = landmarks[:, :2].astype(np.float64)
    across = points[LEFT_EYE[0]] - points[RIGHT_EYE[0]]
    angle = math.atan2(across[1], across[0])
    cos, sin = math.cos(angle), math.sin(angle)
    frame_from_level = np.array([[cos, -sin], [sin, cos]])
    level = points @ frame_from_level
    low, high = level.min(axis=0), level.max(axis=0)
    x, y = frame_from_level @ ((low + high) / 2)
    return Region(float(x), float(y), LOOK_AROUND * float((high - low).max()), angle)


def cut(image: np.ndarray, region: Region, size: int, border: int) -> np.ndarray:
    """Return the region of an RGB picture, drawn (size, size, 3) uint8.

    Args:
        image: (height, width, 3) uint8.
        region: what to cut; it may reach beyond the picture.
        size: side of the result, pixels.
        border: what lies beyond the picture: cv2.BORDER_CONSTANT (black) or
            cv2.BORDER_REPLICATE.
    """
    return cv2.warpAffine(
        image,
        region.frame_from_crop(size),
        (size, size),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=border,
    )
