"""How far eyes and lips are open, as LivePortrait's retargeting networks were told.

They learned it from 203 landmarks of a tracker of their own. These are the same distances
between vivant's 478: the lids' over the eye's width, the inner lips' over the mouth's.
"""

from __future__ import annotations

from typing import Final

import numpy as np

_EYES: Final = ((159, 145, 33, 133), (386, 374, 362, 263))
"""Upper and lower lid and both corners, of the eye at the picture's left first."""
_LIPS: Final = (13, 14, 61, 291)


def eyes(landmarks: np.ndarray) -> np.ndarray:
    """Return how far both eyes are open, (2,) float32, the one at the picture's left first.

    Args:
        landmarks: (478, 2 or 3), any unit.
    """
    return np.array([_ratio(landmarks, *eye) for eye in _EYES], np.float32)


def lips(landmarks: np.ndarray) -> np.ndarray:
    """Return how far the lips are open, (1,) float32; about 0 where they meet."""
    return np.array([_ratio(landmarks, *_LIPS)], np.float32)


def _ratio(landmarks: np.ndarray, upper: int, lower: int, first: int, last: int) -> float:
    flat = landmarks[:, :2]
    width = np.linalg.norm(flat[first] - flat[last])
    return float(np.linalg.norm(flat[upper] - flat[lower]) / max(float(width), 1e-6))
