"""A face taken apart: the shape it makes, and where the head is.

A landmark is drawn at `scale * rotation @ shape + translation`. `shape` is in
centimetres of the canonical head (x to the picture's right, y down, z away
from the camera, origin in the middle of the head), so that a smile has the
same numbers on a turned, small or tilted head. `translation` is in crop sides,
`scale` in crop sides a centimetre.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from vivant.errors import ShapeError
from vivant.types import FaceCrop


@dataclass(frozen=True, slots=True, eq=False)
class PosedShape:
    """Expression and head pose, apart."""

    shape: np.ndarray
    """(478, 3) float32, centimetres."""
    rotation: np.ndarray
    """(3, 3) float32, picture_from_head."""
    translation: np.ndarray
    """(3,) float32, crop sides."""
    scale: np.ndarray
    """(1,) float32, crop sides a centimetre."""

    @classmethod
    def of(cls, face: FaceCrop) -> PosedShape:
        """Take a tracked face apart.

        Raises:
            ShapeError: the crop carries no landmarks or pose.
        """
        if face.landmarks is None or face.pose is None:
            raise ShapeError("the mesh engine needs a face with landmarks and pose; got neither")
        pose, size = face.pose, face.image.shape[0]
        shape = (face.landmarks - pose.translation) @ pose.rotation / pose.scale
        return cls(
            shape=shape.astype(np.float32),
            rotation=pose.rotation.astype(np.float32),
            translation=(pose.translation / size).astype(np.float32),
            scale=np.array([pose.scale / size], np.float32),
        )

    @classmethod
    def unpack(cls, arrays: Mapping[str, np.ndarray]) -> PosedShape:
        """Read the four arrays from a motion."""
        return cls(arrays["shape"], arrays["rotation"], arrays["translation"], arrays["scale"])

    def pack(self) -> dict[str, np.ndarray]:
        """Return the four arrays for a motion."""
        return {
            "shape": self.shape,
            "rotation": self.rotation,
            "translation": self.translation,
            "scale": self.scale,
        }

    def draw(self, points: np.ndarray, size: int) -> np.ndarray:
        """Carry (count, 3) head points into a crop of side `size`, pixels."""
        drawn = points @ (self.rotation.T * (self.scale[0] * size)) + self.translation * size
        return np.asarray(drawn, np.float32)

    def undraw(self, points: np.ndarray, size: int) -> np.ndarray:
        """Carry (count, 3) crop points into the head: the inverse of `draw`."""
        taken = (points - self.translation * size) @ (self.rotation / (self.scale[0] * size))
        return np.asarray(taken, np.float32)


def nearest_rotation(matrix: np.ndarray) -> np.ndarray:
    """Return the rotation nearest to a (3, 3) matrix, in the least-squares sense.

    >>> nearest_rotation(3 * np.eye(3))
    array([[1., 0., 0.],
           [0., 1., 0.],
           [0., 0., 1.]], dtype=float32)
    """
    u, _, v = np.linalg.svd(matrix.astype(np.float64))
    u[:, -1] *= np.sign(np.linalg.det(u @ v))
    return np.asarray(u @ v + 0.0, np.float32)


def blend(a: PosedShape, b: PosedShape, share: float) -> PosedShape:
    """Return what lies between two faces: `a` at share 0, `b` at 1."""

    def mix(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return np.asarray(x + np.float32(share) * (y - x), np.float32)

    return PosedShape(
        shape=mix(a.shape, b.shape),
        rotation=nearest_rotation(mix(a.rotation, b.rotation)),
        translation=mix(a.translation, b.translation),
        scale=mix(a.scale, b.scale),
    )
