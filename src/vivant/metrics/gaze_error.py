"""Angle between the directions in which two faces look, as far as landmarks tell."""

from __future__ import annotations

import math
from typing import ClassVar, Final, NamedTuple, Self

import numpy as np

from vivant.errors import Undefined
from vivant.landmarks import LEFT_EYE, LEFT_IRIS, RIGHT_EYE, RIGHT_IRIS
from vivant.metrics.base import Mean
from vivant.metrics.checks import check_arrays
from vivant.types import LANDMARKS

RADIUS: Final = 0.48
"""Of the eyeball, in widths of the eye: 12 mm, where the landmarks of the two corners are 25 mm
apart (which they are on frontal faces whose irises are taken to be 11.7 mm wide)."""
CLOSED: Final = 0.15
"""An eye opened less than this, in its widths, is closed: its iris is a guess."""


class Gaze(NamedTuple):
    """Where an eye looks, relative to the opening of its lids; each angle's sine is the shift."""

    right: float
    """Degrees; positive towards the right side of the picture."""
    down: float
    """Degrees; positive downwards."""


def gaze(landmarks: np.ndarray) -> tuple[Gaze | None, Gaze | None]:
    """Return where the right and the left eye look; None for an eye that is closed.

    A proxy: the middle of an iris lies on a ball of `RADIUS` behind the middle
    between the eye's corners. Widths are foreshortened as the head turns, and so
    are sideways shifts: that cancels; heights are measured by the width in 3D. What
    it cannot tell: where in the room a gaze goes (the head's turn is not added), the
    angle between the eye's axis and its line of sight, and a person's own offset
    between lids and ball. So it is for the same face twice, drawn and true.

    Args:
        landmarks: (478, 3), pixels; (478, 2) where depths are not known.

    Raises:
        ShapeError: the array has another shape, or a number is not finite.
    """
    axes = 2 if np.shape(landmarks)[-1:] == (2,) else 3
    points, _ = check_arrays("gaze", landmarks, landmarks, (LANDMARKS, axes))
    # Both from left to right in a frontal picture: outer to inner, inner to outer corner.
    return (
        _eye(points, (RIGHT_EYE[0], RIGHT_EYE[8]), (RIGHT_EYE[4], RIGHT_EYE[12]), RIGHT_IRIS[0]),
        _eye(points, (LEFT_EYE[8], LEFT_EYE[0]), (LEFT_EYE[4], LEFT_EYE[12]), LEFT_IRIS[0]),
    )


def _eye(
    points: np.ndarray, corners: tuple[int, int], lids: tuple[int, int], iris: int
) -> Gaze | None:
    first, second = points[corners[0]], points[corners[1]]
    along = (second - first)[:2]
    seen, width = float(np.hypot(*along)), float(np.linalg.norm(second - first))
    opened = float(np.hypot(*(points[lids[1]] - points[lids[0]])[:2]))
    if seen == 0 or opened < CLOSED * width:
        return None
    along = along / seen
    away = points[iris, :2] - (first + second)[:2] / 2
    right = float(away @ along) / (RADIUS * seen)
    down = float(along[0] * away[1] - along[1] * away[0]) / (RADIUS * width)
    return Gaze(*(math.degrees(math.asin(float(np.clip(side, -1, 1)))) for side in (right, down)))


def gaze_errors(drawn: np.ndarray, truth: np.ndarray) -> list[float]:
    """Return the angle between the two gazes of each eye that is open in both faces.

    Args:
        drawn: landmarks of the drawn face, (478, 3) or (478, 2), pixels.
        truth: landmarks of the true face, the same shape.

    Returns:
        Degrees, 0 to 180; no, one or two numbers.

    Raises:
        ShapeError: the shapes differ, are no landmarks, or a number is not finite.
    """
    axes = 2 if np.shape(truth)[-1:] == (2,) else 3
    check_arrays("gaze_error", drawn, truth, (LANDMARKS, axes))
    pairs = zip(gaze(drawn), gaze(truth), strict=True)
    return [_between(mine, theirs) for mine, theirs in pairs if mine and theirs]


def gaze_error(drawn: np.ndarray, truth: np.ndarray) -> float:
    """Return the mean of `gaze_errors`; lower is better.

    Args:
        drawn: as for `gaze_errors`.
        truth: as for `gaze_errors`.

    Raises:
        ShapeError: as for `gaze_errors`.
        Undefined: no eye is open in both faces.
    """
    errors = gaze_errors(drawn, truth)
    if not errors:
        raise Undefined("gaze_error", "no eye is open in both faces")
    return float(np.mean(errors))


def _between(one: Gaze, other: Gaze) -> float:
    a, b = _direction(one), _direction(other)
    return math.degrees(math.atan2(float(np.linalg.norm(np.cross(a, b))), float(a @ b)))


def _direction(look: Gaze) -> np.ndarray:
    """Return the vector (right, down, towards the camera); its length is 1 on the ball."""
    x, y = (math.sin(math.radians(angle)) for angle in look)
    return np.array([x, y, math.sqrt(max(0.0, 1 - x * x - y * y))])


class GazeError(Mean):
    """Running `gaze_error`: the mean over pictures; those with closed eyes are only counted."""

    unit: ClassVar[str] = "degrees"
    higher_is_better: ClassVar[bool | None] = False

    def __init__(self) -> None:
        super().__init__()
        self.closed = 0
        """Pictures left out, for no eye was open in both faces."""

    def update(self, drawn: np.ndarray, truth: np.ndarray) -> None:
        """Add one picture: landmarks (478, 3) each."""
        errors = gaze_errors(drawn, truth)
        if errors:
            self.add(float(np.mean(errors)))
        else:
            self.closed += 1

    def merge(self, other: Self) -> None:
        """Take in what another process or thread has added."""
        super().merge(other)
        self.closed += other.closed
