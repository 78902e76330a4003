"""The nouns that cross rooms.

Conventions that hold everywhere:

- pictures are RGB, uint8, shape (height, width, 3);
- points are (x, y) in pixels, (0, 0) is the centre of the top left pixel, x
  grows to the right and y downwards; a z grows away from the camera, in the
  same unit as x;
- matrices are named `to_from` and act on column vectors;
- time is an exact `Fraction` of seconds.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

import numpy as np

from vivant.errors import ShapeError

LANDMARKS = 478
"""Landmarks of a face: 468 of the face mesh and 2 x 5 of the irises."""
SCORES = 52
"""Expression scores of a face, named in `vivant.landmarks.SCORE_NAMES`."""


def check_picture(image: object, what: str) -> None:
    """Raise `ShapeError` unless `image` is a non-empty (height, width, 3) uint8 array."""
    if (
        not isinstance(image, np.ndarray)
        or image.ndim != 3
        or image.shape[2] != 3
        or image.dtype != np.uint8
        or image.size == 0
    ):
        got = (
            f"{image.shape} {image.dtype}"
            if isinstance(image, np.ndarray)
            else type(image).__name__
        )
        raise ShapeError(f"{what} must be a numpy array (height, width, 3) uint8 RGB, got {got}")


def _check_shape(array: np.ndarray | None, shape: tuple[int, ...], what: str) -> None:
    if array is not None and array.shape != shape:
        raise ShapeError(f"{what} must have shape {shape}, got {array.shape}")


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One picture of a video, and when it is shown."""

    image: np.ndarray
    """RGB picture, shape (height, width, 3), uint8."""
    index: int
    """Position in the stream, from 0."""
    time: Fraction
    """Presentation time in seconds, exact (at 29.97 frames/s: multiples of 1001/30000)."""

    def __post_init__(self) -> None:
        check_picture(self.image, "Frame.image")

    def __repr__(self) -> str:
        height, width = self.image.shape[:2]
        return f"Frame(#{self.index} at {float(self.time):.3f} s, {width}x{height})"


@dataclass(frozen=True, slots=True, eq=False)
class Pose:
    """Where a head is and how it is turned, as a scaled orthographic view.

    A point of the canonical head (x to the picture's right, y down, z away from
    the camera, centimetres) is drawn at `scale * rotation @ point + translation`.
    """

    rotation: np.ndarray
    """(3, 3) float64, a rotation: picture_from_head."""
    translation: np.ndarray
    """(3,) float64, pixels; the third is the depth offset of the landmarks."""
    scale: float
    """Pixels a centimetre of the canonical head."""

    @property
    def yaw(self) -> float:
        """Degrees; positive when the nose points to the right side of the picture."""
        return math.degrees(math.atan2(-self.rotation[0, 2], self.rotation[2, 2]))

    @property
    def pitch(self) -> float:
        """Degrees; positive when the face looks up."""
        return math.degrees(math.asin(float(np.clip(self.rotation[1, 2], -1.0, 1.0))))

    @property
    def roll(self) -> float:
        """Degrees; positive when the head leans clockwise as seen in the picture."""
        return math.degrees(math.atan2(self.rotation[1, 0], self.rotation[1, 1]))

    def __repr__(self) -> str:
        return f"Pose(yaw {self.yaw:.1f}, pitch {self.pitch:.1f}, roll {self.roll:.1f} degrees)"


