"""What shows between the lips: the portrait's own teeth, the driver's, or drawn ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

import cv2
import numpy as np

from vivant.engines.mesh import interior
from vivant.engines.mesh.drawing import (
    Canvas,
    Window,
    coloured,
    look_up,
    polygon_alpha,
    ring_triangles,
    smooth_step,
    widened,
    window_around,
)
from vivant.engines.mesh.raster import source_map
from vivant.engines.mesh.seam import Seam, thin
from vivant.engines.mesh.shape import PosedShape
from vivant.engines.mesh.transfer import LIP_PAIRS
from vivant.landmarks import LIPS_INNER, LIPS_OUTER
from vivant.types import FaceCrop

Insides = Literal["driver", "bank", "none"]
"""The driver's mouth where it is seen; a drawn one always; or none."""
PATCH: Final = (72, 144)
"""Height and width of the driver's mouth patch, pixels."""
_CORNERS: Final = np.array([[21.0, 27.0], [123.0, 27.0]])
"""Where the corners of the mouth lie in the patch."""
_SKIN: Final = (205, 425, 50, 280, 187, 411, 101, 330)
"""Landmarks on the cheeks, where the light on a face is read."""
_AROUND: Final = np.mgrid[-2:3, -2:3].reshape(2, 1, 25)
_LUMA: Final = np.array([0.299, 0.587, 0.114], np.float32)
RING: Final = np.array(LIPS_INNER)
LIPS: Final = np.array([
    LIPS_INNER,
    (62, 96, 89, 179, 86, 15, 316, 403, 319, 325, 292, 407, 272, 271, 268, 12, 38, 41, 42, 183),
    (76, 77, 90, 180, 85, 16, 315, 404, 320, 307, 306, 408, 304, 303, 302, 11, 72, 73, 74, 184),
    LIPS_OUTER,
])  # fmt: skip
"""(4, 20): rings of landmarks on the lips, from their inner edge outwards."""
_TRIANGLES: Final = ring_triangles(len(LIPS_INNER))
_LOWER, _UPPER = np.arange(1, 10), -np.arange(1, 10)
_SEAM: Final = Seam.of(LIPS)
_BLUEST: Final = 0.82
"""Blue over brightness of the palest skin in neutral light."""
_BRIGHT: Final = 1.25
"""Brightness over that of the lips from which on what is between them are teeth."""
_SHARPER: Final = 1.0
"""How much of what a blur would take from the driver's mouth is added to it."""
_OPEN: Final = 0.07
"""Opening over width from which on a portrait shows what is between its lips."""


@dataclass(frozen=True, slots=True, eq=False)
class OwnMouth:
    """What a portrait shows of its own mouth."""

    skin: np.ndarray
    """(3,) float32, mean colour of the cheeks."""
    opening: float
    """Between the lips, over the width of the mouth."""
    seam: np.ndarray
    """(3,) float32, colour of the line where the lips meet."""
    teeth: bool
    """Whether what is between its lips is bright: then it is kept, whatever the driver shows."""
    inside: np.ndarray | None
    """(size, size) uint8, how surely a pixel lies between the lips; None where they are closed."""

    @classmethod
    def of(cls, face: FaceCrop, shape: np.ndarray) -> OwnMouth:
        """Read the mouth of a portrait; `shape` is its (478, 3) un-posed shape."""
        assert face.landmarks is not None
        own, inside, teeth = opening(shape), None, False
        size = face.image.shape[0]
        lips = np.clip(np.round(face.landmarks[LIPS[1:3].ravel(), :2]).astype(int), 0, size - 1)
        colour = np.median(face.image[lips[:, 1], lips[:, 0]], axis=0)
        if own > _OPEN:
            ring = _inset(face.landmarks[RING, :2].astype(np.float64))
            alpha = polygon_alpha(ring, (0, 0, size, size))
            bright = face.image[alpha > 0.5] @ _LUMA
            if len(bright):
                teeth = bool(np.percentile(bright, 70) > _BRIGHT * (colour @ _LUMA))
            blur = max(0.8, 0.02 * float(np.ptp(ring[:, 0])))
            inside = cv2.convertScaleAbs(cv2.GaussianBlur(alpha, (0, 0), blur), alpha=255)
        return cls(skin_colour(face), own, np.asarray(0.5 * colour, np.float32), teeth, inside)


