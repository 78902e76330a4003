"""How far a face is from rest: to choose the frame that a relative transfer starts from."""

from __future__ import annotations

from typing import Final

import numpy as np

from vivant.landmarks import SCORE_NAMES
from vivant.types import Pose

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
