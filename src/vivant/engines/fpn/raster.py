"""Landmarks as a picture: lines along the features of a face.

Source: Petruk 2020, section 3.3 and figure 3.6, after the boundaries of Wu et al. 2018,
"ReenactGAN", arXiv:1807.11079.
"""

from __future__ import annotations

from itertools import chain, pairwise
from typing import Final

import cv2
import numpy as np

from vivant.errors import ShapeError
from vivant.landmarks import (
    FACE_OVAL,
    LEFT_BROW,
    LEFT_EYE,
    LIPS_INNER,
    LIPS_OUTER,
    RIGHT_BROW,
    RIGHT_EYE,
)

Lines = tuple[tuple[int, ...], ...]
"""Numbers of the landmarks that a line joins, in order; a closed one ends where it begins."""


def _closed(ring: tuple[int, ...]) -> tuple[int, ...]:
    return (*ring, ring[0])


def _span(first: int, last: int) -> tuple[int, ...]:
    return tuple(range(first, last + 1))


LINES_68: Final[Lines] = (
    _span(0, 16),  # jaw, from the right ear to the left
    _span(17, 21),  # right brow
    _span(22, 26),  # left brow
    _span(27, 30),  # ridge of the nose
    _span(31, 35),  # its wings
    _closed(_span(36, 41)),  # right eye
    _closed(_span(42, 47)),  # left eye
    _closed(_span(48, 59)),  # outer edge of the lips
    _closed(_span(60, 67)),  # inner edge
)
"""The thesis' lines: along the 68 landmarks of the iBUG scheme, which dlib gives."""

_JAW: Final = FACE_OVAL[8:29]
"""The lower part of the ring, from ear to ear."""
LINES_478: Final[Lines] = (
    _JAW,
    RIGHT_BROW[:5],
    LEFT_BROW[:5],
    (168, 6, 197, 195, 5, 4),
    (98, 97, 2, 326, 327),
    _closed(RIGHT_EYE),
    _closed(LEFT_EYE),
    _closed(LIPS_OUTER),
    _closed(LIPS_INNER),
)
"""The same features along the 478 landmarks of vivant's own tracker."""


def rasterised(
    points: np.ndarray, size: int, lines: Lines = LINES_68, thickness: int = 1
) -> np.ndarray:
    """Draw a face's landmarks as lines.

    Args:
        points: (count, 2 or more) float, pixels; lines beyond the picture are cut off there.
        size: side of the picture, pixels.
        lines: which landmarks are joined.
        thickness: of the lines, pixels; 1 or more.

    Returns:
        (size, size) uint8: 255 on a line, else 0.

    Raises:
        ShapeError: there are fewer points than the lines name, or one is not finite.

    >>> dots = np.array([[1, 1], [3, 1]])
    >>> rasterised(dots, 4, lines=((0, 1),))[1].tolist()
    [0, 255, 255, 255]
    """
    highest = max(chain.from_iterable(lines))
    if points.ndim != 2 or points.shape[0] <= highest or points.shape[1] < 2:
        raise ShapeError(f"these lines want points ({highest + 1}, 2), got {points.shape}")
    if not np.isfinite(points).all():
        raise ShapeError("landmarks to draw must be finite; leave frames without a face out")
    picture = np.zeros((size, size), np.uint8)
    far = 8.0 * size  # a wild landmark is not worth drawing a line to where it is
    places = np.clip(points[:, :2].astype(np.float64), -far, far)
    for first, second in chain.from_iterable(pairwise(line) for line in lines):
        _draw(picture, places[first], places[second])
    if thickness > 1:
        return np.asarray(cv2.dilate(picture, np.ones((thickness, thickness), np.uint8)))
    return picture


def _draw(picture: np.ndarray, start: np.ndarray, end: np.ndarray) -> None:
    """Set one pixel in each column of a flat line, in each row of a steep one."""
    steps = int(np.ceil(np.abs(end - start).max())) + 1
    x, y = np.rint(np.linspace(start, end, steps)).astype(int).T
    inside = (x >= 0) & (y >= 0) & (x < picture.shape[1]) & (y < picture.shape[0])
    picture[y[inside], x[inside]] = 255