def turned(yaw: float, pitch: float, roll: float) -> np.ndarray:
    """Return the rotation of a head that stands at these angles of `Pose`, (3, 3) float64.

    >>> pose = Pose(turned(20, -10, 5), np.zeros(3), 1.0)
    >>> round(pose.yaw, 6), round(pose.pitch, 6), round(pose.roll, 6)
    (20.0, -10.0, 5.0)
    """
    y, p, r = np.radians([yaw, pitch, roll])
    about_y = np.array([[np.cos(y), 0, -np.sin(y)], [0, 1, 0], [np.sin(y), 0, np.cos(y)]])
    about_x = np.array([[1, 0, 0], [0, np.cos(p), np.sin(p)], [0, -np.sin(p), np.cos(p)]])
    about_z = np.array([[np.cos(r), -np.sin(r), 0], [np.sin(r), np.cos(r), 0], [0, 0, 1]])
    rotation: np.ndarray = about_y @ about_x @ about_z
    return rotation


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """One face in one picture, as the tracker sees it."""

    landmarks: np.ndarray
    """(478, 3) float32, frame pixels."""
    scores: np.ndarray | None
    """(52,) float32 in [0, 1]; None where the tracker was not asked for them."""
    pose: Pose
    confidence: float
    """The landmark network's own belief that this is a face, 0 to 1."""
    track: int = 0
    """Number of the track: the same person keeps it from frame to frame."""

    def __post_init__(self) -> None:
        _check_shape(self.landmarks, (LANDMARKS, 3), "Face.landmarks")
        _check_shape(self.scores, (SCORES,), "Face.scores")

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Smallest upright box around the landmarks: x, y, width, height in pixels."""
        low = self.landmarks[:, :2].min(axis=0)
        high = self.landmarks[:, :2].max(axis=0)
        return float(low[0]), float(low[1]), float(high[0] - low[0]), float(high[1] - low[1])

    def __repr__(self) -> str:
        x, y, width, height = self.box
        return (
            f"Face(track {self.track}, {width:.0f}x{height:.0f} at {x:.0f},{y:.0f}, {self.pose!r})"
        )


@dataclass(frozen=True, slots=True)
class Crop:
    """The square cut around a face that an engine wants."""

    scale: float
    """Side of the crop over the longer side of the face box."""
    shift_y: float = 0.0
    """Shift of the centre downwards (negative: up), in crop sides."""
    rotate: bool = False
    """Turn the crop so that the eyes are level."""
    follow: Literal["fixed", "track"] = "track"
    """`fixed`: one place for the whole clip; `track`: the crop follows the face."""
    align: Literal["box", "similarity", "eyes"] = "box"
    """`box`: around the landmark box; else turned and scaled so that eyes and mouth (`similarity`)
    or the eyes alone (`eyes`) are at fixed places, the eyes half of 1 / scale apart, in sides."""


@dataclass(frozen=True, slots=True, eq=False)
class FaceCrop:
    """A square picture of one face, and what is known of the face in it."""

    image: np.ndarray
    """(size, size, 3) uint8 RGB."""
    landmarks: np.ndarray | None
    """(478, 3) float32, crop pixels; None where no tracker looked."""
    scores: np.ndarray | None
    """(52,) float32 in [0, 1]; None where no tracker looked."""
    pose: Pose | None
    """In crop pixels; None where no tracker looked."""
    crop_from_frame: np.ndarray
    """(3, 3) float64, affine: last row 0 0 1."""
    pixels: bool = True
    """False for a driver without pictures, a recorded performance: then `image` is blank."""

    def __post_init__(self) -> None:
        check_picture(self.image, "FaceCrop.image")
        if self.image.shape[0] != self.image.shape[1]:
            raise ShapeError(f"FaceCrop.image must be square, got {self.image.shape}")
        _check_shape(self.landmarks, (LANDMARKS, 3), "FaceCrop.landmarks")
        _check_shape(self.scores, (SCORES,), "FaceCrop.scores")
        _check_shape(self.crop_from_frame, (3, 3), "FaceCrop.crop_from_frame")


@dataclass(frozen=True, slots=True, eq=False)
class Motion:
    """What an engine took from a driving face; only that engine reads it."""

    arrays: Mapping[str, np.ndarray]
    """float32 arrays under the engine's own names; pixels of the driver only under `pixels.*`."""


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """What an engine drew."""

    image: np.ndarray
    """(size, size, 3) uint8 RGB."""
    alpha: np.ndarray | None = None
    """(size, size) uint8 or None (all drawn); where it is 0 the portrait's own pixel stays."""

    def __post_init__(self) -> None:
        check_picture(self.image, "Drawn.image")
        _check_shape(self.alpha, self.image.shape[:2], "Drawn.alpha")
