"""Eyes: lids close over an eyeball that keeps its form; the iris moves with the gaze."""

from __future__ import annotations

from typing import Final

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
from vivant.landmarks import LEFT_EYE, LEFT_IRIS, RIGHT_EYE, RIGHT_IRIS

_EYES: Final = ((RIGHT_EYE, RIGHT_IRIS), (LEFT_EYE, LEFT_IRIS))


_TRIANGLES: Final = ring_triangles(len(RIGHT_EYE))


def draw(
    canvas: Canvas,
    texture: np.ndarray,
    landmarks: np.ndarray,
    shapes: tuple[PosedShape, PosedShape],
) -> None:
    """Draw both eyeballs over the warped portrait.

    Args:
        canvas: the warped portrait, drawn on.
        texture: the portrait at twice the size.
        landmarks: (478, 3) as they are drawn, crop pixels.
        shapes: the portrait as it is, and as it is to be drawn.
    """
    size = canvas.image.shape[0]
    before = shapes[0].draw(shapes[0].shape, size)[:, :2]
    unturned = shapes[0].draw(shapes[1].shape, size)[:, :2]
    for ring, iris in _EYES:
        source = before[list(ring)]
        target = landmarks[list(ring), :2]
        window = window_around(target, size, margin=3)
        if window is None:
            continue
        gaze = _gaze(before, unturned, ring, iris)
        seen = _uncovered(source, unturned[list(ring)])
        covered = float(np.abs(seen - source).max())
        share = min(1.0, max(covered, float(np.abs(gaze).max())) / 0.75)
        if share < 0.05:
            continue
        points = np.column_stack([target, np.zeros(len(target))])
        drawn = source_map(points, seen, _TRIANGLES, window)
        _look(drawn, before[iris[0]], gaze, source)
        eyeball = look_up(texture, drawn[..., :2] * 2 + 0.5)
        alpha = polygon_alpha(target, window) * drawn[..., 2]
        canvas.lay(eyeball.astype(np.float32), alpha * share, window)


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
    lower, upper = np.arange(1, 8), -np.arange(1, 8)
    top, bottom = source[upper, 1], source[lower, 1]
    bottom = np.maximum(top, bottom)
    seen[upper, 1] = np.clip(unturned[upper, 1] - drift[1], top, bottom)
    seen[lower, 1] = np.clip(unturned[lower, 1] - drift[1], top, bottom)
    return seen


def _look(drawn: np.ndarray, centre: np.ndarray, gaze: np.ndarray, source: np.ndarray) -> None:
    """Shift the sources so that the iris sits elsewhere; the corners of the eye stay."""
    half = float(np.linalg.norm(source[8] - source[0])) / 2 + 1e-6
    offset = (drawn[..., :2] - (centre + gaze)) / half
    distance = np.linalg.norm(offset, axis=-1)
    near = np.clip(1.6 - 1.6 * distance, 0, 1)
    drawn[..., :2] -= near[..., None] * gaze.astype(np.float32)
