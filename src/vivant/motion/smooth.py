"""Calms landmarks and scores: still faces stay still, quick ones are not held back.

A One-Euro filter (Casiez, Roussel & Vogel 2012, doi:10.1145/2207676.2208639): a
low pass whose cutoff rises with speed. Pure functions; what a stream remembers
is a `OneEuroState` that the caller holds.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields, replace
from fractions import Fraction

import numpy as np

from vivant.errors import SettingsError, ShapeError
from vivant.landmarks import SKULL
from vivant.types import LANDMARKS, Face, Pose


@dataclass(frozen=True, kw_only=True, slots=True)
class OneEuroSettings:
    """Options of the smoothing; they mean the same at every resolution and frame rate."""

    cutoff: float = 0.5
    """Cutoff for a still face, in hertz; lower is calmer."""
    response: float = 30.0
    """Rise of the cutoff with speed, in hertz for each face size a second; higher lags less."""
    speed_cutoff: float = 5.0
    """Cutoff of the speed itself, in hertz; lower tells noise from motion better, but later."""
    score_cutoff: float = 1.5
    """Cutoff for expression scores at rest, in hertz."""
    score_response: float = 2.0
    """Rise of that cutoff with speed, in hertz for each unit of score a second."""

    def __post_init__(self) -> None:
        """Refuse values out of range."""
        for field in fields(self):
            value = getattr(self, field.name)
            least = 0 if field.name.endswith("response") else 1e-3
            if not least <= value < math.inf:
                raise SettingsError(
                    f"smoothing.{field.name} must be a number of at least {least}, got {value}"
                )


@dataclass(frozen=True, slots=True, eq=False)
class Filtered:
    """A smoothed signal and its speed."""

    value: np.ndarray
    velocity: np.ndarray
    """The same shape, in units a second (landmarks: face sizes a second)."""


@dataclass(frozen=True, slots=True, eq=False)
class OneEuroState:
    """What the smoothing of one face remembers."""

    time: Fraction
    landmarks: Filtered
    scores: Filtered | None = None
    track: int = 0


def smooth(
    state: OneEuroState | None,
    landmarks: np.ndarray,
    time: Fraction,
    settings: OneEuroSettings = OneEuroSettings(),
) -> tuple[OneEuroState, np.ndarray]:
    """Smooth the landmarks of one more frame.

    Speed is measured in face sizes (longer side of the landmarks' box), along x
    and y, and a landmark counts as no slower than the face as a whole.

    Args:
        state: what the last call gave; None starts anew, and so does a time that
            is not later than the last one.
        landmarks: (478, 3), pixels.
        time: of the frame, seconds.
        settings: how calm, how quick.

    Returns:
        The new state, and the smoothed landmarks (478, 3) float32.

    Raises:
        ShapeError: `landmarks` has another shape.
    """
    if landmarks.shape != (LANDMARKS, 3):
        raise ShapeError(f"smooth wants landmarks ({LANDMARKS}, 3), got {landmarks.shape}")
    points = landmarks.astype(np.float64)
    if state is None or time <= state.time:
        fresh = OneEuroState(time, Filtered(points, np.zeros_like(points)))
        return fresh, landmarks.astype(np.float32)
    seconds = float(time - state.time)
    size = float(np.ptp(points[:, :2], axis=0).max()) or 1.0
    velocity = _velocity(state.landmarks, points, seconds, settings, size)
    speed = np.linalg.norm(velocity[:, :2], axis=1)
    whole = float(np.linalg.norm(velocity[:, :2].mean(axis=0)))
    share = _share(settings.cutoff + settings.response * np.maximum(speed, whole), seconds)
    value = state.landmarks.value + share[:, None] * (points - state.landmarks.value)
    return OneEuroState(time, Filtered(value, velocity)), value.astype(np.float32)


def smooth_face(
    state: OneEuroState | None,
    face: Face,
    time: Fraction,
    settings: OneEuroSettings = OneEuroSettings(),
) -> tuple[OneEuroState, Face]:
    """Smooth landmarks and scores of one more frame; the pose goes with the landmarks.

    Like `smooth`; a face of another track starts anew.
    """
    if state is not None and (state.track != face.track or time <= state.time):
        state = None
    moved, landmarks = smooth(state, face.landmarks, time, settings)
    calmed: Filtered | None
    if face.scores is None:
        calmed = None
    elif state is None or state.scores is None:
        scores = face.scores.astype(np.float64)
        calmed = Filtered(scores, np.zeros_like(scores))
    else:
        scores = face.scores.astype(np.float64)
        seconds = float(time - state.time)
        velocity = _velocity(state.scores, scores, seconds, settings, 1.0)
        cutoff = settings.score_cutoff + settings.score_response * np.abs(velocity)
        share = _share(cutoff, seconds)
        calmed = Filtered(state.scores.value + share * (scores - state.scores.value), velocity)
    smoothed = replace(
        face,
        landmarks=landmarks,
        scores=None if calmed is None else calmed.value.astype(np.float32),
        pose=face.pose if state is None else _carried(face.pose, face.landmarks, landmarks),
    )
    return replace(moved, scores=calmed, track=face.track), smoothed


def _carried(pose: Pose, before: np.ndarray, after: np.ndarray) -> Pose:
    """Return a pose moved, turned and scaled as the skull was, from `before` to `after`."""
    start, end = (points[list(SKULL)].astype(np.float64) for points in (before, after))
    start_middle, end_middle = start.mean(axis=0), end.mean(axis=0)
    start, end = start - start_middle, end - end_middle
    left, stretch, right = np.linalg.svd(end.T @ start)
    turn = left @ right  # the two nearly coincide, so this is no mirror image
    scale = float(stretch.sum() / (start**2).sum())
    translation = scale * turn @ (pose.translation - start_middle) + end_middle
    return Pose(turn @ pose.rotation, translation, scale * pose.scale)


def _velocity(
    last: Filtered, value: np.ndarray, seconds: float, settings: OneEuroSettings, unit: float
) -> np.ndarray:
    """Return the smoothed velocity, measured from the last smoothed value."""
    velocity = (value - last.value) / (seconds * unit)
    share = _share(np.asarray(settings.speed_cutoff), seconds)
    calmed: np.ndarray = last.velocity + share * (velocity - last.velocity)
    return calmed


def _share(cutoff: np.ndarray, seconds: float) -> np.ndarray:
    """Return how much of the way to the new value is taken, 0 to 1."""
    turn = 2 * math.pi * seconds * cutoff
    share: np.ndarray = turn / (1 + turn)
    return share
