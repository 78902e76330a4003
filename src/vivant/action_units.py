"""Action Units out of the 52 expression scores, by a table that says what each row is worth.

The names and the scale, 0 to 5, are those of OpenFace 2.0 (Baltrusaitis et al.
2018, doi:10.1109/FG.2018.00019), the meanings those of the Facial Action Coding
System (Ekman, Friesen & Hager 2002). But this is neither: it is a fixed mapping of
another network's scores, which were made for moving puppets, not trained on coded
faces. Numbers made here compare with each other, not with OpenFace's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from vivant.errors import ShapeError
from vivant.landmarks import SCORE_NAMES

STRONGEST: Final = 5.0
"""Intensity of a unit at its strongest; 0 is absent."""
PRESENT: Final = 1.0
"""From this intensity on a unit counts as present (level A, a trace)."""


@dataclass(frozen=True, slots=True)
class Unit:
    """One Action Unit, and the scores that it is read from."""

    name: str
    """As OpenFace writes it: AU and two digits."""
    meaning: str
    """What the unit does to a face."""
    groups: tuple[tuple[str, ...], ...]
    """Scores; the mean is taken within a group (left and right)."""
    take: Literal["most", "least"] = "most"
    """What is taken of several groups: the most where any of them will do, the least where the
    unit shows as all of them at once."""
    rest: float = 0.0
    """Score of a common face at rest: intensity 0."""
    full: float = 1.0
    """Score at intensity 5; under 1 where the network seldom gives more, judged by the largest
    scores on some 3500 frames of 54 clips."""
    stands_in: str = ""
    """Where not empty: the unit's own score is missing or dead, and why these are taken."""


def _both(stem: str) -> tuple[str, ...]:
    return f"{stem}Left", f"{stem}Right"


UNITS: Final = (
    Unit("AU01", "inner brow raiser", (("browInnerUp",),), rest=0.05),
    Unit("AU02", "outer brow raiser", (_both("browOuterUp"),), rest=0.15),
    Unit("AU04", "brow lowerer", (_both("browDown"),), full=0.8),
    Unit("AU05", "upper lid raiser", (_both("eyeWide"),), full=0.6),
    Unit("AU06", "cheek raiser", (_both("mouthSmile"), _both("eyeSquint")), "least", 0.3, 0.8,
         "cheekSquint is always 0; raised cheeks narrow the eyes of who smiles"),
    Unit("AU07", "lid tightener", (_both("eyeSquint"),), rest=0.3, full=0.8),
    Unit("AU09", "nose wrinkler", (_both("browDown"), _both("mouthUpperUp")), "least", full=0.7,
         stands_in="noseSneer is always 0; a wrinkled nose lowers brows and raises the upper lip"),
    Unit("AU10", "upper lip raiser", (_both("mouthUpperUp"),), full=0.9),
    Unit("AU12", "lip corner puller", (_both("mouthSmile"),)),
    Unit("AU14", "dimpler", (_both("mouthDimple"),), full=0.7),
    Unit("AU15", "lip corner depressor", (_both("mouthFrown"),), full=0.3),
    Unit("AU17", "chin raiser", (("mouthShrugLower",),), full=0.8),
    Unit("AU20", "lip stretcher", (_both("mouthStretch"),), full=0.5),
    Unit("AU23", "lip tightener", (_both("mouthPress"),), full=0.5,
         stands_in="no score of its own; mouthPress is its neighbour AU24, the lip pressor"),
    Unit("AU25", "lips part", (("jawOpen",), _both("mouthLowerDown"), _both("mouthUpperUp")),
         rest=0.05, full=0.7,
         stands_in="no score of its own; an open jaw with closed lips would be a false alarm"),
    Unit("AU26", "jaw drop", (("jawOpen",),), rest=0.05, full=0.8),
    Unit("AU45", "blink", (_both("eyeBlink"),), rest=0.1, full=0.8),
    Unit("AU28", "lip suck", (("mouthRollLower", "mouthRollUpper"),), full=0.7),
)  # fmt: skip
"""OpenFace's 17 units with an intensity, in its order, then AU28, of which it tells presence only.

Scores mean what ARKit says of its blend shapes of those names, which
`vivant.landmarks.SCORE_NAMES` follow.
"""

INTENSITY_NAMES: Final = tuple(unit.name for unit in UNITS[:-1])
"""Names of what `intensities` gives, in order."""
PRESENCE_NAMES: Final = tuple(unit.name for unit in UNITS)
"""Names of what `presences` gives, in order."""

_GROUPS: Final = tuple(dict.fromkeys(group for unit in UNITS for group in unit.groups))
_MEANS: Final = np.array(
    [[(name in group) / len(group) for group in _GROUPS] for name in SCORE_NAMES]
)
_COLUMNS: Final = tuple([_GROUPS.index(group) for group in unit.groups] for unit in UNITS)
_REST: Final = np.array([unit.rest for unit in UNITS])
_FULL: Final = np.array([unit.full for unit in UNITS])
_LEAST_SPAN: Final = 0.1
"""From rest to full, in score: for faces whose rest is near full already."""


def intensities(scores: np.ndarray, rest: np.ndarray | None = None) -> np.ndarray:
    """Return how strongly each unit of `INTENSITY_NAMES` acts.

    Args:
        scores: expression scores, (52,) or (frames, 52), each 0 to 1.
        rest: scores of the same face at rest, (52,), where they are known: they take the
            place of the common rest of the table, as OpenFace's own dynamic models do.

    Returns:
        (17,) or (frames, 17) float64, 0 to 5.

    Raises:
        ShapeError: the shapes are others, or a number is not finite.

    >>> scores = np.zeros(52)
    >>> scores[SCORE_NAMES.index("mouthSmileLeft")] = 1.0
    >>> float(intensities(scores)[INTENSITY_NAMES.index("AU12")])
    2.5
    """
    return _all(scores, rest)[..., :-1]


def presences(scores: np.ndarray, rest: np.ndarray | None = None) -> np.ndarray:
    """Return which units of `PRESENCE_NAMES` act: those with an intensity of `PRESENT` or more.

    Args:
        scores: as for `intensities`.
        rest: as for `intensities`.

    Returns:
        (18,) or (frames, 18) bool.

    Raises:
        ShapeError: as for `intensities`.
    """
    acts: np.ndarray = _all(scores, rest) >= PRESENT
    return acts


def _all(scores: np.ndarray, rest: np.ndarray | None) -> np.ndarray:
    raw, floor = _read(scores), _REST
    if rest is not None:
        if np.ndim(rest) != 1:
            raise ShapeError(f"rest must be one face's scores (52,), got {np.shape(rest)}")
        floor = _read(rest)
    span = np.maximum(_FULL - floor, _LEAST_SPAN)
    scaled: np.ndarray = np.clip((raw - floor) / span, 0, 1) * STRONGEST
    return scaled


def _read(scores: np.ndarray) -> np.ndarray:
    """Return each unit's combined score, (..., 18)."""
    exact = np.asarray(scores, np.float64)
    if exact.ndim not in (1, 2) or exact.shape[-1] != len(SCORE_NAMES):
        raise ShapeError(f"action units want scores (52,) or (frames, 52), got {np.shape(scores)}")
    if not np.isfinite(exact).all():
        raise ShapeError("action units want finite scores; leave frames without a face out")
    means = exact @ _MEANS
    pairs = zip(UNITS, _COLUMNS, strict=True)
    return np.stack(
        [
            (means[..., columns].max if unit.take == "most" else means[..., columns].min)(axis=-1)
            for unit, columns in pairs
        ],
        axis=-1,
    )
