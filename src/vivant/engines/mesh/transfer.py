"""Relative transfer: the change on the driver's face, carried to the portrait's.

What is carried is the difference between the driver now and the driver at
rest, in the un-posed head, scaled to the portrait's proportions. Lids and lips
are carried as openings, so that closed is closed on every face.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Final

import cv2
import numpy as np

from vivant.engines.mesh.shape import PosedShape
from vivant.landmarks import (
    FACE_OVAL,
    LEFT_BROW,
    LEFT_EYE,
    LEFT_IRIS,
    LIPS_INNER,
    LIPS_OUTER,
    RIGHT_BROW,
    RIGHT_EYE,
    RIGHT_IRIS,
)
from vivant.weights.canonical import canonical_face

LIP_PAIRS: Final = np.array([(LIPS_INNER[i], LIPS_INNER[-i]) for i in range(1, 10)])
"""(9, 2): lower and upper landmark where the lips meet, from the right corner."""
RIGHT_LID_PAIRS: Final = np.array([(RIGHT_EYE[i], RIGHT_EYE[-i]) for i in range(1, 8)])
LEFT_LID_PAIRS: Final = np.array([(LEFT_EYE[i], LEFT_EYE[-i]) for i in range(1, 8)])
"""(7, 2): lower and upper landmark of the lids' edges, from the outer corner."""

_RIGHT_LID_SKIN: Final = np.array([246, 161, 160, 159, 158, 157, 173, 247, 30, 29, 27, 28, 56, 190])
_LEFT_LID_SKIN: Final = np.array(
    [466, 388, 387, 386, 385, 384, 398, 467, 260, 259, 257, 258, 286, 414]
)
"""Upper lid: seven points of its edge, then seven of its fold, from the outer corner."""

_EYES: Final = (
    (RIGHT_LID_PAIRS, RIGHT_EYE, RIGHT_IRIS, _RIGHT_LID_SKIN),
    (LEFT_LID_PAIRS, LEFT_EYE, LEFT_IRIS, _LEFT_LID_SKIN),
)
_CLOSED: Final = 0.07
"""Opening over width that the landmark network reports for a closed eye."""
_LARGEST_TURN: Final = np.radians(35.0)
_LOWEST_BROW: Final = 0.35
"""Share of the way from brow to lid that a brow sinks at most."""
_PARTS: Final = (
    ((LIPS_OUTER[0], LIPS_OUTER[10]), 3.0),
    ((RIGHT_EYE[0], RIGHT_EYE[8]), 1.5),
    ((LEFT_EYE[0], LEFT_EYE[8]), 1.5),
)
"""Parts whose size differs from face to face: ends of their width, and reach in centimetres."""
_REGIONS: Final = {
    "brows": (RIGHT_BROW + LEFT_BROW, 1.6),
    "eyes": (RIGHT_EYE + LEFT_EYE, 1.0),
    "lips": (LIPS_OUTER + LIPS_INNER, 1.4),
    "jaw": (FACE_OVAL[11:26], 3.0),
}
"""Landmarks in the middle of each region, and how far it reaches, centimetres."""


@dataclass(frozen=True)
class Strengths:
    """Share of the driver's change that each region takes; 1 is all of it."""

    brows: float = 1.0
    eyes: float = 1.0
    gaze: float = 1.0
    lips: float = 1.0
    jaw: float = 1.0
    pose: float = 1.0
    face: float = 1.0
    """What is in no region: cheeks, nose, forehead."""

    @cached_property
    def on_landmarks(self) -> np.ndarray:
        """(478, 1) float32: the share that each landmark takes."""
        regions = _regions()
        wanted = np.array([getattr(self, name) for name in _REGIONS]) - self.face
        return np.asarray(self.face + regions @ wanted[:, None], np.float32)


