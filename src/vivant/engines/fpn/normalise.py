"""The thesis' two ways to bring faces to one place and size before anything learns from them.

Source: Petruk 2020, sections 3.3 (similarity, the better one) and 5.1.4 (inter-ocular); least
squares: Umeyama 1991, doi:10.1109/34.88573.

Conventions:
    - points are (x, y) pixels, (0, 0) is the centre of the top left pixel;
    - right and left are the person's own: the right eye is on the left of a frontal picture;
    - both functions give `crop_from_frame`, (3, 3) float64, which acts on (x, y, 1).
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from vivant.errors import ShapeError

SIZE: Final = 256
"""Side of a normalised face, pixels."""
_TEMPLATE: Final = np.array([[-0.5, 0.0], [0.5, 0.0], [0.0, 0.6], [-0.4, 1.05], [0.4, 1.05]])
"""Right eye, left eye, tip of the nose, right and left corner of the mouth, in eye distances
from between the eyes: a common frontal face."""
_EYES_APART: Final = 0.28
"""Distance of the eyes in a normalised face, in sides."""
_EYES_AT: Final = (0.5, 0.4)
"""The point between the eyes in a normalised face, in sides."""
_RIGHT_EYE_68: Final = slice(36, 42)
_LEFT_EYE_68: Final = slice(42, 48)
_NOSE_68: Final = 30
_CORNERS_68: Final = (48, 54)


def five_of_68(points: np.ndarray) -> np.ndarray:
    """Return the middles of the eyes, the nose's tip and the mouth's corners of 68 landmarks.

    Raises:
        ShapeError: `points` is not (68, 2).
    """
    _check(points, 68)
    right, left = points[_RIGHT_EYE_68].mean(axis=0), points[_LEFT_EYE_68].mean(axis=0)
    corners = [points[index] for index in _CORNERS_68]
    return np.array([right, left, points[_NOSE_68], *corners], np.float64)


def similarity(five: np.ndarray, size: int = SIZE, padding: float = 0.0) -> np.ndarray:
    """Return the turn, scale and shift that take five points nearest to a common face's.

    Args:
        five: right eye, left eye, nose, right and left corner of the mouth, (5, 2) pixels.
        size: side of the normalised picture, pixels.
        padding: room around the face beyond the usual, in sides, on each of the four.

    Returns:
        `crop_from_frame`, (3, 3) float64.

    Raises:
        ShapeError: `five` is not (5, 2) finite numbers, or all points are one.
    """
    _check(five, 5)
    scale = _EYES_APART * size / (1 + 2 * padding)
    down = 0.5 + (_EYES_AT[1] - 0.5) / (1 + 2 * padding)
    wanted = _TEMPLATE * scale + _place((_EYES_AT[0], down), size)
    middle, target = five.mean(axis=0), wanted.mean(axis=0)
    a, b = five - middle, wanted - target
    norm = float((a**2).sum())
    if norm == 0:
        raise ShapeError("five points in one place say nothing of a face")
    dot = float((a * b).sum())
    cross = float((a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]).sum())
    linear = np.array([[dot, -cross], [cross, dot]]) / norm
    return _matrix(linear, target - linear @ middle)


def interocular(
    right_eye: np.ndarray, left_eye: np.ndarray, size: int = SIZE, apart: float = _EYES_APART
) -> np.ndarray:
    """Return the turn, scale and shift that take both eyes to fixed places.

    Faces whose other features lie elsewhere between the eyes and the chin keep that.

    Args:
        right_eye: its middle, (2,) pixels.
        left_eye: its middle, (2,) pixels.
        size: side of the normalised picture, pixels.
        apart: distance of the eyes in it, in sides.

    Returns:
        `crop_from_frame`, (3, 3) float64.

    Raises:
        ShapeError: an eye is not (2,) finite numbers, or both are in one place.

    >>> matrix = interocular(np.array([10.0, 20.0]), np.array([42.0, 20.0]), size=100, apart=0.32)
    >>> (matrix @ [10.0, 20.0, 1.0]).round(3).tolist()
    [33.5, 39.5, 1.0]
    """
    _check(np.stack([right_eye, left_eye]), 2)
    middle = (np.asarray(right_eye, np.float64) + left_eye) / 2
    x, y = np.asarray(left_eye, np.float64) - right_eye
    distance = float(np.hypot(x, y))
    if distance == 0:
        raise ShapeError("two eyes in one place say nothing of a face")
    # First turned level and scaled about the point between the eyes, then shifted.
    linear = np.array([[x, y], [-y, x]]) / distance * (apart * size / distance)
    return _matrix(linear, _place(_EYES_AT, size) - linear @ middle)


def normalised(image: np.ndarray, crop_from_frame: np.ndarray, size: int = SIZE) -> np.ndarray:
    """Return the (size, size, 3) picture that `crop_from_frame` cuts; beyond the frame: black."""
    return cv2.warpAffine(image, crop_from_frame[:2], (size, size), flags=cv2.INTER_LINEAR)


def _place(share: tuple[float, float], size: int) -> np.ndarray:
    """Return the pixel at a share of the side; a side reaches half a pixel beyond both ends."""
    return np.array(share) * size - 0.5


def _matrix(linear: np.ndarray, shift: np.ndarray) -> np.ndarray:
    matrix = np.eye(3)
    matrix[:2, :2], matrix[:2, 2] = linear, shift
    return matrix


def _check(points: np.ndarray, count: int) -> None:
    if points.shape != (count, 2) or not np.isfinite(points).all():
        raise ShapeError(f"normalising wants points ({count}, 2), finite, got {points.shape}")
