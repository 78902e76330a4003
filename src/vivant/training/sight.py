"""What the refiner sees of one picture that the mesh engine draws, and how much it may say.

It looks at the portrait, at the portrait seen through the mesh's map, at the
map itself and at where the head is, all small. It answers with a smooth change
of the map and of the person's outline.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import cv2
import numpy as np

from vivant.engines.mesh.drawing import look_up
from vivant.engines.mesh.shape import PosedShape
from vivant.landmarks import LEFT_EYE, LIPS_OUTER, RIGHT_EYE

SIDE: Final = 128
"""Side of what the network sees."""
OUT: Final = 64
"""Side of what it answers."""
CHANNELS: Final = 16
REACH: Final = 0.05
"""The map changes by less than this, crop sides."""
_SCALE: Final = 16.0
"""Displacements as the network sees them, for each crop side."""
_HEAD: Final = 10.0
"""Centimetres of the head that the network sees as 1."""
_MOTION: Final = 0.0015
"""Mean displacement, crop sides, at which the network has half its say."""
_REST: Final = 2e-5
"""Mean displacement, crop sides, that comes of rounding."""


@dataclass(frozen=True, slots=True, eq=False)
class Small:
    """A portrait as the network sees it."""

    layers: np.ndarray
    """(SIDE, SIDE, 4) float32: the picture, -0.5 to 0.5, and the person, 0 to 1."""
    place: np.ndarray
    """(3, SIDE, SIDE) float32, where each pixel lies in the portrait's head."""

    @classmethod
    def of(cls, image: np.ndarray, person: np.ndarray | None, face: PosedShape) -> Small:
        """Shrink an (n, n, 3) uint8 portrait and its (n, n) uint8 person, None for everything."""
        shape = (SIDE, SIDE)
        picture = cv2.resize(image, shape, interpolation=cv2.INTER_AREA).astype(np.float32)
        mask = np.full(shape, 255, np.uint8) if person is None else person
        small = cv2.resize(mask, shape, interpolation=cv2.INTER_AREA).astype(np.float32)
        return cls(np.dstack([picture / 255 - 0.5, small / 255]).astype(np.float32), in_head(face))


@lru_cache(maxsize=1)
def still() -> np.ndarray:
    """Where each small pixel lies, (SIDE, SIDE, 2) float32 crop sides."""
    line = (np.arange(SIDE, dtype=np.float32) + 0.5) / SIDE
    return np.dstack(np.meshgrid(line, line)).astype(np.float32)


@lru_cache(maxsize=1)
def rim() -> np.ndarray:
    """(OUT, OUT) float32: 1 inside, 0 at the border of the crop."""
    line = (np.arange(OUT, dtype=np.float32) + 0.5) / OUT
    ramp = np.clip(np.minimum(line, 1 - line) / 0.05, 0, 1)
    ramp = ramp * ramp * (3 - 2 * ramp)
    return np.asarray(np.minimum(ramp[:, None], ramp[None]), np.float32)


def in_head(face: PosedShape) -> np.ndarray:
    """Return where each small pixel lies in a head, at the depth of its middle; (3, SIDE, SIDE)."""
    corner, right, down = face.undraw(
        np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0]], np.float32) + face.translation * [0, 0, 1], 1
    ) / np.float32(_HEAD)
    line = (np.arange(SIDE, dtype=np.float32) + 0.5) / SIDE
    along = corner[:, None] + (right - corner)[:, None] * line
    return np.asarray(along[:, None] + ((down - corner)[:, None] * line)[..., None], np.float32)


def displacement(dense: np.ndarray, size: int) -> np.ndarray:
    """Return a dense map of a crop of side `size`, less rest: (SIDE, SIDE, 2) crop sides."""
    sources = np.ascontiguousarray(dense[..., :2])
    if sources.shape[0] != SIDE:
        sources = cv2.resize(sources, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    return np.asarray((sources + np.float32(0.5)) / np.float32(size) - still(), np.float32)


def seen(small: Small, moved: np.ndarray, target: PosedShape) -> np.ndarray:
    """Return what the network sees, (CHANNELS, SIDE, SIDE) float32.

    Args:
        small: the portrait.
        moved: (SIDE, SIDE, 2) float32, the mesh's displacement, crop sides.
        target: the face to be drawn.
    """
    result = np.empty((CHANNELS, SIDE, SIDE), np.float32)
    own = small.layers.transpose(2, 0, 1)
    warped = look_up(small.layers, (moved + still()) * np.float32(SIDE) - np.float32(0.5))
    result[:3], result[8] = own[:3], own[3]
    result[3:6], result[9] = warped.transpose(2, 0, 1)[:3], warped[..., 3]
    result[6:8] = moved.transpose(2, 0, 1) * np.float32(_SCALE)
    result[10:13], result[13:] = in_head(target), small.place
    return result


def say(moved: np.ndarray) -> float:
    """Return how much the network has to say, 0 to 1, by the mesh's displacement."""
    much = max(float(np.sqrt(np.square(moved).sum(axis=-1)).mean()) - _REST, 0.0)
    return much**2 / (much**2 + _MOTION**2)


def free(landmarks: np.ndarray) -> np.ndarray:
    """Return where the map may change, (OUT, OUT) float32: 0 around eyes and mouth.

    These are drawn where the landmarks are, whatever the map says.

    Args:
        landmarks: (478, 2 or more) of the face to be drawn, crop sides.
    """
    mask = np.zeros((OUT, OUT), np.uint8)
    for ring in (RIGHT_EYE, LEFT_EYE, LIPS_OUTER):
        points = landmarks[list(ring), :2] * OUT - 0.5
        middle = points.mean(axis=0)
        hull = cv2.convexHull((middle + 1.35 * (points - middle)).astype(np.float32))
        cv2.fillConvexPoly(mask, np.round(hull * 16).astype(np.int32), 255, cv2.LINE_AA, 4)
    soft = cv2.blur(cv2.dilate(mask, np.ones((3, 3), np.uint8)), (5, 5))
    return np.asarray(1 - soft.astype(np.float32) / 255)
