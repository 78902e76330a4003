"""Creases and furrows: how the driver's skin darkens as it folds, carried to the portrait.

An expression-ratio image (after Liu, Shan & Zhang 2001, doi:10.1145/383259.383289): the
driver's skin now over the driver's skin at rest, both flattened onto the
canonical face, in logarithms. Only what is larger than noise and smaller than
a cheek is kept, only on skin, and only where both pictures can be trusted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

import cv2
import numpy as np

from vivant.engines.mesh.drawing import (
    NO_MAP,
    Canvas,
    enlarged,
    fine,
    look_up,
    strips,
    window_around,
)
from vivant.engines.mesh.raster import source_map
from vivant.engines.mesh.shape import PosedShape
from vivant.landmarks import FACE_OVAL, LEFT_BROW, LEFT_EYE, LIPS_OUTER, RIGHT_BROW, RIGHT_EYE
from vivant.types import FaceCrop
from vivant.weights.canonical import canonical_face

SKIN: Final = "pixels.skin"
"""Name of the driver's flattened skin: (SIDE, SIDE, 2) logarithm of brightness, confidence."""
LIGHT: Final = "pixels.light"
"""Name of the change to draw: (SIDE, SIDE) logarithm of a gain."""
SIDE: Final = 128
"""Side of the flattened face, pixels."""
_FACE: Final = 468
_NOISE: Final = 0.03
"""Changes of this size are halved, smaller ones vanish: noise and the tracker's jitter."""
_RANGE: Final = (-0.4, 0.06)
"""Skin that folds darkens; what brightens is mostly a highlight that wanders."""
_WARMTH: Final = 0.9
"""How much less than the others a colour darkens that skin has twice as much of."""
_LEAST: Final = 0.003
"""Changes under half a step of brightness are not drawn."""
_OTHER: Final = 0.55
"""A change so large halves the trust: it is hair, a hand or a shadow, not skin."""
_EDGE: Final = 0.07
"""Slope of the logarithm, a pixel, that halves the trust: there the tracker's jitter would show."""
_TURN: Final = 25.0
"""Degrees from the reference at which little is carried: then it is the light that changed."""
_GRID: Final = 42
"""Side of the grid that places the flattened face in a picture."""
_FINE, _COARSE = 1.2, 8.0
"""The band that is kept: standard deviations of two Gaussians, flattened pixels."""


@cache
def _flat() -> np.ndarray:
    """Where each landmark lies on the flattened face, (468, 3) float32."""
    uv = canonical_face().uv * SIDE - 0.5
    return np.column_stack([uv, np.zeros(len(uv))]).astype(np.float32)


@cache
def _skin() -> np.ndarray:
    """(SIDE, SIDE) float32: 1 on skin, 0 on eyes, brows, lips and beyond the face."""
    flat = _flat()[:, :2]

    def hull(ring: tuple[int, ...]) -> np.ndarray:
        return cv2.convexHull(np.round(flat[list(ring)] * 16).astype(np.int32))

    oval = np.round(flat[list(FACE_OVAL)] * 16).astype(np.int32)
    face = cv2.fillPoly(np.zeros((SIDE, SIDE), np.uint8), [oval], 255, shift=4)
    parts = np.zeros_like(face)
    for ring in (RIGHT_EYE, LEFT_EYE, RIGHT_BROW, LEFT_BROW, LIPS_OUTER):
        cv2.fillConvexPoly(parts, hull(ring), 255, shift=4)
    parts = cv2.dilate(parts, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5)))
    kept = cv2.subtract(cv2.erode(face, np.ones((13, 13), np.uint8)), parts)
    return np.asarray(cv2.GaussianBlur(kept / np.float32(255), (0, 0), 1.5))


