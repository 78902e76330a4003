"""Who is who from one picture to the next: the same person keeps the same number."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import numpy as np

from vivant.faces.pose import fit_pose
from vivant.faces.region import LOOK_AROUND, Region, around
from vivant.types import Face
from vivant.weights.canonical import canonical_face

_DOUBLE = 0.15
"""Two sets of landmarks nearer than this share of the face's size are one face."""
_NEAR = 1.5
"""A lost face is known again if it reappears within this many times its size."""
_KNOWN = 0.75
"""It is known again anywhere if `change` is less."""


def remember(previous: Sequence[Face], seen: Sequence[Face]) -> tuple[Face, ...]:
    """Return what to hand to `track` next: the faces in view, then the lost ones.

    In `previous` a lost face stands as it was last seen.
    """
    tracks = {face.track for face in seen}
    return (*seen, *(face for face in previous if face.track not in tracks))


def box(face: Face) -> Region:
    """Return the square around a face's landmarks, eyes level."""
    return around(face.landmarks).grown(1 / LOOK_AROUND)


def double(a: Face, b: Face) -> bool:
    """Say whether two sets of landmarks lie on one and the same face of a picture."""
    apart = np.linalg.norm(a.landmarks[:, :2] - b.landmarks[:, :2], axis=1).mean()
    return bool(apart < _DOUBLE * box(a).side)


def change(old: Face, face: Face) -> float:
    """Return how unlikely it is that `face` is `old` a moment later; 0 is the most likely.

    Place and size count in face sizes, up to a half, for a face may have been away
    for long; the build of the skull counts in centimetres (one person in different
    frames: 0.13 as a median; two persons: 0.36).
    """
    return min(_moved(old, face), 0.5) + float(
        np.linalg.norm(_build(old) - _build(face), axis=1).mean()
    )


def settle(followed: Sequence[tuple[Face, Face]]) -> list[Face]:
    """Return the new faces of (old, new) pairs, each face of the picture only once.

    When one face hides another, the search for the hidden one ends on the face
    in front. That one belongs to whom it changes less.
    """
    kept: list[Face] = []
    ranked = sorted(followed, key=lambda pair: change(*pair)) if len(followed) > 1 else followed
    for _, face in ranked:
        if not any(double(face, other) for other in kept):
            kept.append(face)
    tracks = {face.track for face in kept}
    return [face for _, face in followed if face.track in tracks]


def numbered(fresh: Sequence[Face], lost: Sequence[Face], taken: Sequence[Face]) -> list[Face]:
    """Return newly found faces with their numbers, those known from before first.

    Args:
        fresh: the newly found, in the order in which new numbers are given.
        lost: faces not in view at present.
        taken: faces whose numbers are not free.
    """
    pairs = sorted(
        (unlikely, old.track, index)
        for old in lost
        for index, face in enumerate(fresh)
        if (unlikely := change(old, face)) < _KNOWN or _moved(old, face) < _NEAR
    )
    track_of: dict[int, int] = {}
    for _, track, index in pairs:
        if index not in track_of and track not in track_of.values():
            track_of[index] = track
    free = itertools.count(1 + max((face.track for face in taken), default=-1))
    known = [replace(fresh[index], track=track) for index, track in track_of.items()]
    new = [face for index, face in enumerate(fresh) if index not in track_of]
    return known + [replace(face, track=next(free)) for face in new]


def _moved(old: Face, face: Face) -> float:
    """Return by how much a face changed place and size, in units of its size."""
    a, b = box(old), box(face)
    return math.hypot(a.x - b.x, a.y - b.y) / a.side + abs(math.log(a.side / b.side))


def _build(face: Face) -> np.ndarray:
    """Return the landmarks of skull and jaw, un-posed, centimetres of the canonical head."""
    firm = _skull_and_jaw()
    pose = fit_pose(face.landmarks, firm)
    points = face.landmarks[list(firm)]
    seen: np.ndarray = (points - pose.translation) @ pose.rotation / pose.scale
    return seen


@cache
def _skull_and_jaw() -> tuple[int, ...]:
    return tuple(np.flatnonzero(canonical_face().weights).tolist())
