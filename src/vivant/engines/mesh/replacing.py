"""Another expression on a face that keeps its pose: for portraits that are videos."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Final

import numpy as np

from vivant.engines.mesh import transfer
from vivant.engines.mesh.drawing import smooth_step
from vivant.engines.mesh.shape import PosedShape
from vivant.landmarks import FACE_OVAL, LEFT_IRIS, RIGHT_IRIS
from vivant.weights.canonical import canonical_face

_SHUT, _OPEN = 0.35, 0.75
"""Opening of an eye, as a share of its opening at rest, under which it is left as it is, and
from which on it may be opened: what is behind a lid is not in the picture."""
_CALM: Final = 0.06
"""Centimetres of change that are halved and less: noise of the landmarks."""
_EYES: Final = (
    (transfer.RIGHT_LID_PAIRS, RIGHT_IRIS, -1.0),
    (transfer.LEFT_LID_PAIRS, LEFT_IRIS, 1.0),
)


def replaced(
    own: PosedShape,
    neutral: np.ndarray,
    change: tuple[PosedShape, PosedShape],
    regions: transfer.Strengths,
    strength: float,
) -> PosedShape:
    """Return `own` with the expression that a driver's change gives to its neutral face.

    Where a face has no expression (its outline, forehead, bridge of the nose) `own` stays
    as it is: what the landmark network sees change there comes from the turning of the head.
    An eye that is shut stays shut.

    Args:
        own: the face now.
        neutral: (478, 3) shape of the same face at rest.
        change: the driver at rest, and now.
        regions: share of the change that each region takes.
        strength: share of the way there, 0 to 1.
    """
    moved = transfer.relative(replace(own, shape=neutral), *change, regions).shape
    share = strength * _expressive()
    for number, (lids, _, _) in enumerate(_EYES):
        opening = [_opening(shape, lids) for shape in (own.shape, neutral, moved)]
        if opening[2] > opening[0]:
            seen = smooth_step(opening[0] / max(opening[1], 1e-3), _SHUT, _OPEN)
            share = share * (1 - _around_eye()[number] * (1 - seen))
    shape = own.shape + share[:, None] * _calmed(moved - own.shape)
    return replace(own, shape=shape.astype(np.float32))


def _calmed(change: np.ndarray) -> np.ndarray:
    """Hold small changes back: noise must not make the picture drawn and not by turns."""
    length = np.linalg.norm(change, axis=1, keepdims=True)
    return np.asarray(change * length / np.hypot(length, _calm()))


@cache
def _calm() -> np.ndarray:
    """(478, 1) centimetres: the outline is the least sure, and drags what is around it along."""
    calm = np.full((478, 1), _CALM)
    calm[list(FACE_OVAL)] *= 3
    return calm


def _opening(shape: np.ndarray, lids: np.ndarray) -> float:
    return float(np.median(shape[lids[:, 0], 1] - shape[lids[:, 1], 1]))


@cache
def _expressive() -> np.ndarray:
    """(478,): 1 around mouth, chin, eyes and brows, 0 where a face is stiff."""
    face = canonical_face().vertices
    x, y = face[:, 0], face[:, 1]
    mouth = smooth_step(y, 0.8, 2.8) * (1 - smooth_step(np.abs(x), 4.5, 6.0))
    eyes = 1 - smooth_step(np.hypot(np.abs(x) - 3.0, 0.8 * (y + 3.4)), 2.4, 3.8)
    share = np.maximum(mouth, eyes)
    share[[point for point in FACE_OVAL if y[point] < 5]] = 0.0
    return np.append(share, np.ones(10))


@cache
def _around_eye() -> tuple[np.ndarray, ...]:
    """Two (478,): 1 on the lids and the iris of the right and of the left eye, 0 elsewhere."""
    face = canonical_face().vertices
    found = []
    for _, iris, side in _EYES:
        near = 1 - smooth_step(np.hypot(face[:, 0] - 3.2 * side, face[:, 1] + 2.65), 1.5, 2.5)
        share = np.append(near, np.zeros(10))
        share[list(iris)] = 1.0
        found.append(share)
    return tuple(found)
