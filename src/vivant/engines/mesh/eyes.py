"""Eyes: lids close over an eyeball that keeps its form; the iris moves with the gaze."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Final

import cv2
import numpy as np

from vivant.engines.mesh.drawing import (
    Canvas,
    look_up,
    polygon_alpha,
    ring_triangles,
    widened,
    window_around,
)
from vivant.engines.mesh.raster import source_map
from vivant.engines.mesh.seam import Seam, thin
from vivant.engines.mesh.shape import PosedShape
from vivant.engines.mesh.transfer import middle
from vivant.landmarks import LEFT_EYE, LEFT_IRIS, RIGHT_EYE, RIGHT_IRIS
from vivant.types import FaceCrop

_TRIANGLES: Final = ring_triangles(len(RIGHT_EYE))
RIGHT_LIDS: Final = np.array([
    RIGHT_EYE,
    (130, 25, 110, 24, 23, 22, 26, 112, 243, 190, 56, 28, 27, 29, 30, 247),
    (226, 31, 228, 229, 230, 231, 232, 233, 244, 189, 221, 222, 223, 224, 225, 113),
])  # fmt: skip
LEFT_LIDS: Final = np.array([
    LEFT_EYE,
    (359, 255, 339, 254, 253, 252, 256, 341, 463, 414, 286, 258, 257, 259, 260, 467),
    (446, 261, 448, 449, 450, 451, 452, 453, 464, 413, 441, 442, 443, 444, 445, 342),
])  # fmt: skip
"""(3, 16): rings of landmarks around an eye, from the edge of its lids outwards."""
_EYES: Final = (
    (RIGHT_EYE, RIGHT_IRIS, Seam.of(RIGHT_LIDS)),
    (LEFT_EYE, LEFT_IRIS, Seam.of(LEFT_LIDS)),
)
_LOWER, _UPPER = np.arange(1, 8), -np.arange(1, 8)
_HELD: Final = 0.7
"""Share of the motion that is taken from lids and irises drawn larger than life."""
_LASHES: Final = 0.65
"""Brightness over the lids' that the line between closed lids has at most."""
_LUMA: Final = np.array([0.299, 0.587, 0.114], np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class OwnEye:
    """What a portrait shows of one of its eyes."""

    opening: float
    """Between the lids, over the width of the eye."""
    further: np.ndarray
    """(16,) float32: where skin begins, from the edge of the lids (0) to the outer ring (1)."""
    lashes: np.ndarray
    """(3,) float32, colour of the line where the lids meet."""
    iris: float
    """How surely an iris is seen, 0 to 1; the eyes of many statues are blank."""
    drawn: float
    """How surely the eye is drawn larger than life, 0 to 1: the landmarks stop inside it."""

    @classmethod
    def both(cls, face: FaceCrop, shape: np.ndarray) -> tuple[OwnEye, OwnEye]:
        """Read the right and the left eye; `shape` is the portrait's (478, 3) un-posed shape."""
        assert face.landmarks is not None
        soft = cv2.GaussianBlur(face.image, (0, 0), max(0.6, 0.002 * face.image.shape[0]))
        points = face.landmarks[:, :2]
        darker = max(_darker(soft, points, ring, iris) for ring, iris, _ in _EYES)
        seen = float(np.clip((darker - 0.1) / 0.15, 0, 1))
        right, left = (
            cls(
                _opening(shape, ring),
                *_lids(soft, points, lids.rings),
                seen,
                _larger(points, ring, iris),
            )
            for ring, iris, lids in _EYES
        )
        return right, left


def steady(portrait: PosedShape, target: PosedShape, own: tuple[OwnEye, OwnEye]) -> PosedShape:
    """Return `target` with the lids of eyes drawn larger than life held back.

    Their landmarks do not reach the lids, and half an eye would stay open.
    """
    if not any(eye.drawn for eye in own):
        return target
    shape = target.shape.copy()
    for eye, (_, _, lids) in zip(own, _EYES, strict=True):
        rings = lids.rings.ravel()
        shape[rings] += np.float32(_HELD * eye.drawn) * (portrait.shape[rings] - shape[rings])
    return replace(target, shape=shape)


def _larger(points: np.ndarray, ring: tuple[int, ...], iris: tuple[int, ...]) -> float:
    """Tell eyes drawn larger than life by the iris: 0.41 of an eye's width is usual."""
    disc, edge = points[list(iris)], points[list(ring)]
    across = 2 * float(np.linalg.norm(disc[1:] - disc[0], axis=1).mean())
    width = float(np.linalg.norm(edge[8] - edge[0])) + 1e-6
    return float(np.clip((across / width - 0.485) / 0.02, 0, 1))


def _darker(
    picture: np.ndarray, points: np.ndarray, ring: tuple[int, ...], iris: tuple[int, ...]
) -> float:
    """By how much, as a logarithm, the iris is darker than the eyeball beside it."""
    middle, corners = points[iris[0]], points[[ring[0], ring[8]]]
    radius = float(np.linalg.norm(points[list(iris[1:])] - middle, axis=1).mean())
    turn = np.linspace(0, 2 * np.pi, 12, endpoint=False)
    around = np.stack([np.cos(turn), 0.6 * np.sin(turn)], axis=-1)
    disc = middle + radius * np.array([0.0, 0.3, 0.55])[:, None, None] * around
    ways = (corners - middle)[:, None] * np.linspace(0.45, 0.85, 5)[:, None]
    beside = ways[np.linalg.norm(ways, axis=2) > 1.15 * radius] + middle
    if not len(beside):
        return 0.0
    inside, outside = (
        np.log(look_up(picture, places.reshape(1, -1, 2)) @ _LUMA + 8).mean()
        for places in (disc, beside)
    )
    return float(outside - inside)


def _lids(
    picture: np.ndarray, points: np.ndarray, rings: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Find where the skin around an eye begins, (16,), and the colour of the lashes, (3,)."""
    edge, outer = points[rings[0]], points[rings[2]]
    steps = np.linspace(0, 1, 17)
    seen = look_up(picture, edge + steps[:, None, None] * (outer - edge)).astype(np.float32)
    other = np.abs(seen - np.median(seen[12:], axis=0)).sum(axis=2)
    limit = np.maximum(0.4 * other[:6].max(axis=0), 24)
    last = np.where((other > limit)[:11], steps[:11, None], 0).max(axis=0)
    further = np.clip(last + 0.05, 0.08, 0.15)
    further[_LOWER] = np.clip(np.median(last[_LOWER]) + 0.05, 0.1, 0.7)
    further[[0, 8]] = 0
    upper = seen[:3, _UPPER].reshape(-1, 3)
    tint = np.median(upper, axis=0)
    dark = np.sort(upper @ _LUMA)[:5].mean()
    lashes = tint * min(dark / (float(tint @ _LUMA) + 1), _LASHES)
    return further.astype(np.float32), np.asarray(lashes, np.float32)


def _opening(shape: np.ndarray, ring: tuple[int, ...]) -> float:
    edge = shape[list(ring)]
    gap = middle(edge[_LOWER, 1] - edge[_UPPER, 1])
    return gap / (math.dist(edge[8].tolist(), edge[0].tolist()) + 1e-6)


def draw(
    canvas: Canvas,
    texture: np.ndarray,
    landmarks: np.ndarray,
    own: tuple[OwnEye, OwnEye],
    shapes: tuple[PosedShape, PosedShape],
) -> None:
    """Draw both eyeballs, and lids that close, over the warped portrait.

    Args:
        canvas: the warped portrait, drawn on.
        texture: the portrait at twice the size.
        landmarks: (478, 3) as they are drawn, crop pixels.
        own: the portrait's right and left eye.
        shapes: the portrait as it is, and as it is to be drawn.
    """
    size = canvas.image.shape[0]
    before = shapes[0].draw(shapes[0].shape, size)[:, :2]
    unturned = shapes[0].draw(shapes[1].shape, size)[:, :2]
    for eye, (ring, iris, lids) in zip(own, _EYES, strict=True):
        source = before[list(ring)]
        target = landmarks[list(ring), :2]
        window = window_around(target, size, margin=3)
        if window is None:
            continue
        gaze = eye.iris * (1 - _HELD * eye.drawn) * _gaze(before, unturned, ring, iris)
        seen = _uncovered(source, unturned[list(ring)])
        covered = float(np.abs(seen - source).max())
        share = min(1.0, max(covered, float(np.abs(gaze).max())) / 0.75)
        if share < 0.05:
            continue
        points = np.column_stack([widened(target, 2), np.zeros(len(target))])
        drawn = source_map(points, widened(seen, 2), _TRIANGLES, window)
        _look(drawn, before[iris[0]], gaze, source)
        eyeball = look_up(texture, drawn[..., :2] * 2 + 0.5).astype(np.float32)
        alpha = polygon_alpha(target, window)
        closing = _closing(eye.opening, _opening(shapes[1].shape, ring))
        if closing > 0:
            lids.lay(canvas, texture, shapes, closing * eye.further)
            wide = max(2.0, 0.22 * float(shapes[1].scale[0]) * size)
            met = closing * thin(target, window, wide)
            eyeball += met[..., None] * (eye.lashes - eyeball)
        canvas.lay(eyeball, alpha * share, window)


def _closing(own: float, wanted: float) -> float:
    """How far an open eye is closed, 0 to 1."""
    if own < 0.05:
        return 0.0
    left = float(np.clip((wanted / own - 0.1) / 0.6, 0, 1))
    return 1 - left * left * (3 - 2 * left)


def _gaze(
    before: np.ndarray, unturned: np.ndarray, ring: tuple[int, ...], iris: tuple[int, ...]
) -> np.ndarray:
    """How far the iris moves in the portrait's own view, (2,) pixels."""
    corners = [ring[0], ring[8]]
    drift = unturned[corners].mean(axis=0) - before[corners].mean(axis=0)
    return np.asarray(unturned[iris[0]] - before[iris[0]] - drift)


def _uncovered(source: np.ndarray, unturned: np.ndarray) -> np.ndarray:
    """Where the lids' new edges lie on the portrait's eyeball, never beyond its lids."""
    seen = source.copy()
    drift = (unturned[[0, 8]] - source[[0, 8]]).mean(axis=0)
    top, bottom = source[_UPPER, 1], source[_LOWER, 1]
    bottom = np.maximum(top, bottom)
    for edge in (_UPPER, _LOWER):
        seen[edge, 1] = np.minimum(np.maximum(unturned[edge, 1] - drift[1], top), bottom)
    return seen


def _look(drawn: np.ndarray, centre: np.ndarray, gaze: np.ndarray, source: np.ndarray) -> None:
    """Shift the sources so that the iris sits elsewhere; the corners of the eye stay."""
    half = float(np.linalg.norm(source[8] - source[0])) / 2 + 1e-6
    x, y = (float(v) for v in centre + gaze)
    distance = cv2.magnitude(drawn[..., 0] - x, drawn[..., 1] - y)
    near = np.minimum(np.maximum(1.6 - distance * (1.6 / half), 0), 1)
    drawn[..., 0] -= near * np.float32(gaze[0])
    drawn[..., 1] -= near * np.float32(gaze[1])
