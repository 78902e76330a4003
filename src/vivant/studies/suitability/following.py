"""How a drawn face follows its driver: lids, gaze, lips, head and outline, from landmarks.

Lengths are in centimetres of the canonical head, at the scale of each face's own
rest, so that faces of any size in any picture can be compared.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import cv2
import numpy as np

from vivant.landmarks import FACE_OVAL, LEFT_EYE, RIGHT_EYE
from vivant.metrics.expression import follows
from vivant.metrics.gaze_error import gaze as directions
from vivant.types import Face

_ACROSS: Final = ((234, 454), (127, 356), (132, 361))
"""Pairs of landmarks on the outline whose distance is the width of the face."""
_DOWN: Final = ((10, 152), (67, 149), (297, 378))
"""... and its height."""


class Following(NamedTuple):
    """How one movement follows the driver's."""

    asked: bool
    """Whether the driver moves enough to tell."""
    correlation: float
    """-1 to 1; 0 where the drawn face stands still."""
    slope: float
    """Least squares, drawn against driver: 1 follows fully, 0 stands still."""


class Movement(NamedTuple):
    """Something that is seen to move."""

    see: Callable[[Face, Face], np.ndarray | None]
    """Reads it in a face, given the same face at rest; (n,), or None where it cannot be seen."""
    least: float
    """Root mean square movement of a driver, in its unit, from which it is asked for."""
    about: str


def lids(face: Face, _: Face) -> np.ndarray:
    """Return how far the eyes are open, the mean of both, over their width; (1,)."""
    points = face.landmarks[:, :2]
    openings = [
        np.linalg.norm(points[ring[4]] - points[ring[12]])
        / max(float(np.linalg.norm(points[ring[0]] - points[ring[8]])), 1e-6)
        for ring in (RIGHT_EYE, LEFT_EYE)
    ]
    return np.array([np.mean(openings)])


def gaze(face: Face, _: Face) -> np.ndarray | None:
    """Return where the eyes look in the head, the mean of both, degrees right and down; (2,).

    None where both are closed.
    """
    seen = [eye for eye in directions(face.landmarks) if eye is not None]
    return np.mean(seen, axis=0) if seen else None


def gap(face: Face, rest: Face) -> np.ndarray:
    """Return how far the lips are apart, centimetres; (1,)."""
    apart = np.linalg.norm(face.landmarks[13, :2] - face.landmarks[14, :2])
    return np.array([apart / rest.pose.scale])


def turn(face: Face, rest: Face) -> np.ndarray:
    """Return how the head is turned against its rest, a rotation vector in degrees; (3,)."""
    since, _ = cv2.Rodrigues(face.pose.rotation @ rest.pose.rotation.T)
    return np.asarray(np.degrees(since[:, 0]))


def outline(face: Face, rest: Face) -> np.ndarray:
    """Return how the face's outline has moved since its rest, centimetres; (72,)."""
    moved = (face.landmarks - rest.landmarks)[list(FACE_OVAL), :2]
    return np.asarray(moved.ravel() / rest.pose.scale, np.float64)


MOVEMENTS: Final = {
    "lids": Movement(lids, 0.03, "how far the eyes are open, over their width"),
    "gaze": Movement(gaze, 2.0, "where the eyes look in the head, degrees"),
    "lips": Movement(gap, 0.12, "how far the lips are apart, cm"),
    "outline": Movement(outline, 0.12, "where the outline of the face is, cm"),
    "turn": Movement(turn, 1.2, "how the head is turned, degrees"),
}
"""What is compared; lengths on a head of the canonical size."""


def squeeze(drawn: tuple[Face, Face], driver: tuple[Face, Face]) -> float:
    """Return how much narrower or shorter a drawn face became than its driver did.

    A face that is driven to the edge of the picture should leave it, not be
    squeezed before it.

    Args:
        drawn: the drawn face, and the portrait's.
        driver: the driver's face, and the same at rest.

    Returns:
        The larger of |log| of the ratios of width and height; 0.1 is about a tenth.
    """
    return max(
        abs(_stretch(*drawn, pairs) - _stretch(*driver, pairs)) for pairs in (_ACROSS, _DOWN)
    )


def _stretch(face: Face, rest: Face, pairs: tuple[tuple[int, int], ...]) -> float:
    now, then = (
        np.mean([np.linalg.norm(one.landmarks[a] - one.landmarks[b]) for a, b in pairs])
        for one in (face, rest)
    )
    return float(np.log(max(now, 1e-6) / max(then, 1e-6)))


@dataclass(slots=True, eq=False)
class Trace:
    """One drawn performance against its driver's, under way."""

    portrait: Face
    """The portrait's face, at rest."""
    driver: Face
    """The driver's face at rest."""
    frames: int = 0
    lost: int = 0
    """Drawn frames without a face."""
    _signals: dict[str, list[tuple[np.ndarray, np.ndarray]]] = field(default_factory=dict)
    _squeezes: list[float] = field(default_factory=list)

    def update(self, drawn: Face | None, driver: Face) -> None:
        """Add a frame: the face seen in it, and the driver's."""
        self.frames += 1
        if drawn is None:
            self.lost += 1
            return
        for name, movement in MOVEMENTS.items():
            mine, theirs = movement.see(drawn, self.portrait), movement.see(driver, self.driver)
            if mine is not None and theirs is not None:
                self._signals.setdefault(name, []).append((mine, theirs))
        self._squeezes.append(squeeze((drawn, self.portrait), (driver, self.driver)))

    def compute(self) -> dict[str, Following]:
        """Return movement to how it follows; empty where hardly a face was seen."""
        found = {}
        for name, pairs in self._signals.items():
            if len(pairs) > 1:
                mine, theirs = np.array(pairs).transpose(1, 0, 2)
                found[name] = following(mine, theirs, MOVEMENTS[name].least)
        return found

    def squeezed(self) -> float:
        """Return the mean of `squeeze` over the frames; 0 where no face was seen."""
        return float(np.mean(self._squeezes)) if self._squeezes else 0.0


def following(drawn: np.ndarray, driver: np.ndarray, least: float) -> Following:
    """Return how a movement follows another.

    Args:
        drawn: (frames, n).
        driver: the same shape and unit.
        least: root mean square movement of the driver from which it is asked for.

    >>> driver = np.array([[0.0], [1.0], [2.0]])
    >>> following(0.5 * driver, driver, 0.1)
    Following(asked=True, correlation=1.0, slope=0.5)
    """
    mine, theirs = (signal - signal.mean(axis=0) for signal in (drawn, driver))
    moved = float(np.sqrt((theirs**2).sum(axis=1).mean()))
    if moved < 1e-9:
        return Following(False, 0.0, 0.0)
    return Following(moved >= least, *follows(mine.ravel(), theirs.ravel()))