def relative(
    portrait: PosedShape, reference: PosedShape, driver: PosedShape, strengths: Strengths
) -> PosedShape:
    """Return the portrait's face as the driver's change from `reference` makes it.

    Args:
        portrait: the portrait as it is.
        reference: the driver at rest.
        driver: the driver now.
        strengths: share of the change that each region takes.
    """
    change = (driver.shape - reference.shape) * strengths.on_landmarks
    shape = portrait.shape + change * _proportions(portrait.shape, reference.shape)
    for lids, eye, iris, skin in _EYES:
        _place_lids(shape, (portrait, reference, driver), lids, eye, strengths.eyes)
        _fold_lid(shape, portrait.shape, skin)
        _place_iris(shape, (portrait, reference, driver), eye, iris, strengths.gaze)
    _keep_brows(shape, portrait.shape)
    _part_lips(shape, portrait.shape)
    _keep_lips(shape, portrait.shape)
    ratio = portrait.scale / reference.scale
    pose = np.float32(strengths.pose)
    growth = np.clip(driver.scale / reference.scale, 0.7, 1.4) ** pose
    shift = (driver.translation - reference.translation) * ratio * pose
    turn = _limited(driver.rotation @ reference.rotation.T, strengths.pose)
    return PosedShape(
        shape=shape,
        rotation=np.asarray(turn @ portrait.rotation, np.float32),
        translation=portrait.translation + np.clip(shift, -0.25, 0.25),
        scale=portrait.scale * growth,
    )


@cache
def _regions() -> np.ndarray:
    """(478, 4) float32: how much each landmark belongs to brows, eyes, lips and jaw."""
    face = canonical_face().vertices
    columns = []
    for indices, reach in _REGIONS.values():
        middle = face[list(indices)]
        distance = np.linalg.norm(face[:, None] - middle[None], axis=2).min(axis=1)
        columns.append(np.exp(-((distance / reach) ** 2)))
    share = np.column_stack(columns)
    share /= np.maximum(share.sum(axis=1, keepdims=True), 1)
    return np.vstack([share, np.zeros((10, len(columns)))]).astype(np.float32)


def _limited(turn: np.ndarray, strength: float) -> np.ndarray:
    """Scale a rotation by `strength` and hold it under the largest turn, softly."""
    axis, _ = cv2.Rodrigues(turn.astype(np.float64))
    angle = float(np.linalg.norm(axis))
    if angle < 1e-6:
        return np.eye(3)
    wanted = float(_LARGEST_TURN * np.tanh(angle * strength / _LARGEST_TURN))
    limited, _ = cv2.Rodrigues(axis * (wanted / angle))
    return limited


def _span(shape: np.ndarray, a: int, b: int) -> float:
    return math.dist(shape[a].tolist(), shape[b].tolist()) + 1e-6


