"""How well a picture will do as a portrait, from 0 to 10, why, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vivant.errors import FaceTooSmall, UnsuitablePortrait
from vivant.faces import clarity, findings
from vivant.faces.closeup import Closeup
from vivant.faces.findings import MOST_CUT, MOST_TURNED, SMALLEST_FACE, Finding
from vivant.faces.track import FaceTracker
from vivant.types import Face


@dataclass(frozen=True, slots=True)
class Suitability:
    """A mark and its reasons."""

    score: float
    """0 (will not work) to 10 (ideal)."""
    findings: tuple[Finding, ...]
    """What lowers the mark, the gravest first; empty where nothing does."""

    @property
    def advice(self) -> tuple[str, ...]:
        """What is wrong and what to do, the gravest first."""
        return tuple(finding.advice for finding in self.findings)


def suitability(image: np.ndarray, face: Face, tracker: FaceTracker) -> Suitability:
    """Judge `face` in `image`, (h, w, 3) uint8 RGB, as the portrait of an animation.

    Every finding takes its points off 10. `tracker` looks at the face four times
    more, to see whether it is sure of it.
    """
    view = Closeup.of(image, face)
    doubt = tracker.doubt(image, face)
    covered = clarity.covered_mouth(view, doubt)
    eyes = clarity.covered_eyes(view)
    looks = [
        findings.size(face),
        findings.share(image, face),
        findings.cut(image, face),
        findings.room(image, face),
        findings.turn(face),
        covered,
        eyes,
        clarity.blur(image, face),
        clarity.light(view),
        # What is covered needs no second word about how it looks.
        None if covered else findings.mouth(view),
        None if covered else clarity.lip_line(view),
        None if eyes else findings.lids(face, view),
        None if eyes else clarity.pupils(view),
        None if covered or eyes else clarity.doubtful(doubt),
    ]
    found = sorted((look for look in looks if look), key=lambda finding: -finding.points)
    score = max(0.0, 10.0 - sum(finding.points for finding in found))
    return Suitability(round(score, 1), tuple(found))


def check(image: np.ndarray, face: Face, tracker: FaceTracker, where: str) -> None:
    """Refuse a face that cannot be animated.

    Args:
        image: (h, w, 3) uint8 RGB.
        face: the one that shall move.
        tracker: asked again where the mouth seems covered.
        where: names the picture in messages.

    Raises:
        FaceTooSmall: it has fewer than 40 pixels across.
        UnsuitablePortrait: it is seen from the side (60 degrees and more), a third of it
            is beyond the edge, or its mouth is covered.
    """
    width = min(face.box[2:])
    if width < SMALLEST_FACE:
        raise FaceTooSmall(where, width, SMALLEST_FACE)
    reason: Finding | None = None
    if abs(face.pose.yaw) > MOST_TURNED:
        reason = findings.turn(face)
    elif findings.beyond(image, face) > MOST_CUT:
        reason = findings.cut(image, face)
    else:
        view = Closeup.of(image, face)
        if view.lip_line() < clarity.NO_LIP_LINE:
            reason = clarity.covered_mouth(view, tracker.doubt(image, face))
    if reason is not None:
        raise UnsuitablePortrait(where, reason.name, reason.advice)
