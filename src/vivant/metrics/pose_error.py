"""Angle between the poses of two heads."""

from __future__ import annotations

import math
from typing import ClassVar, NamedTuple, Self

import numpy as np

from vivant.errors import ShapeError
from vivant.metrics.base import Mean
from vivant.metrics.checks import check_arrays
from vivant.types import Pose


class Angles(NamedTuple):
    """Three angles, degrees; axes and signs as in `vivant.types.Pose`."""

    yaw: float
    pitch: float
    roll: float


def pose_error(drawn: np.ndarray | Pose, truth: np.ndarray | Pose) -> float:
    """Return the angle of the one turn that takes one head to the other; lower is better.

    The geodesic distance of rotations: no axis counts double and nothing jumps at
    180 degrees, as sums of yaw, pitch and roll do. Published "pose distances" mean
    other things (the L1 of a 3D face model's pose numbers, for one): do not compare.

    Args:
        drawn: pose of the drawn face, or its rotation, (3, 3).
        truth: pose of the true face, or its rotation, (3, 3).

    Returns:
        Degrees, 0 to 180.

    Raises:
        ShapeError: one is no rotation, or a number is not finite.

    Source: Huynh 2009, doi:10.1007/s10851-009-0161-2, metric 6.

    >>> from vivant.types import turned
    >>> round(pose_error(turned(20, 0, 0), turned(-10, 0, 0)), 6)
    30.0
    """
    mine, theirs = _rotations(drawn, truth)
    turn = mine @ theirs.T
    # Of small angles the arc cosine of the trace loses half the digits; this does not.
    axis = np.array([turn[2, 1] - turn[1, 2], turn[0, 2] - turn[2, 0], turn[1, 0] - turn[0, 1]])
    return math.degrees(math.atan2(float(np.linalg.norm(axis)), float(np.trace(turn)) - 1))


def angle_errors(drawn: np.ndarray | Pose, truth: np.ndarray | Pose) -> Angles:
    """Return yaw, pitch and roll of the drawn face minus those of the true one.

    Args:
        drawn: as for `pose_error`.
        truth: as for `pose_error`.

    Returns:
        Degrees, each from -180 (not included) to 180, the short way round.

    Raises:
        ShapeError: as for `pose_error`.

    >>> from vivant.types import turned
    >>> errors = angle_errors(turned(0, 0, 175), turned(0, 0, -175))
    >>> round(errors.roll, 6)
    -10.0
    """
    zero = np.zeros(3)
    mine, theirs = (Pose(rotation, zero, 1.0) for rotation in _rotations(drawn, truth))
    return Angles(
        _wrapped(mine.yaw - theirs.yaw),
        _wrapped(mine.pitch - theirs.pitch),
        _wrapped(mine.roll - theirs.roll),
    )


def _wrapped(degrees: float) -> float:
    return -((180 - degrees) % 360 - 180)


def _rotations(drawn: np.ndarray | Pose, truth: np.ndarray | Pose) -> tuple[np.ndarray, np.ndarray]:
    mine, theirs = (pose.rotation if isinstance(pose, Pose) else pose for pose in (drawn, truth))
    pair = check_arrays("pose_error", mine, theirs, (3, 3))
    for rotation in pair:
        off = float(np.abs(rotation @ rotation.T - np.eye(3)).max())
        if off > 1e-3 or np.linalg.det(rotation) < 0:
            raise ShapeError(
                f"pose_error wants rotations, got a matrix whose product with its transpose is "
                f"off by {off:.2g} and whose determinant is {np.linalg.det(rotation):.2g}"
            )
    return pair


class PoseError(Mean):
    """Running `pose_error`: the mean over pictures; `angles` tells the axes apart."""

    unit: ClassVar[str] = "degrees"
    higher_is_better: ClassVar[bool | None] = False

    def __init__(self) -> None:
        super().__init__()
        self._angles = np.zeros(3)

    def update(self, drawn: np.ndarray | Pose, truth: np.ndarray | Pose) -> None:
        """Add one picture: poses, or rotations (3, 3)."""
        self.add(pose_error(drawn, truth))
        self._angles = self._angles + np.abs(angle_errors(drawn, truth))

    def merge(self, other: Self) -> None:
        """Take in what another process or thread has added."""
        super().merge(other)
        self._angles = self._angles + other._angles

    def angles(self) -> Angles:
        """Return the mean absolute errors of yaw, pitch and roll.

        Raises:
            ValueError: nothing was added.
        """
        self.compute()
        return Angles(*(float(angle) for angle in self._angles / self.count))