@cache
def _samples() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """How a coarse grid on the flattened face hangs on the landmarks.

    Returns:
        (3, samples) landmarks around each sample, (3, samples, 1) float32 their shares, and
        (samples, 3) float32 where the canonical face looks there.
    """
    face, flat = canonical_face(), _flat()[:, :2].astype(np.float64)
    line = (np.arange(_GRID) + 0.5) * (SIDE / _GRID) - 0.5
    points = np.stack(np.meshgrid(line, line), axis=-1).reshape(-1, 2)
    nearest = np.linalg.norm(points[:, None] - flat, axis=2).argmin(axis=1)
    around = np.repeat(nearest[:, None], 3, axis=1)
    shares = np.tile([1.0, 0.0, 0.0], (len(points), 1))
    for corners in face.triangles:
        a, b, c = flat[corners]
        two = (points - a) @ np.linalg.inv(np.stack([b - a, c - a]))
        three = np.column_stack([1 - two.sum(axis=1), two])
        inside = (three >= -1e-9).all(axis=1)
        around[inside], shares[inside] = corners, three[inside]
    a, b, c = (face.vertices[face.triangles[:, i]] for i in range(3))
    normals = np.zeros((_FACE, 3))
    for i in range(3):
        np.add.at(normals, face.triangles[:, i], np.cross(b - a, c - a))
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    looks = (normals[around] * shares[..., None]).sum(axis=1)
    return around.T.copy(), shares.T[..., None].astype(np.float32), looks.astype(np.float32)


def read(face: FaceCrop, posed: PosedShape) -> dict[str, np.ndarray]:
    """Flatten the driver's skin, for `Motion.arrays`."""
    assert face.landmarks is not None
    around, shares, looks = _samples()
    points = np.ascontiguousarray(face.landmarks[:_FACE, :2], np.float32)
    places = sum(points[around[i]] * shares[i] for i in range(3)).reshape(_GRID, _GRID, 2)
    where = cv2.resize(places, (SIDE, SIDE), interpolation=cv2.INTER_LINEAR)
    grey = cv2.cvtColor(look_up(face.image, where), cv2.COLOR_RGB2GRAY)
    bright = cv2.log(grey.astype(np.float32) + 8)
    fine = cv2.GaussianBlur(bright, (0, 0), _FINE)
    across = cv2.Sobel(fine, cv2.CV_32F, 1, 0, scale=0.125)
    along = cv2.Sobel(fine, cv2.CV_32F, 0, 1, scale=0.125)
    facing = np.clip(np.abs(looks @ posed.rotation[2]) * 1.6 - 0.3, 0, 1).reshape(_GRID, _GRID)
    lit = np.clip((fine - 3.2) / 1.0, 0, 1)
    trust = cv2.resize(facing, (SIDE, SIDE)) * lit * _skin()
    edges = cv2.blur(across * across + along * along, (3, 3))
    return {SKIN: cv2.merge([fine, trust, 1 / (1 + edges * (1 / _EDGE**2))])}


def change(
    reference: Mapping[str, np.ndarray], motion: Mapping[str, np.ndarray], strength: float
) -> dict[str, np.ndarray]:
    """Return how the driver's skin changed since `reference`, for the motion to be drawn."""
    if SKIN not in reference or SKIN not in motion or strength <= 0:
        return {}
    before, trusted, even = cv2.split(reference[SKIN])
    now, trust, _ = cv2.split(motion[SKIN])
    both = trust * trusted * even
    moved = now - before
    moved -= (moved * both).sum() / (both.sum() + 1e-3)  # brighter light as a whole
    same = 1 / (1 + (moved * moved * (1 / _OTHER**2)) ** 2)
    both *= cv2.erode(same, np.ones((5, 5), np.uint8))
    moved -= _wide(moved * both) / (_wide(both) + 1e-3)
    kept = moved * (both / (both + 0.12)) * same
    square = kept * kept
    kept *= square / (square + _NOISE**2)
    angle = np.trace(motion["rotation"] @ reference["rotation"].T)
    turned = float(np.degrees(np.arccos(np.clip((angle - 1) / 2, -1, 1))))
    share = strength * float(np.exp(-((turned / _TURN) ** 2)))
    return {LIGHT: np.clip(kept, *_RANGE) * np.float32(share)}


def blend(
    a: Mapping[str, np.ndarray], b: Mapping[str, np.ndarray], share: float
) -> dict[str, np.ndarray]:
    """Return skin and change of light between two motions; one without light counts as none."""
    found: dict[str, np.ndarray] = {}
    weighted = ((a, np.float32(1 - share)), (b, np.float32(share)))
    parts = [arrays[LIGHT] * weight for arrays, weight in weighted if LIGHT in arrays]
    if parts:
        found[LIGHT] = np.asarray(sum(parts), np.float32)
    if SKIN in a and SKIN in b:
        found[SKIN] = np.asarray(sum(arrays[SKIN] * weight for arrays, weight in weighted))
    return found


