"""What the optical flow says that the mesh's map gets wrong."""

from __future__ import annotations

import threading

import cv2
import numpy as np

from vivant.engines.mesh.drawing import NO_MAP, look_up
from vivant.training.sight import OUT

_WRONG = 12.0
"""Difference, steps of brightness, that is left and makes the flow half as credible."""
_local = threading.local()


def wanted(
    portrait: np.ndarray, truth: np.ndarray, dense: np.ndarray, counts: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return how the mesh's map should change, and how far to believe it.

    The flow is taken between the portrait as the mesh warps it and the truth: what is left
    to move is little, and so found well.

    Args:
        portrait: (n, n, 3) uint8.
        truth: (n, n, 3) uint8.
        dense: (m, m, 2 or more) float32, the mesh's map, pixels of a crop of side 2 m.
        counts: (any, any) uint8, 255 where the truth is known.

    Returns:
        (OUT, OUT, 2) float32 crop sides, and (OUT, OUT) float32 in 0..1.
    """
    side, samples = truth.shape[0], dense.shape[0]
    sources = cv2.resize(np.ascontiguousarray(dense[..., :2]), (side, side))
    sources = ((sources + np.float32(0.5)) * np.float32(side / (2 * samples))) - np.float32(0.5)
    warped = look_up(portrait, sources)
    found = _finder().calc(_grey(truth), _grey(warped), NO_MAP)
    line = np.arange(side, dtype=np.float32)
    places = np.dstack(np.meshgrid(line, line)) + found
    left = cv2.absdiff(look_up(warped, places), truth).astype(np.float32).mean(axis=2)
    left = cv2.blur(left, (5, 5))
    trust = 1 / (1 + np.square(left / np.float32(_WRONG)))
    trust *= cv2.resize(counts, (side, side), interpolation=cv2.INTER_NEAREST) > 0
    change = (look_up(sources, places) - sources) * (trust[..., None] / np.float32(side))
    small = cv2.resize(trust, (OUT, OUT), interpolation=cv2.INTER_AREA)
    mean = cv2.resize(change, (OUT, OUT), interpolation=cv2.INTER_AREA)
    return mean / np.maximum(small, np.float32(1e-3))[..., None], small


def _grey(image: np.ndarray) -> np.ndarray:
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY))


def _finder() -> cv2.DISOpticalFlow:
    if not hasattr(_local, "finder"):
        _local.finder = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    finder: cv2.DISOpticalFlow = _local.finder
    return finder
