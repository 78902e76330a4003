"""Another person's proportions: a smooth displacement that is fixed in the head.

In the un-posed head every place moves by the same vector on every frame, so the
change is one of identity: eyes further apart, a longer chin, a narrower nose.
Expressions and turns stay what they were, up to the stretch of the field itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np

from vivant.types import Pose
from vivant.weights.canonical import canonical_face

_STEEPEST: Final = 0.55
"""Largest change of the displacement with place; under 1 the field cannot fold."""
_FULL: Final = 1.1
_END: Final = 2.3
"""Up to the first radius (in half face sizes) the field is whole; from this on it is 0."""
_STEPS: Final = 16
"""Fixed-point steps of the inverse; each leaves at most `_STEEPEST` of the error."""


@dataclass(frozen=True, slots=True)
class _Head:
    """The canonical face's middle height and half its size, centimetres."""

    middle: float
    half: float
    points: np.ndarray


@cache
def _head() -> _Head:
    points = canonical_face().vertices[:, :2]
    low, high = points.min(axis=0), points.max(axis=0)
    return _Head(float(low[1] + high[1]) / 2, float((high - low).max()) / 2, points)


@dataclass(frozen=True, slots=True, eq=False)
class Proportions:
    """A displacement field over the head, the same on the left and on the right."""

    weights: np.ndarray
    """(2, 7) of the waves along x and along y."""
    similarity: np.ndarray
    """(2,) growth and fall that the waves contain, taken out again: they are no proportions."""
    gain: float
    """Centimetres."""

    @classmethod
    def chosen(cls, rng: np.random.Generator, largest: float) -> Proportions:
        """Choose a field.

        Args:
            rng: source of chance.
            largest: how far the landmark that moves the most moves, in face sizes
                (the longer side of the face); less where the field would be too steep.
        """
        head = _head()
        weights = rng.normal(size=(2, 7)) * np.array([1, 1, 1, 0.5, 0.5, 0.5, 0.5])
        raw = cls(weights, np.zeros(2), 1.0)
        moved = raw(head.points)
        u, v = _normal(head.points)
        basis = np.concatenate([np.stack([u, 0 * v], -1), np.stack([v, 0 * v + 1], -1)])
        fit, *_ = np.linalg.lstsq(basis, np.concatenate([moved[:, 0], moved[:, 1]]), rcond=None)
        freed = cls(weights, fit, 1.0)
        gain = largest * 2 * head.half / np.linalg.norm(freed(head.points), axis=1).max()
        gain = min(gain, _STEEPEST / freed.steepness())
        return cls(weights, fit, float(gain))

    def __call__(self, points: np.ndarray) -> np.ndarray:
        """Return the displacement at places of the head.

        Args:
            points: (..., 2) x and y in the canonical head, centimetres.

        Returns:
            The same shape, centimetres.
        """
        u, v = _normal(points)
        quarter = np.pi / 2
        sin_u, cos_u = np.sin(quarter * u), np.cos(quarter * u)
        sin_v, cos_v = np.sin(quarter * v), np.cos(quarter * v)
        twice_u, twice_v = 2 * sin_u * cos_u, 2 * sin_v * cos_v
        across = (sin_u, sin_u * cos_v, sin_u * sin_v, twice_u, twice_u * cos_v,
                  twice_u * sin_v, sin_u * twice_v)  # fmt: skip
        down = (sin_v, cos_v, cos_u * sin_v, cos_u * cos_v, twice_v, cos_u * twice_v,
                2 * cos_v * cos_v - 1)  # fmt: skip
        growth, fall = self.similarity
        moved = np.stack(
            [
                sum(w * wave for w, wave in zip(self.weights[0], across, strict=True)) - growth * u,
                sum(w * wave for w, wave in zip(self.weights[1], down, strict=True))
                - (growth * v + fall),
            ],
            axis=-1,
        )
        edge = np.clip((_END - np.hypot(u, v)) / (_END - _FULL), 0, 1)
        window = edge * edge * (3 - 2 * edge)
        return np.asarray(self.gain * window[..., None] * moved)

    def steepness(self) -> float:
        """Return the largest change of the displacement with place, over the whole field."""
        head = _head()
        reach = np.arange(-_END * head.half, _END * head.half, 0.25)
        grid = np.stack(np.meshgrid(reach, reach + head.middle), axis=-1)
        moved = self(grid)
        along_y, along_x = np.gradient(moved, 0.25, axis=(0, 1))
        change = np.stack([along_x, along_y], axis=-1)
        return float(np.linalg.norm(change, ord=2, axis=(-2, -1)).max())

    def largest(self) -> float:
        """Return how far the landmark that moves the most moves, in face sizes."""
        head = _head()
        return float(np.linalg.norm(self(head.points), axis=1).max() / (2 * head.half))


def _normal(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    head = _head()
    return points[..., 0] / head.half, (points[..., 1] - head.middle) / head.half


@dataclass(frozen=True, slots=True, eq=False)
class Placed:
    """The field as it appears in one frame, on the face there."""

    field: Proportions
    pose: Pose
    surface: np.ndarray
    """(6,) of the depth of the face over the picture, a quadric; and """
    depths: tuple[float, float]
    """the nearest and the farthest depth that it may have, pixels."""

    @classmethod
    def of(cls, field: Proportions, pose: Pose, landmarks: np.ndarray) -> Placed:
        """Place the field on a face.

        Args:
            field: the displacement in the head.
            pose: of the head, pixels.
            landmarks: (478, 3) of the face, pixels.
        """
        points = landmarks[:468].astype(np.float64)
        x, y = (points[:, :2] - pose.translation[:2]).T / pose.scale
        z = points[:, 2]
        surface, *_ = np.linalg.lstsq(_quadric(x, y), z, rcond=None)
        near, far = float(z.min()), float(z.max())
        return cls(field, pose, surface, (near, far + (far - near) / 2))

    def displacement(self, points: np.ndarray) -> np.ndarray:
        """Return how far places of the picture move, (..., 2) pixels."""
        pose = self.pose
        flat = points - pose.translation[:2]
        x, y = flat[..., 0] / pose.scale, flat[..., 1] / pose.scale
        z = np.clip(_quadric(x, y) @ self.surface, *self.depths) - pose.translation[2]
        space = np.concatenate([flat, z[..., None]], axis=-1)
        head = (space @ pose.rotation)[..., :2] / pose.scale
        return np.asarray(pose.scale * self.field(head) @ pose.rotation[:2, :2].T)

    def forward(self, points: np.ndarray) -> np.ndarray:
        """Return where places of the true picture lie in the disguised one, (..., 2) pixels."""
        return np.asarray(points + self.displacement(points))

    def backward(self, points: np.ndarray) -> np.ndarray:
        """Return which places of the true picture lie at `points` of the disguised one."""
        found = points.astype(np.float64)
        for _ in range(_STEPS):
            found = points - self.displacement(found)
        return found


def _quadric(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=-1)