def skin_colour(face: FaceCrop) -> np.ndarray:
    """Mean colour of the cheeks, (3,) float32."""
    assert face.landmarks is not None
    size = face.image.shape[0]
    places = np.clip(np.round(face.landmarks[list(_SKIN), :2]).astype(int), 2, size - 3)
    x, y = places.T[:, :, None] + _AROUND
    means = face.image[y, x].mean(axis=1)
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
    patch = _sharpened(patch, width / max(float(np.hypot(*across)), 1e-6))
    return {
        "pixels.mouth": patch.astype(np.float32),
        "mouth.ring": (ring @ linear.T + shift).astype(np.float32),
        "mouth.skin": skin_colour(face),
    }


def _sharpened(patch: np.ndarray, enlarged: float) -> np.ndarray:
    """Give back some of the edge that enlarging `enlarged` times and a camera's softness took."""
    soft = cv2.GaussianBlur(patch, (0, 0), float(np.clip(1.2 * enlarged, 0.8, 4.0)))
    return cv2.addWeighted(patch, 1 + _SHARPER, soft, -_SHARPER, 0)


def opening(shape: np.ndarray) -> float:
    """Opening between the lips over the width of the mouth."""
    gap = shape[LIP_PAIRS[2:7, 0], 1] - shape[LIP_PAIRS[2:7, 1], 1]
    width = float(np.linalg.norm(shape[LIPS_INNER[0]] - shape[LIPS_INNER[10]])) + 1e-6
    return float(gap.mean()) / width


def _closing(own: OwnMouth, target: PosedShape) -> float:
    """How far parted lips are brought together, 0 to 1."""
    if own.inside is None:
        return 0.0
    return 1 - float(smooth_step(opening(target.shape) / own.opening, 0.05, 0.75))


def _lit_like(patch: np.ndarray, driver: np.ndarray, portrait: np.ndarray) -> np.ndarray:
    """Scale brightness and colourfulness by what the two skins differ, and tint a little.

    Skins differ by themselves, not only by their light: no more than the root
    of the ratio is taken for light, and a third of the portrait's own tint. What
    is as bright as skin is teeth, and their pink is the camera's: half of it goes.
    No skin is bluer than `_BLUEST`: where the driver's is, the light was, and goes.
    """
    light = [float(skin @ _LUMA) + 1.0 for skin in (driver, portrait)]
    tints = [skin / lum for skin, lum in zip((driver, portrait), light, strict=True)]
    spread = [float(np.abs(tint - 1).sum()) + 1e-3 for tint in tints]
    gain = float(np.clip(light[1] / light[0], 0.3, 2.0)) ** 0.5
    colour = float(np.clip(spread[1] / spread[0], 0.0, 1.0))
    tint = 1 + 0.3 * (tints[1] - 1)
    even = 1 / np.array([1, 1, np.clip(tints[0][2] / _BLUEST, 1.0, 1.4)])
    teeth = np.clip((cv2.transform(patch, (_LUMA * even)[None]) / light[0] - 0.7) / 0.3, 0, 1)
    grey = cv2.transform(patch, gain * np.outer(tint, _LUMA * even))
    full = cv2.transform(patch, gain * np.diag(tint * even))
    return np.asarray(grey + coloured(colour * (1 - 0.5 * teeth)) * (full - grey), np.float32)


def _inset(ring: np.ndarray) -> np.ndarray:
    """Draw the ring in towards the line between its halves, so that no lip is read."""
    inner = ring.copy()
    middle = (ring[_LOWER] + ring[_UPPER]) / 2
    inner[_LOWER] += 0.14 * (middle - ring[_LOWER])
    inner[_UPPER] += 0.10 * (middle - ring[_UPPER])
    return inner