def _wide(picture: np.ndarray) -> np.ndarray:
    """Blur by the coarser Gaussian, at a quarter of the size."""
    small = cv2.resize(picture, (SIDE // 4, SIDE // 4), interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), _COARSE / 4)
    return cv2.resize(small, (SIDE, SIDE), interpolation=cv2.INTER_LINEAR)


@dataclass(frozen=True, slots=True, eq=False)
class Relief:
    """Where a portrait's skin lies on the flattened face."""

    places: np.ndarray
    """(h, w, 2) float32: place of each sample around the face on the flattened face; (-9, -9)
    where there is none."""
    corner: tuple[int, int]
    """Sample of the portrait, x and y, at which `places` begins."""
    stride: int
    """Pixels of the portrait from one sample to the next."""
    skin: np.ndarray
    """(SIDE, SIDE) float32, how much of a change each place takes, 0 to 1."""
    depth: tuple[float, float, float]
    """How much red, green and blue darken: shadows on coloured skin are not grey."""

    @classmethod
    def of(cls, face: FaceCrop, posed: PosedShape, colour: np.ndarray, stride: int) -> Relief:
        """Flatten a portrait; hair, beards and frames of glasses take no creases.

        Args:
            face: the portrait.
            posed: the same, taken apart.
            colour: (3,) mean colour of its cheeks.
            stride: pixels from one sample to the next.
        """
        assert face.landmarks is not None
        size = face.image.shape[0]
        nowhere = np.full((size // stride, size // stride, 3), -9, np.float32)
        points, triangles = face.landmarks[:_FACE], canonical_face().triangles
        drawn = source_map(points, _flat()[:, :2], triangles, (0, 0, size, size), stride, nowhere)
        bright, trust, _ = cv2.split(read(face, posed)[SKIN])
        usual = np.median(bright[trust > 0.5]) if (trust > 0.5).any() else np.median(bright)
        apart = np.maximum(np.abs(bright - usual) - 0.5, 0)
        skin = _skin() * np.exp(-((apart / 0.4) ** 2))
        red, green, blue = (float(v) for v in 1 + _WARMTH * (1 - colour / colour.mean()))
        left, top, width, height = cv2.boundingRect(np.asarray(drawn[..., 2] > 0, np.uint8))
        left, top = max(left - 2, 0), max(top - 2, 0)  # beyond the face there is no change
        places = np.ascontiguousarray(drawn[top : top + height + 4, left : left + width + 4, :2])
        corner, depth = (left, top), (red, green, blue)
        return cls(places, corner, stride, skin.astype(np.float32), depth)


def draw(
    canvas: Canvas,
    relief: Relief,
    dense: np.ndarray,
    landmarks: np.ndarray,
    arrays: Mapping[str, np.ndarray],
) -> None:
    """Darken and lighten the warped portrait as the driver's skin did.

    Args:
        canvas: the warped portrait, drawn on.
        relief: the portrait's skin.
        dense: (h, w, 2 or more) float32, where each sample of the canvas is read from, pixels.
        landmarks: (478, 3) as they are drawn, crop pixels.
        arrays: the motion; nothing is drawn where it carries no change of light.
    """
    if LIGHT not in arrays:
        return
    stride = canvas.image.shape[0] // dense.shape[0]
    window = window_around(landmarks[:_FACE, :2] / stride, dense.shape[0], margin=0)
    if window is None:
        return
    left, top, width, height = window
    own = cv2.remap(arrays[LIGHT] * relief.skin, relief.places, NO_MAP, cv2.INTER_LINEAR)
    sources = dense[top : top + height, left : left + width, :2]
    middle = (relief.stride - 1) / 2 + relief.stride * np.array(relief.corner, np.float32)
    light = look_up(own, (sources - middle) / np.float32(relief.stride))
    changed = np.asarray(np.abs(light) > _LEAST, np.uint8) * np.uint8(255)
    gains = cv2.merge([cv2.exp(light * depth) for depth in relief.depth])
    window_on_canvas = fine((slice(top, top + height), slice(left, left + width)), stride)
    picture, alpha = canvas.image[window_on_canvas], canvas.alpha[window_on_canvas]
    for part in strips(changed, stride):
        full = fine(part, stride)
        below = picture[full]
        lit = cv2.multiply(below, enlarged(gains, part, stride), dtype=cv2.CV_8U)
        shape = (below.shape[1], below.shape[0])
        drawn = cv2.resize(changed[part], shape, interpolation=cv2.INTER_NEAREST)
        cv2.copyTo(lit, drawn, below)
        alpha[full] |= drawn
