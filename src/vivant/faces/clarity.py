"""What the picture itself says against a portrait: blur, light, faint pupils and lips, covers.

Thresholds marked "measured" are recorded in `benchmarks/results/suitability.json`.
"""

from __future__ import annotations

import math
from typing import Final

import cv2
import numpy as np

from vivant.faces.closeup import SIZE, Closeup
from vivant.faces.findings import Finding
from vivant.landmarks import (
    FACE_OVAL,
    LEFT_EYE,
    LEFT_IRIS,
    LIPS_INNER,
    LIPS_OUTER,
    RIGHT_EYE,
    RIGHT_IRIS,
)
from vivant.types import Face

_EYES: Final = ((RIGHT_EYE, RIGHT_IRIS), (LEFT_EYE, LEFT_IRIS))
_SEEN: Final = 96
"""Pixels across at which blur is judged; smaller faces are judged by their size only."""
_LEAST_DETAIL: Final = 0.18
"""Measured: faces blurred by 1 % of their width have 0.17 in the median."""
NO_LIP_LINE: Final = 4.0
"""L* under which no mouth is seen. Measured: 9 of 10 hands before a mouth leave less than 3.8,
plain masks nothing; 99 of 100 portraits have 7.2 or more."""
DOUBTFUL: Final = 0.014
"""Doubt, in eye distances, above which the network is not sure of a mouth or an eye. Measured: 9 of
10 portraits have less; of those with a hand drawn before mouth, chin, cheek or eye, 3 of 100."""
_NO_EYE: Final = 2.5
"""Spread of L* within the lids under which no eye is seen: dark glasses, a hand, deep shadow.
Measured: 99 of 100 portraits have 3.9 or more."""


def covered_mouth(view: Closeup, doubt: np.ndarray) -> Finding | None:
    """No lips where lips should be, and a network that is in doubt about them: a mask, a hand."""
    if view.lip_line() >= NO_LIP_LINE or _mean_doubt(doubt, (*LIPS_INNER, *LIPS_OUTER)) < DOUBTFUL:
        return None
    return Finding("covered", 8.0, (
        "The mouth is covered: a mask, a hand or something else is before it. "
        "Use a picture that shows it."
    ))  # fmt: skip


def covered_eyes(view: Closeup) -> Finding | None:
    """Nothing to be told apart within the lids: dark glasses, a hand, deep shadow."""
    spreads = [float(view.lab[..., 0][view.within(ring)].std()) for ring, _ in _EYES]
    hidden = sum(spread < _NO_EYE for spread in spreads)
    if not hidden:
        return None
    which = "An eye" if hidden == 1 else "Both eyes"
    return Finding("covered", 1.5 + hidden, (
        f"{which} cannot be made out: dark glasses, a hand, hair or deep shadow. "
        f"Use a picture in which they are seen."
    ))  # fmt: skip


def doubtful(doubt: np.ndarray) -> Finding | None:
    """Landmarks of the mouth or of an eye that wander when the network looks again."""
    parts = (
        ("mouth", (*LIPS_INNER, *LIPS_OUTER)),
        ("right eye", RIGHT_EYE),
        ("left eye", LEFT_EYE),
    )
    found = [(_mean_doubt(doubt, ids), name) for name, ids in parts]
    unsure = [name for value, name in found if value >= DOUBTFUL]
    if not unsure:
        return None
    worst = max(value for value, _ in found)
    return Finding("doubt", min(1.0 + 100 * (worst - DOUBTFUL), 3.0), (
        f"It is not sure where the {' and the '.join(unsure)} "
        f"{'lies' if len(unsure) == 1 else 'lie'}: something is before the face, "
        f"or it is drawn unlike a real one."
    ))  # fmt: skip


def _mean_doubt(doubt: np.ndarray, ids: tuple[int, ...]) -> float:
    return float(doubt[list(ids)].mean())


def pupils(view: Closeup) -> Finding | None:
    """Irises that are not 5 L* darker than the white around: gaze will hardly be seen."""
    light = cv2.GaussianBlur(view.lab[..., 0], (0, 0), 1.0)
    contrasts = [_pupil(light, view, ring, iris) for ring, iris in _EYES]
    if max(contrasts) >= 5.0:
        return None
    return Finding("pupils", 1.0, (
        "The pupils hardly stand out from the eyes, so a gaze will hardly be seen. "
        "Use a picture with light in the eyes."
    ))  # fmt: skip


def _pupil(light: np.ndarray, view: Closeup, ring: tuple[int, ...], iris: tuple[int, ...]) -> float:
    """How much darker the iris is than the rest between the lids, L*; 0 where too little shows."""
    y, x = np.mgrid[:SIZE, :SIZE]
    radius = view.distance(iris[1], iris[3]) / 2
    middle = view.points[iris[0]]
    away = np.hypot(x - middle[0], y - middle[1])
    eye = view.within(ring)
    inside, outside = eye & (away < 0.8 * radius), eye & (away > 1.15 * radius)
    if inside.sum() < 5 or outside.sum() < 5:
        return 0.0
    return float(np.median(light[outside]) - np.median(light[inside]))


def lip_line(view: Closeup) -> Finding | None:
    """A line between the lips that is hardly darker (10 L*) than they are."""
    contrast = view.lip_line()
    if contrast >= 10.0:
        return None
    return Finding("lip line", 0.5 + 0.1 * (10.0 - contrast), (
        "The line between the lips hardly stands out, so the mouth may open in the wrong place. "
        "Use a picture with more contrast, without shadows or a beard over the lips."
    ))  # fmt: skip


def detail(image: np.ndarray, face: Face) -> float:
    """Return how strong the edges in a face are for its contrast, seen 96 pixels across.

    Faces too small to say have nothing to lose: infinity.
    """
    x, y, w, h = (round(value) for value in face.box)
    part = image[max(y, 0) : max(y + h, 0), max(x, 0) : max(x + w, 0)]
    if min(part.shape[:2]) < 0.6 * _SEEN:
        return math.inf
    grey = cv2.resize(
        cv2.cvtColor(part, cv2.COLOR_RGB2GRAY), (_SEEN, _SEEN), interpolation=cv2.INTER_AREA
    )
    return float(cv2.Laplacian(grey, cv2.CV_32F).std() / (grey.std() + 1))


def blur(image: np.ndarray, face: Face) -> Finding | None:
    """A face without sharp edges."""
    found = detail(image, face)
    if found >= _LEAST_DETAIL:
        return None
    return Finding("blur", 1.0 + 25 * (_LEAST_DETAIL - found), (
        "The face is blurred. Use a sharper picture."
    ))  # fmt: skip


def light(view: Closeup) -> Finding | None:
    """A face with a median L* under 22, or a spread of L* under 8: too dark, or too flat."""
    seen = view.lab[..., 0][view.within(FACE_OVAL)]
    if not seen.size or (np.median(seen) >= 22 and seen.std() >= 8):
        return None
    dark = np.median(seen) < 22
    return Finding("light", 1.5, (
        f"The face is {'very dark' if dark else 'without contrast'}. "
        f"Use a picture with {'more' if dark else 'other'} light on it."
    ))  # fmt: skip
