"""Glasses: where a portrait wears them, the skin behind their frame bends less."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Final

import cv2
import numpy as np

from vivant.engines.mesh.drawing import look_up, smooth_step
from vivant.engines.mesh.eyes import LEFT_LIDS, RIGHT_LIDS
from vivant.engines.mesh.shape import PosedShape
from vivant.landmarks import LEFT_EYE, RIGHT_EYE
from vivant.types import FaceCrop
from vivant.weights.canonical import canonical_face

_INNER: Final = (133, 362)
"""Inner corners of the eyes."""
_ALONG: Final = (9, 195)
"""Ends of the bridge of the nose, between the brows and half-way down."""
_STEPS: Final = (0.22, 0.36)
"""Step of the logarithm of brightness across the bridge, of doubtful and of certain glasses."""
_ARMS: Final = ((33, 127), (263, 356))
"""Outer corner of each eye, and the edge of the face towards the ear."""
_UPRIGHT: Final = (10, 152)
_HALF: Final = 5
"""Samples from the middle of a line to the skin beside it: 0.12 distances of the inner corners."""
_LINES: Final = (0.45, 0.55)
"""How much darker, in logarithms, the arms of doubtful and of certain glasses are, both of them."""
_STIFF: Final = 0.9
"""Share of the bending that is taken away behind certain glasses."""


def worn(face: FaceCrop) -> float:
    """How surely a portrait wears glasses, 0 to 1.

    Bare skin has no step of brightness across the bridge of the nose, and no dark
    line from the eye to the ear; frames have one or the other. Frames as bright as
    skin, or of thin wire, are not seen.
    """
    assert face.landmarks is not None
    points = face.landmarks[:, :2]
    width = float(np.linalg.norm(points[_INNER[0]] - points[_INNER[1]]))
    grey = cv2.cvtColor(face.image, cv2.COLOR_RGB2GRAY)
    grey = cv2.GaussianBlur(grey, (0, 0), max(0.6, 0.02 * width))
    seen = smooth_step(_bridge(grey, points), *_STEPS)
    arms = min(_arm(grey, points, *ends) for ends in _ARMS)
    return float(max(seen, smooth_step(arms, *_LINES)))


def _brightness(grey: np.ndarray, places: np.ndarray) -> np.ndarray:
    return np.log(look_up(grey, places).astype(np.float32) + 8)


def _bridge(grey: np.ndarray, points: np.ndarray) -> float:
    """Largest step of brightness down the bridge of the nose."""
    (right, left), (top, bottom) = points[list(_INNER)], points[list(_ALONG)]
    down = np.linspace(0, 1, 32)[:, None, None] * (bottom - top)
    across = np.linspace(-0.22, 0.22, 9)[None, :, None] * (left - right)
    bright = _brightness(grey, top + down + across)
    return float(np.median(np.abs(np.diff(bright, axis=0)).max(axis=0)))


def _arm(grey: np.ndarray, points: np.ndarray, eye: int, ear: int) -> float:
    """How much darker a line from eye to ear is than the skin above and below it."""
    upright = points[_UPRIGHT[0]] - points[_UPRIGHT[1]]
    upright = upright / max(float(np.linalg.norm(upright)), 1e-6)
    width = float(np.linalg.norm(points[_INNER[0]] - points[_INNER[1]]))
    along = np.linspace(0.35, 0.75, 9)[None, :, None] * (points[ear] - points[eye])
    up = np.linspace(-0.45, 0.45, 40)[:, None, None] * (width * upright)
    bright = _brightness(grey, points[eye] + along + up)
    beside = np.minimum(bright[: -2 * _HALF], bright[2 * _HALF :])
    return float(np.median((beside - bright[_HALF:-_HALF]).max(axis=0)))


@cache
def _behind() -> np.ndarray:
    """(478, 1) float32: how much each landmark lies behind the frame of glasses."""
    face = canonical_face().vertices
    eyes = [face[list(ring)].mean(axis=0) for ring in (RIGHT_EYE, LEFT_EYE)]
    distance = np.min([np.linalg.norm((face - eye)[:, :2], axis=1) for eye in eyes], axis=0)
    share = np.clip((4.4 - distance) / 1.2, 0, 1)
    for edge, fold in ((ring[0], ring[1]) for ring in (RIGHT_LIDS, LEFT_LIDS)):
        share[list(edge)], share[list(fold)] = 0, 0.4
    return np.append(share, np.zeros(10)).astype(np.float32)[:, None]


def steady(portrait: PosedShape, target: PosedShape, share: float) -> PosedShape:
    """Return `target` with the skin behind a frame held to the portrait's.

    Args:
        portrait: the portrait as it is.
        target: as it is to be drawn.
        share: how surely it wears glasses, 0 to 1.
    """
    if share <= 0:
        return target
    held = np.float32(_STIFF * share) * _behind()
    return replace(target, shape=target.shape + held * (portrait.shape - target.shape))
