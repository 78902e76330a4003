"""A face at rest: how far from it a face is, and the estimate that goes on learning."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

import numpy as np

from vivant.landmarks import SCORE_NAMES
from vivant.types import Motion, Pose

Blend = Callable[[Motion, Motion, float], Motion]
"""An engine's `blend`."""
_LEARNING: Final = Fraction(7, 10)
"""Seconds in which most of the way to a calmer face at rest is gone."""

_WEIGHTS: Final = {
    "jawOpen": 3.0,
    "eyeBlink": 3.0,
    "mouthSmile": 1.0,
    "mouthFunnel": 1.0,
    "mouthPucker": 0.7,
    "mouthUpperUp": 1.0,
    "mouthLowerDown": 1.0,
    "mouthStretch": 0.7,
    "browInnerUp": 0.5,
    "browOuterUp": 0.5,
    "browDown": 0.3,
    "eyeWide": 0.5,
    "eyeLookUp": 0.3,
    "eyeLookDown": 0.8,
    "eyeLookOut": 0.3,
    "eyeSquint": 0.2,
}


def _weight(name: str) -> float:
    return next((value for stem, value in _WEIGHTS.items() if name.startswith(stem)), 0.0)


_WEIGHT_OF_SCORE: Final = np.array([_weight(name) for name in SCORE_NAMES], np.float32)


def unrest(scores: np.ndarray, pose: Pose, portrait: Pose | None = None) -> float:
    """Return how far a face is from rest; lower is more neutral, 0 the least.

    Args:
        scores: (52,) expression scores.
        pose: the head's pose, degrees count.
        portrait: where given, its pose is the one to be near to; else frontal.

    >>> unrest(np.zeros(52), Pose(np.eye(3), np.zeros(3), 1.0))
    0.0
    """
    turn = pose.rotation if portrait is None else pose.rotation @ portrait.rotation.T
    angle = np.degrees(np.arccos(np.clip((np.trace(turn) - 1) / 2, -1, 1)))
    return float(scores @ _WEIGHT_OF_SCORE + angle / 20)


@dataclass(slots=True, eq=False)
class Neutral:
    """A face at rest, as far as it was seen yet: the estimate goes where it is calmest."""

    motion: Motion
    """Now."""
    goal: Motion
    """The calmest face so far."""
    unrest: float
    """How far that is from rest; minus infinity where it is the one asked for."""
    time: Fraction
    """Of the last look."""
    arrival: Fraction
    """When the calmest face is reached."""

    @classmethod
    def of(cls, motion: Motion, unrest: float = -math.inf) -> Neutral:
        """Begin with one face; without `unrest` it stays that one."""
        return cls(motion, motion, unrest, Fraction(0), Fraction(0))

    def see(self, motion: Motion, unrest: float) -> None:
        """Learn from one more frame."""
        if unrest < self.unrest:
            self.goal, self.unrest = motion, unrest
            self.arrival = self.time + 5 * _LEARNING

    def at(self, blend: Blend, time: Fraction) -> Motion:
        """Go on towards the calmest face, and return the face at rest."""
        passed, self.time = float(time - self.time), time
        if self.motion is not self.goal:
            share = -math.expm1(-max(passed, 0.0) / float(_LEARNING))
            near = time >= self.arrival
            self.motion = self.goal if near else blend(self.motion, self.goal, share)
        return self.motion
