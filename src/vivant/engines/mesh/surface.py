"""The sheet that carries a portrait: face mesh, rings around it, and the rest.

Inside the face lie the 468 landmarks with the canonical triangles. Three rings
continue the face outwards over ears, hair and neck; a grid fills the crop. The
rings and the grid turn with the head, less and less towards shoulders and the
border of the crop, and follow the cheeks and the chin where they are near.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import cv2
import numpy as np

from vivant.engines.mesh.drawing import smooth_step
from vivant.engines.mesh.shape import PosedShape
from vivant.landmarks import FACE_OVAL
from vivant.weights.canonical import NECK, canonical_face

FACE: Final = 468
"""Landmarks that are corners of the face mesh; the irises are not."""
_RINGS: Final = (1.08, 1.22, 1.42)
"""Distance of the rings from the middle of the face, in units of the face oval's."""
_CELLS: Final = 16
"""Grid cells along a side of the crop."""
_BODY: Final = 0.7
"""Share of the neck's motion that shoulders take."""
_CALM: Final = 0.25
"""Motion around the face under this many centimetres is mostly noise of the tracker, and damped."""


@dataclass(frozen=True, slots=True, eq=False)
class Surface:
    """A portrait's sheet; all in crop pixels of side `size`."""

    size: int
    points: np.ndarray
    """(count, 3) float32, where the corners lie in the portrait; the first 468 are landmarks."""
    triangles: np.ndarray
    """(triangles, 3) int32, those that can move: elsewhere the portrait stays."""
    head: np.ndarray
    """(count - 468, 1) float32, share of the head's motion that a corner outside takes."""
    body: np.ndarray
    """(count - 468, 1) float32, share of the neck's and shoulders'."""
    pull: np.ndarray
    """(count - 468, 36) float32, how corners outside follow the oval's own changes."""

    @classmethod
    def of(cls, landmarks: np.ndarray, size: int) -> Surface:
        """Build the sheet around (478, 3) landmarks in a crop of side `size`."""
        face = landmarks[:FACE].astype(np.float32)
        oval = face[list(FACE_OVAL)]
        middle = oval.mean(axis=0)
        width = float(np.ptp(oval[:, 0]))
        rings = [_ring(oval, middle, factor, width) for factor in _RINGS]
        grid = _grid(size, rings[-1], width)
        outside = np.vstack([*rings, grid]).astype(np.float32)
        points = np.vstack([face, outside])
        triangles = np.vstack(
            [canonical_face().triangles, _strips(len(rings)), _around(points, len(rings))]
        )
        head, body = _follow(outside, oval, middle, size)
        pull = _pull(outside, oval, width)
        follow = pull.sum(axis=1, keepdims=True)
        moves = np.append(np.ones(FACE, bool), head + body + follow > 1e-3)
        return cls(
            size=size,
            points=points,
            triangles=np.ascontiguousarray(triangles[moves[triangles].any(axis=1)], np.int32),
            head=head,
            body=body,
            pull=pull,
        )

    def place(self, portrait: PosedShape, target: PosedShape) -> np.ndarray:
        """Return where the corners are drawn, (count, 3) float32 crop pixels."""
        face = target.draw(target.shape[:FACE], self.size)
        outside = self.points[FACE:]
        carried = target.draw(portrait.undraw(outside, self.size), self.size)
        oval = list(FACE_OVAL)
        stiff = target.draw(portrait.shape[oval], self.size)
        change = (face[oval] - stiff).astype(np.float32)
        neck = np.array([NECK], np.float32)
        shift = target.draw(neck, self.size) - portrait.draw(neck, self.size)
        shift[:, 2] = 0  # shoulders come no nearer
        moved = self.head * (carried - outside) + self.body * shift
        calm = _CALM * float(portrait.scale[0]) * self.size
        moved = _calmed(moved, calm) + _calmed(self.pull @ change, calm)
        return np.vstack([face, outside + moved]).astype(np.float32)


def _calmed(moved: np.ndarray, calm: float) -> np.ndarray:
    """Damp (count, 3) motions that are shorter than about `calm` pixels in the picture."""
    length = np.square(moved[:, :2]).sum(axis=1, keepdims=True)
    return np.asarray(moved * (length / (length + calm * calm)), np.float32)


def _ring(oval: np.ndarray, middle: np.ndarray, factor: float, width: float) -> np.ndarray:
    """Copy the oval outwards; it falls back, gently at first: the hairline is no edge."""
    ring = oval.copy()
    ring[:, :2] = middle[:2] + factor * (oval[:, :2] - middle[:2])
    ring[:, 2] += width * 1.2 * (factor - 1) ** 2
    return ring


