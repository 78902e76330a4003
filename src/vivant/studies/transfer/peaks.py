"""The clip and frame at which each of a few expressions is the strongest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from vivant.errors import VivantError
from vivant.faces.track import FaceTracker
from vivant.landmarks import SCORE_NAMES
from vivant.studies import clips
from vivant.studies.inputs import Item
from vivant.studies.suitability.picking import calmest, followed
from vivant.types import Face

EXPRESSIONS: Final = {
    "smile": ("mouthSmileLeft", "mouthSmileRight"),
    "raised brows": ("browInnerUp", "browOuterUpLeft", "browOuterUpRight"),
    "open mouth": ("jawOpen",),
    "pucker": ("mouthPucker", "mouthFunnel"),
    "closed eyes": ("eyeBlinkLeft", "eyeBlinkRight"),
}
"""Name to the scores whose mean is the highest at its peak."""
LEAST: Final = 0.15
"""Rise of that mean from which a driver shows the expression."""
_TURN: Final = 0.01
"""A peak is worth so much less for each degree that the head turned since its rest."""
_GLANCE: Final = 2
"""Every so many frames are looked at."""


@dataclass(frozen=True, slots=True)
class Peak:
    """An expression in a clip."""

    expression: str
    item: Item
    rest: int
    """The frame at which the driver is nearest to rest."""
    frame: int
    """The frame at which the expression is the strongest."""
    rise: float
    """Of the mean of its scores from the one to the other."""


def peaks(items: Sequence[Item], tracker: FaceTracker, frames: int, size: int) -> tuple[Peak, ...]:
    """Return the strongest peak of each expression, each by another person where there are enough.

    Args:
        items: drivers.
        tracker: looks at every second frame of each.
        frames: of each driver, from its beginning.
        size: longer side to which drivers are shrunk.

    Raises:
        VivantError: no driver shows any of the expressions.
    """
    found = [peak for item in items for peak in _of(item, tracker, frames, size)]
    ranked = sorted(found, key=lambda one: (-one.rise, one.item.name))
    chosen: dict[str, Peak] = {}
    people: set[str] = set()
    for alone in (True, False):  # somebody may serve twice where there are too few people
        for peak in ranked:
            if peak.expression in chosen or (alone and peak.item.identity in people):
                continue
            chosen[peak.expression] = peak
            people.add(peak.item.identity)
    if not chosen:
        raise VivantError(
            f"none of {len(items)} drivers shows an expression ({', '.join(EXPRESSIONS)}) in its "
            f"first {frames} frames"
        )
    return tuple(chosen[name] for name in EXPRESSIONS if name in chosen)


def _of(item: Item, tracker: FaceTracker, frames: int, size: int) -> list[Peak]:
    """Return the peak of each expression that a driver shows."""
    glanced = clips.read_frames(item.path, frames, size)[::_GLANCE]
    faces = tuple(followed(glanced, tracker))
    if not any(face is not None and face.scores is not None for face in faces):
        return []
    rest = calmest(faces)
    found = []
    for name in EXPRESSIONS:
        worth = [_worth(name, face, faces[rest]) for face in faces]
        best = int(np.argmax(worth))
        if worth[best] >= LEAST:
            found.append(Peak(name, item, rest * _GLANCE, best * _GLANCE, worth[best]))
    return found


def _worth(name: str, face: Face | None, rest: Face | None) -> float:
    if face is None or rest is None or face.scores is None or rest.scores is None:
        return 0.0
    columns = [SCORE_NAMES.index(score) for score in EXPRESSIONS[name]]
    turned = face.pose.rotation @ rest.pose.rotation.T
    angle = np.degrees(np.arccos(np.clip((np.trace(turned) - 1) / 2, -1, 1)))
    return float((face.scores - rest.scores)[columns].mean() - _TURN * angle)
