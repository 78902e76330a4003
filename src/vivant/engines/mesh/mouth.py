"""What shows between the lips: taken from the driver, lit like the portrait."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import cv2
import numpy as np

from vivant.engines.mesh.drawing import (
    Canvas,
    look_up,
    polygon_alpha,
    ring_triangles,
    window_around,
)
from vivant.engines.mesh.raster import source_map
from vivant.engines.mesh.shape import PosedShape
from vivant.engines.mesh.transfer import LIP_PAIRS
from vivant.landmarks import LIPS_INNER
from vivant.types import FaceCrop

PATCH: Final = (48, 96)
"""Height and width of the driver's mouth patch, pixels."""
_CORNERS: Final = np.array([[14.0, 18.0], [82.0, 18.0]])
"""Where the corners of the mouth lie in the patch."""
_SKIN: Final = (205, 425, 50, 280, 187, 411, 101, 330)
"""Landmarks on the cheeks, where the light on a face is read."""
_LUMA: Final = np.array([0.299, 0.587, 0.114], np.float32)
RING: Final = np.array(LIPS_INNER)


_TRIANGLES: Final = ring_triangles(len(LIPS_INNER))


def skin_colour(face: FaceCrop) -> np.ndarray:
    """Mean colour of the cheeks, (3,) float32."""
    assert face.landmarks is not None
    size = face.image.shape[0]
    places = np.clip(np.round(face.landmarks[list(_SKIN), :2]).astype(int), 2, size - 3)
    means = [
        face.image[y - 2 : y + 3, x - 2 : x + 3].reshape(-1, 3).mean(axis=0) for x, y in places
    ]
    return np.asarray(np.median(means, axis=0), np.float32)


def read(face: FaceCrop) -> dict[str, np.ndarray]:
    """Cut the driver's mouth, upright and of one size, for `Motion.arrays`."""
    assert face.landmarks is not None
    ring = face.landmarks[RING, :2].astype(np.float64)
    (ax, ay), (bx, by) = ring[0], ring[len(ring) // 2]
    across, width = np.array([bx - ax, by - ay]), float(_CORNERS[1, 0] - _CORNERS[0, 0])
    linear = np.array([[across[0], across[1]], [-across[1], across[0]]])
    linear *= width / max(float(across @ across), 1e-6)
    shift = _CORNERS[0] - linear @ ring[0]
    patch = cv2.warpAffine(
        face.image, np.column_stack([linear, shift]), PATCH[::-1], borderMode=cv2.BORDER_REPLICATE
    )
    return {
        "pixels.mouth": patch.astype(np.float32),
        "mouth.ring": (ring @ linear.T + shift).astype(np.float32),
        "mouth.skin": skin_colour(face),
    }


def opening(shape: np.ndarray) -> float:
    """Opening between the lips over the width of the mouth."""
    gap = shape[LIP_PAIRS[2:7, 0], 1] - shape[LIP_PAIRS[2:7, 1], 1]
    width = float(np.linalg.norm(shape[LIPS_INNER[0]] - shape[LIPS_INNER[10]])) + 1e-6
    return float(gap.mean()) / width


def _step(value: float, low: float, high: float) -> float:
    x = min(max((value - low) / (high - low), 0.0), 1.0)
    return x * x * (3 - 2 * x)


def _lit_like(patch: np.ndarray, driver: np.ndarray, portrait: np.ndarray) -> np.ndarray:
    """Scale brightness and colourfulness by what the two skins differ, and tint a little.

    Skins differ by themselves, not only by their light: no more than the root
    of the ratio is taken for light, and a third of the portrait's own tint.
    """
    light = [float(skin @ _LUMA) + 1.0 for skin in (driver, portrait)]
    tints = [skin / lum for skin, lum in zip((driver, portrait), light, strict=True)]
    spread = [float(np.abs(tint - 1).sum()) + 1e-3 for tint in tints]
    gain = float(np.clip(light[1] / light[0], 0.3, 2.0)) ** 0.5
    colour = float(np.clip(spread[1] / spread[0], 0.0, 1.0))
    tint = 1 + 0.3 * (tints[1] - 1)
    grey = (patch @ _LUMA)[..., None]
    return np.asarray(gain * tint * (grey + colour * (patch - grey)), np.float32)


def _inset(ring: np.ndarray) -> np.ndarray:
    """Draw the ring in towards the line between its halves, so that no lip is read."""
    inner = ring.copy()
    lower = np.arange(1, len(ring) // 2)
    upper = -lower
    middle = (ring[lower] + ring[upper]) / 2
    inner[lower] += 0.14 * (middle - ring[lower])
    inner[upper] += 0.10 * (middle - ring[upper])
    return inner


def draw(
    canvas: Canvas,
    ring: np.ndarray,
    arrays: Mapping[str, np.ndarray],
    shapes: tuple[PosedShape, PosedShape],
    skin: np.ndarray,
) -> None:
    """Draw the inside of the mouth over the warped portrait.

    Args:
        canvas: the warped portrait, drawn on.
        ring: (20, 2) where the inner lips are drawn, crop pixels.
        arrays: the motion; nothing is drawn where it has no mouth pixels.
        shapes: the portrait as it is, and as it is to be drawn.
        skin: the portrait's skin colour.
    """
    if "pixels.mouth" not in arrays:
        return
    own, wanted = opening(shapes[0].shape), opening(shapes[1].shape)
    share = _step(wanted - own, 0.015, 0.06)
    shows_own = _step(own, 0.06, 0.16)
    share *= 1 - shows_own * (1 - _step(wanted - own, 0.1, 0.3))
    window = window_around(ring, canvas.image.shape[0], margin=4)
    if share <= 0 or window is None:
        return
    source = _inset(arrays["mouth.ring"])
    points = np.column_stack([ring, np.zeros(len(ring))])
    drawn = source_map(points, source, _TRIANGLES, window)
    patch = _lit_like(arrays["pixels.mouth"], arrays["mouth.skin"], skin)
    inside = look_up(patch, drawn[..., :2])
    alpha = polygon_alpha(ring, window)
    depth = cv2.GaussianBlur(alpha, (0, 0), max(1.0, window[3] * 0.06))
    inside *= (0.6 + 0.4 * depth)[..., None]
    covered = cv2.erode(drawn[..., 2], np.ones((2, 2), np.uint8))
    edge = cv2.GaussianBlur(alpha * covered, (3, 3), 0)
    canvas.lay(np.clip(inside, 0, 255), edge * share, window)