def draw(
    canvas: Canvas,
    texture: np.ndarray,
    own: OwnMouth,
    arrays: Mapping[str, np.ndarray],
    shapes: tuple[PosedShape, PosedShape],
    insides: Insides,
) -> None:
    """Draw the inside of the mouth over the warped portrait.

    Args:
        canvas: the warped portrait, drawn on.
        texture: the portrait at twice the size.
        own: the portrait's mouth.
        arrays: the motion, with the driver's mouth where it was seen.
        shapes: the portrait as it is, and as it is to be drawn.
        insides: where the inside comes from.
    """
    size = canvas.image.shape[0]
    ring = shapes[1].draw(shapes[1].shape[RING], size)[:, :2]
    change = opening(shapes[1].shape) - own.opening
    share = smooth_step(abs(change) if own.inside is not None else change, 0.015, 0.06)
    window = window_around(ring, size, margin=4)
    if share <= 0 or window is None or insides == "none":
        return
    alpha = polygon_alpha(ring, window)
    wider = widened(ring, 3)  # what fills it is to reach under its soft edge
    kept = 1.0
    if insides == "driver" and "pixels.mouth" in arrays and not own.teeth:
        inside = _drivers(wider, arrays, own.skin, window)
        kept -= smooth_step(change, 0.0, 0.06)
    else:
        inside = interior.draw(shapes, own.teeth, window, size)
        inside = _lit_like(inside, interior.SKIN, own.skin)
    depth = cv2.GaussianBlur(alpha, (0, 0), max(1.0, window[3] * 0.06))
    inside *= coloured(0.6 + 0.4 * depth)
    if own.inside is not None:
        unmoved = shapes[0].draw(_over_teeth(*shapes), size)[:, :2]
        _lay_own(inside, (texture, own.inside), (wider, widened(unmoved, 3)), kept, window)
    closing = _closing(own, shapes[1])
    if closing > 0:
        _SEAM.lay(canvas, texture, shapes, np.full(len(RING), 0.3 * closing))
        wide = max(2.0, 0.2 * float(shapes[1].scale[0]) * size)
        inside += (closing * thin(ring, window, wide))[..., None] * (own.seam - inside)
    edge = cv2.GaussianBlur(alpha, (3, 3), 0)
    canvas.lay(np.clip(inside, 0, 255), edge * share, window)


def _over_teeth(portrait: PosedShape, target: PosedShape) -> np.ndarray:
    """(20, 3) the lips over the portrait's teeth, un-posed; raised lips take the teeth along."""
    own = _inset(portrait.shape[RING])
    ring: np.ndarray = target.shape[RING]
    ring[_UPPER, 1] = np.maximum(ring[_UPPER, 1], own[_UPPER, 1])
    return ring


def _drivers(
    ring: np.ndarray, arrays: Mapping[str, np.ndarray], skin: np.ndarray, window: Window
) -> np.ndarray:
    """Stretch the driver's inside into a ring, (h, w, 3) float32."""
    source = _inset(arrays["mouth.ring"])
    points = np.column_stack([ring, np.zeros(len(ring))])
    drawn = source_map(points, source, _TRIANGLES, window)
    patch = _lit_like(arrays["pixels.mouth"], arrays["mouth.skin"], skin)
    return np.asarray(look_up(patch, drawn[..., :2]))


def _lay_own(
    inside: np.ndarray,
    portrait: tuple[np.ndarray, np.ndarray],
    rings: tuple[np.ndarray, np.ndarray],
    kept: float,
    window: Window,
) -> None:
    """Lay the portrait's own teeth over what else is in the mouth: they stay on its skull.

    `portrait` is its texture at twice the size and what of it lies between the
    lips; `rings` are the lips where they are drawn, and the same in its own view.
    """
    texture, mask = portrait
    points = np.column_stack([rings[0], np.zeros(len(rings[0]))])
    drawn = source_map(points, rings[1], _TRIANGLES, window)
    share = look_up(mask, drawn[..., :2]).astype(np.float32) * (drawn[..., 2] * (kept / 255))
    teeth = look_up(texture, drawn[..., :2] * 2 + 0.5).astype(np.float32)
    inside += coloured(share) * (teeth - inside)
