"""The square around a face that detectors look at, cut as FaceForensics cuts it.

Source: Roessler et al. 2019, arXiv:1901.08971, and its public code: a face's box is made square,
enlarged, moved and shrunk into the picture, and cut without turning it.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from PIL import Image

from vivant.errors import ShapeError
from vivant.types import Face, check_picture

DLIB: Final = 0.88
"""Side of the box of dlib's face detector, which FaceForensics takes, over the longer side of the
box around our landmarks; both have the same centre. Median of 161 faces, half of them within 0.84
to 0.94."""

Box = tuple[float, float, float, float]
"""x, y, width, height in pixels, as `Face.box`."""


def square(box: Box, scale: float, width: int, height: int) -> tuple[int, int, int]:
    """Return the square around a box, inside a picture.

    Args:
        box: x, y, width, height in pixels; it may reach beyond the picture.
        scale: how much larger than the box's longer side.
        width: of the picture, in pixels.
        height: of the picture, in pixels.

    Returns:
        Left, top and side in whole pixels; a square that would reach beyond the right or lower
        edge is shrunk.

    Raises:
        ShapeError: nothing of it lies in the picture.

    >>> square((40.0, 30.0, 20.0, 30.0), 1.3, 100, 100)
    (31, 26, 39)
    >>> square((80.0, 70.0, 30.0, 30.0), 1.3, 100, 90)
    (76, 66, 24)
    """
    x, y, wide, tall = box
    side = int(max(wide, tall) * scale)
    left = max(int(x + wide / 2) - side // 2, 0)
    top = max(int(y + tall / 2) - side // 2, 0)
    side = min(side, width - left, height - top)
    if side < 1:
        raise ShapeError(f"a face at {box} does not lie in a picture of {width} x {height} pixels")
    return left, top, side


def as_it_is(image: np.ndarray, face: Face, *, scale: float) -> np.ndarray:
    """Return the square around a face with its pixels as they are.

    Args:
        image: (height, width, 3) uint8 RGB.
        face: where the tracker saw it there.
        scale: side of the square over the longer side of the box around the landmarks.

    Returns:
        (side, side, 3) uint8 RGB.

    Raises:
        ShapeError: `image` is no picture, or the face lies outside of it.
    """
    check_picture(image, "forensics.cropping: image")
    height, width = image.shape[:2]
    left, top, side = square(face.box, scale, width, height)
    return np.ascontiguousarray(image[top : top + side, left : left + side])


def cut(image: np.ndarray, face: Face, *, scale: float, size: int) -> np.ndarray:
    """Return the same brought to one size.

    Returns:
        (size, size, 3) uint8 RGB; bilinear, and smoothed where it is made smaller.

    Raises:
        ShapeError: as `as_it_is`.
    """
    part = Image.fromarray(as_it_is(image, face, scale=scale))
    return np.asarray(part.resize((size, size), Image.Resampling.BILINEAR))