def _proportions(portrait: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """(478, 1) float32: how much larger each part of the portrait's face is."""
    ratios = [_span(portrait, *ends) / _span(reference, *ends) for ends, _ in _PARTS]
    grown = np.clip(ratios, 0.75, 1.33) - 1
    return np.asarray(1 + _belonging() @ grown.astype(np.float32)[:, None], np.float32)


@cache
def _belonging() -> np.ndarray:
    """(478, 3) float32: how much each landmark belongs to mouth, right and left eye."""
    face = canonical_face().vertices
    columns = []
    for ends, radius in _PARTS:
        middle = face[list(ends)].mean(axis=0)
        distance = np.linalg.norm(face - middle, axis=1)
        irises = np.zeros(10)  # placed by the gaze, not by these
        columns.append(np.append(np.exp(-((distance / radius) ** 2)), irises))
    return np.column_stack(columns).astype(np.float32)


def _opening(shape: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    """(pairs,) signed vertical opening, centimetres; negative where the edges have crossed."""
    return np.asarray(shape[pairs[:, 0], 1] - shape[pairs[:, 1], 1])


def middle(values: np.ndarray) -> float:
    """Return the median of an odd number of values.

    >>> middle(np.array([3.0, 1.0, 2.0]))
    2.0
    """
    ordered: list[float] = sorted(values.tolist())
    return ordered[len(ordered) // 2]


def _place_lids(
    shape: np.ndarray,
    faces: tuple[PosedShape, PosedShape, PosedShape],
    pairs: np.ndarray,
    eye: tuple[int, ...],
    strength: float,
) -> None:
    """Open the eye by the driver's share of its own rest opening; the upper lid does the work."""
    portrait, reference, driver = (face.shape for face in faces)
    width = _span(reference, eye[0], eye[8])
    closed = _CLOSED * width
    now = middle(_opening(driver, pairs)) - closed
    rest = max(middle(_opening(reference, pairs)) - closed, 0.06 * width)
    share = 1 + (min(max(now / rest, 0.0), 1.5) - 1) * strength
    own = np.maximum(_opening(portrait, pairs), 0)
    wanted = own * share
    missing = (wanted - _opening(shape, pairs)).astype(np.float32)
    shape[pairs[:, 0], 1] += 0.15 * missing
    shape[pairs[:, 1], 1] -= 0.85 * missing


def _fold_lid(shape: np.ndarray, portrait: np.ndarray, skin: np.ndarray) -> None:
    """Let the fold of the upper lid follow its edge half-way, beside the brow's own motion."""
    edge, fold = skin[:7], skin[7:]
    shape[fold, 1] = portrait[fold, 1] + 0.5 * (
        (shape[edge, 1] - portrait[edge, 1]) + (shape[fold, 1] - portrait[fold, 1])
    )


def _place_iris(
    shape: np.ndarray,
    faces: tuple[PosedShape, PosedShape, PosedShape],
    eye: tuple[int, ...],
    iris: tuple[int, ...],
    strength: float,
) -> None:
    """Move the iris by the driver's gaze, in eye widths; lids do not drag it along."""
    portrait, reference, driver = (face.shape for face in faces)

    def gaze(face: np.ndarray) -> np.ndarray:
        corners = (face[eye[0]] + face[eye[8]]) / 2
        return np.asarray((face[iris[0]] - corners) / _span(face, eye[0], eye[8]))

    moved = gaze(driver) - gaze(reference)
    moved = np.clip(moved, -0.25, 0.25) * _span(portrait, eye[0], eye[8]) * strength
    corners = (shape[eye[0]] + shape[eye[8]] - portrait[eye[0]] - portrait[eye[8]]) / 2
    shape[list(iris)] = portrait[list(iris)] + corners + moved.astype(np.float32)


def _part_lips(shape: np.ndarray, portrait: np.ndarray) -> None:
    """Where the lips would cross more than the portrait's own, let them meet half-way."""
    crossed = _opening(shape, LIP_PAIRS) - np.minimum(_opening(portrait, LIP_PAIRS), 0)
    crossed = np.minimum(crossed, 0)
    shape[LIP_PAIRS[:, 0], 1] -= crossed / 2
    shape[LIP_PAIRS[:, 1], 1] += crossed / 2


def _keep_lips(shape: np.ndarray, portrait: np.ndarray) -> None:
    """Hold the lips between 0.6 and 1.5 times their own thickness; the skin gives way."""
    inner, outer = list(LIPS_INNER), list(LIPS_OUTER)
    own = np.linalg.norm(portrait[outer] - portrait[inner], axis=1) + 1e-6
    across = shape[outer] - shape[inner]
    thickness = np.linalg.norm(across, axis=1) + 1e-6
    kept = np.clip(thickness, 0.6 * own, 1.5 * own) / thickness
    shape[outer] = shape[inner] + across * kept[:, None].astype(np.float32)


def _keep_brows(shape: np.ndarray, portrait: np.ndarray) -> None:
    """Hold the brows off the lids: no lower than a third of the way there, softly."""
    weights = _regions()[:, 0] * (np.arange(len(shape)) < len(canonical_face().vertices))
    for brow, eye in ((RIGHT_BROW, RIGHT_EYE), (LEFT_BROW, LEFT_EYE)):
        room = float(portrait[list(eye[9:]), 1].mean() - portrait[list(brow), 1].mean())
        sunk = float((shape[list(brow), 1] - portrait[list(brow), 1]).mean())
        if sunk <= 0 or room <= 0:
            continue
        most = _LOWEST_BROW * room
        side = np.sign(portrait[list(eye), 0].mean()) * portrait[:, 0] > 0
        shape[:, 1] -= (weights * side * (sunk - most * np.tanh(sunk / most))).astype(np.float32)