def _grid(size: int, outer: np.ndarray, width: float) -> np.ndarray:
    """Grid corners that lie clear of the outermost ring, border included; a little behind it."""
    line = np.linspace(-0.5, size - 0.5, _CELLS + 1)
    x, y = np.meshgrid(line, line)
    flat = np.stack([x.ravel(), y.ravel()], axis=1).astype(np.float32)
    contour = np.ascontiguousarray(outer[:, :2], np.float32)
    gap = 0.35 * size / _CELLS
    clear = [cv2.pointPolygonTest(contour, (float(a), float(b)), True) < -gap for a, b in flat]
    kept = flat[np.array(clear)]
    distance = np.linalg.norm(kept[:, None] - contour[None], axis=2)
    nearest = distance.argmin(axis=1)
    behind = np.minimum(0.3 * distance.min(axis=1), 0.3 * width)
    return np.column_stack([kept, outer[nearest, 2] + behind])


def _strips(rings: int) -> np.ndarray:
    """Triangles between the oval and the rings, each ring to the next."""
    count = len(FACE_OVAL)
    loops = [np.array(FACE_OVAL)] + [FACE + i * count + np.arange(count) for i in range(rings)]
    parts = []
    for inner, outer in pairwise(loops):
        after_inner, after_outer = np.roll(inner, -1), np.roll(outer, -1)
        parts.append(np.column_stack([inner, outer, after_inner]))
        parts.append(np.column_stack([after_inner, outer, after_outer]))
    return np.vstack(parts)


def _around(points: np.ndarray, rings: int) -> np.ndarray:
    """Delaunay triangles between the outermost ring and the border of the crop."""
    count = len(FACE_OVAL)
    first = FACE + (rings - 1) * count
    indices = np.arange(first, len(points))
    flat = points[indices, :2]
    low, high = flat.min(axis=0) - 2, flat.max(axis=0) + 2
    plane = cv2.Subdiv2D((*low.astype(int).tolist(), *np.ceil(high - low + 2).astype(int).tolist()))
    plane.insert(flat.tolist())
    corners = np.asarray(plane.getTriangleList(), np.float32).reshape(-1, 3, 2)
    inside = ((corners >= low - 1) & (corners <= high + 1)).all(axis=(1, 2))  # else: its own
    number = {
        place: i for i, place in zip(indices.tolist(), map(tuple, flat.tolist()), strict=True)
    }
    places = map(tuple, corners[inside].reshape(-1, 2).tolist())
    found = np.array([number[place] for place in places], np.int32).reshape(-1, 3)
    contour = points[first : first + count, :2].astype(np.float32)
    centres = points[found, :2].mean(axis=1)
    kept = [
        max(corners) >= first + count or cv2.pointPolygonTest(contour, centre, False) <= 0
        for corners, centre in zip(found.tolist(), centres.tolist(), strict=True)
    ]  # the others are covered by the face and its rings
    return np.asarray(found[kept], np.int32)


def _follow(
    outside: np.ndarray, oval: np.ndarray, middle: np.ndarray, size: int
) -> tuple[np.ndarray, np.ndarray]:
    """Share of the head's and of the body's motion, (count, 1) each.

    The head's is 1 on the head and fades over neck and air; what it leaves goes
    to the body; both fade at the border of the crop, beyond which nothing moves.
    """
    width, height = np.ptp(oval[:, 0]), np.ptp(oval[:, 1])
    chin = float(oval[:, 1].max())
    offset = (outside[:, :2] - middle[:2]) / [width / 2, height / 2]
    distance = np.linalg.norm(offset, axis=1)
    head = 1 - smooth_step((distance - 1.5) / 1.1)
    head *= 1 - smooth_step((outside[:, 1] - chin + 0.05 * height) / (0.75 * height))
    edge = np.minimum(outside[:, :2], size - 1 - outside[:, :2]).min(axis=1)
    rim = smooth_step(edge / (0.05 * size))
    body = _BODY * (1 - head)
    return (head * rim)[:, None].astype(np.float32), (body * rim)[:, None].astype(np.float32)


def _pull(outside: np.ndarray, oval: np.ndarray, width: float) -> np.ndarray:
    """Weights by which corners outside follow the oval: near ones much, far ones not."""
    distance = np.linalg.norm(outside[:, None, :2] - oval[None, :, :2], axis=2)
    near = np.exp(-((distance / (0.12 * width)) ** 2)) + 1e-12
    share = near / near.sum(axis=1, keepdims=True)
    fade = np.exp(-((distance.min(axis=1) / (0.3 * width)) ** 2))
    return np.asarray(share * fade[:, None], np.float32)
