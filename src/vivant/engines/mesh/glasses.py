"""Glasses: where a portrait wears them, the skin behind their frame bends less."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Final

import cv2
import numpy as np

from vivant.engines.mesh.drawing import look_up
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
_STIFF: Final = 0.9
"""Share of the bending that is taken away behind certain glasses."""


def worn(face: FaceCrop) -> float:
    """How surely a portrait wears glasses, 0 to 1.

    A bare bridge of the nose has no step of brightness across it; frames have
    one. Frames as bright as skin, or of thin wire, are not seen.
    """
    assert face.landmarks is not None
    right, left = face.landmarks[list(_INNER), :2]
    top, bottom = face.landmarks[list(_ALONG), :2]
    down = np.linspace(0, 1, 32)[:, None, None] * (bottom - top)
    across = np.linspace(-0.22, 0.22, 9)[None, :, None] * (left - right)
    width = float(np.linalg.norm(left - right))
    grey = cv2.cvtColor(face.image, cv2.COLOR_RGB2GRAY)
    grey = cv2.GaussianBlur(grey, (0, 0), max(0.6, 0.02 * width))
    bright = np.log(look_up(grey, top + down + across).astype(np.float32) + 8)
    step = float(np.median(np.abs(np.diff(bright, axis=0)).max(axis=0)))
    x = float(np.clip((step - _STEPS[0]) / (_STEPS[1] - _STEPS[0]), 0, 1))
    return x * x * (3 - 2 * x)


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
