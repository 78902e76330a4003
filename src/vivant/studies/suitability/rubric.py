"""Points for eyes, mouth and outline of an animated portrait, ten in all.

Six criteria, two for each part, each worth 0, 1 or 2 points. What the driver does
not do is not asked; the points of what was asked are scaled to 10.

The criteria are those by which four students judged twenty clips by eye
(github.com/dldyou2/opensw23-E1I3); the measures and thresholds are ours.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from vivant.studies.suitability.following import Following

PARTS: Final = {
    "eyes": ("lids", "pupils"),
    "mouth": ("lips", "inside"),
    "outline": ("movement", "rotation"),
}
"""Part to its two criteria."""
FULL: Final = 2
"""Points of a criterion that is met."""
WELL: Final = (0.8, 0.5)
"""Correlation and slope from which a movement follows: 2 points."""
PARTLY: Final = (0.5, 0.2)
"""... and from which it follows in part: 1 point."""
TOO_MUCH: Final = 2.0
"""Slope beyond which a movement is overdone: 1 point at most."""
LOST: Final = 0.5
"""Share of drawn frames without a face from which nothing is granted."""
SQUEEZED: Final = (0.06, 0.12)
"""Mean squeeze of the outline beyond which movement gets 1 point at most, and 0."""
STRANGER: Final = 0.363
"""Cosine of identities under which it is somebody else (SFace): movement gets a point less."""
TEETH: Final = (0.25, 0.45)
"""Mean difference of the teeth shown, as shares of the gap, up to which inside gets 2 points; 1."""
OPENS: Final = (0.5, 0.25)
"""Gap between the lips over the driver's from which inside gets 2 points, and 1."""


@dataclass(frozen=True, slots=True)
class Inside:
    """What shows between the lips while the driver's mouth is open."""

    opens: float
    """Gap between the drawn lips over the driver's, both in centimetres of a head."""
    teeth: float
    """Mean absolute difference of the share of the gap that looks like teeth."""


@dataclass(frozen=True, slots=True)
class Seen:
    """All that the points are made from."""

    following: Mapping[str, Following] = field(default_factory=dict)
    """Movement (see `following.MOVEMENTS`) to how it follows; empty where no face was seen."""
    lost: float = 1.0
    """Share of drawn frames without a face."""
    squeeze: float = 0.0
    inside: Inside | None = None
    """None where the driver's mouth never opens."""
    identity: float | None = None
    """Mean cosine with the portrait; None where nobody looked, or no face was found."""


@dataclass(frozen=True, slots=True)
class Score:
    """The points of one animated portrait."""

    points: Mapping[str, int]
    """Criterion to points; without those that were not asked."""
    parts: Mapping[str, float]
    """Part to its share of its own full points, 0 to 1; without those that were not asked."""

    @property
    def total(self) -> float:
        """All parts alike, 0 to 10.

        >>> Score({}, {"eyes": 1.0, "mouth": 0.5}).total
        7.5
        """
        return 10 * math.fsum(self.parts.values()) / max(len(self.parts), 1)


NOTHING: Final = Score(
    {name: 0 for criteria in PARTS.values() for name in criteria}, dict.fromkeys(PARTS, 0.0)
)
"""The score of what could not be animated at all."""


def scored(seen: Seen, *, animal: bool = False) -> Score:
    """Return the points.

    Args:
        seen: what was measured.
        animal: an animal shows no white of the eye: its lids count for its pupils too.

    >>> still = Following(True, 0.0, 0.0)
    >>> whole = Following(True, 0.9, 1.0)
    >>> scored(Seen({"lids": whole, "gaze": still, "outline": whole}, lost=0.0)).parts
    {'eyes': 0.5, 'outline': 1.0}
    """
    if seen.lost >= LOST or not seen.following:
        return NOTHING
    found = {
        "lids": _followed(seen.following.get("lids")),
        "pupils": _followed(seen.following.get("gaze")),
        "lips": _followed(seen.following.get("lips")),
        "inside": None if seen.inside is None else _inside(seen.inside),
        "movement": _movement(seen),
        "rotation": _followed(seen.following.get("turn")),
    }
    if animal:
        found["pupils"] = found["lids"]
    points = {name: value for name, value in found.items() if value is not None}
    parts = {}
    for part, criteria in PARTS.items():
        asked = [points[name] for name in criteria if name in points]
        if asked:
            parts[part] = sum(asked) / (FULL * len(asked))
    return Score(points, parts)


def _followed(found: Following | None) -> int | None:
    """Return the points of a movement; None where it was not asked."""
    if found is None or not found.asked:
        return None
    if found.correlation >= WELL[0] and WELL[1] <= found.slope <= TOO_MUCH:
        return 2
    return int(found.correlation >= PARTLY[0] and found.slope >= PARTLY[1])


def _movement(seen: Seen) -> int | None:
    points = _followed(seen.following.get("outline"))
    if points is None:
        return None
    points = min(points, FULL - sum(seen.squeeze > most for most in SQUEEZED))
    if seen.identity is not None and seen.identity < STRANGER:
        points -= 1
    return max(points, 0)


def _inside(found: Inside) -> int:
    for points, least, most in zip((2, 1), OPENS, TEETH, strict=True):
        if found.opens >= least and found.teeth <= most:
            return points
    return 0
