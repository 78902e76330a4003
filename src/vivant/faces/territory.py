"""Which part of a picture belongs to which face, so that one does not drag another along."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from vivant.types import Face

_SOFT: Final = 0.12
"""Width of the border between two faces, in face sizes."""


def territory(shape: tuple[int, ...], faces: Sequence[Face], mine: Face) -> np.ndarray | None:
    """Return how much each pixel belongs to one of several faces.

    A pixel belongs to the face that is nearest to it, measured in sizes of that face.

    Args:
        shape: height and width of the picture.
        faces: all faces in it.
        mine: one of them.

    Returns:
        (height, width) uint8: 255 where `mine` may move what is there, 0 where another
        face is nearer, between on the border; None where it is alone.
    """
    others = [face for face in faces if face is not mine]
    if not others:
        return None
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    nearest = np.min([_distance(face, x, y) for face in others], axis=0)
    share = 0.5 + (nearest - _distance(mine, x, y)) / (2 * _SOFT)
    return np.asarray(np.round(255 * np.clip(share, 0, 1)), np.uint8)


def _distance(face: Face, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """How far each pixel lies from the middle of a face, in sizes of the face."""
    left, top, width, height = face.box
    across, down = x - np.float32(left + width / 2), y - np.float32(top + height / 2)
    distance: np.ndarray = np.hypot(across, down) / np.float32(max(width, height))
    return distance
