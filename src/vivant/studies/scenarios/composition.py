"""Target videos as an online class has them: somebody seated before a calm room.

What tells the scenarios apart is the share of the frame that the face takes: the area
of the box around its landmarks over the area of the frame, mean over the frames.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import cv2
import numpy as np

from vivant.errors import VivantError
from vivant.pixels import mix
from vivant.studies.scenarios.cutout import Cutout
from vivant.studies.scenarios.room import room
from vivant.types import Face

Box = tuple[float, float, float, float]
"""x, y, width, height, pixels"""


@dataclass(frozen=True, slots=True)
class Scenario:
    """A situation of an online class."""

    name: str
    share: float
    """Of the frame that the face box takes."""
    wide: float
    """Width of the frame over its height."""
    across: tuple[float, float]
    """Range of the place of the face, in widths of the frame."""
    room: Literal["home", "class"]


SCENARIOS: Final = (
    Scenario("attendance", 0.56, 1.0, (0.5, 0.5), "home"),
    Scenario("examination", 0.10, 16 / 9, (0.45, 0.55), "home"),
    Scenario("presentation", 0.03, 16 / 9, (0.28, 0.72), "class"),
)
"""The three of Park et al. 2023: over 50 %, about 10 % and about 3 % of the frame."""
NAMES: Final = tuple(scenario.name for scenario in SCENARIOS)
_AS_IT_IS: Final = 0.02
"""Pictures are not scaled by less than this: it would only blur them."""
_SMALLEST: Final = 64
"""Sides of a frame at least, pixels."""


def named(name: str) -> Scenario:
    """Return the scenario of a name out of `NAMES`."""
    return SCENARIOS[NAMES.index(name)]


@dataclass(frozen=True, slots=True)
class Seat:
    """A frame, and where in it somebody is to be."""

    width: int
    height: int
    x: float
    """Middle of the face box, pixels."""
    y: float | None
    """Likewise; None seats the person at the lower edge, wherever the face then is."""
    side: float
    """Root of the area of the face box, pixels."""


def seat(scenario: Scenario, side: float, longest: int, rng: np.random.Generator) -> Seat:
    """Return the largest frame in which the face is not larger than in the clip.

    Args:
        scenario: says how much of the frame the face is to take, and where it is.
        side: root of the mean area of the face box in the clip, pixels.
        longest: of the frame's sides, pixels.
        rng: chooses the place.

    Raises:
        VivantError: that frame would be too small to look at.

    >>> seat(SCENARIOS[2], 128, 640, np.random.default_rng(0)).width
    640
    """
    width = min(longest, math.sqrt(side**2 / scenario.share * scenario.wide))
    across, down = 2 * round(width / 2), 2 * round(width / scenario.wide / 2)
    if min(across, down) < _SMALLEST:
        raise VivantError(
            f"the face is {side:.0f} pixels large: the frame of {scenario.name} would be "
            f"{across}x{down}, wanted at least {_SMALLEST} each way. Use a clip with a larger face."
        )
    x = float(rng.uniform(*scenario.across)) * across
    y = down / 2 if scenario.name == "attendance" else None
    return Seat(across, down, x, y, min(side, math.sqrt(scenario.share * across * down)))


@dataclass(frozen=True, slots=True)
class Place:
    """Where a cut-out person goes: a frame pixel is `scale` times its own plus the shift."""

    scale: float
    left: int
    """Of the cut-out's top left pixel in the frame."""
    top: int


def place(cutout: Cutout, box: Box, where: Seat) -> Place:
    """Return where a person sits so that the face has the seat's size and nobody floats.

    Args:
        cutout: the person.
        box: the face in the picture that it was cut from.
        where: the seat.
    """
    scale = where.side / math.sqrt(box[2] * box[3])
    if abs(scale - 1) < _AS_IT_IS:
        scale = 1.0
    x, y = cutout.origin[0] + box[0] + box[2] / 2, cutout.origin[1] + box[1] + box[3] / 2
    lowest = where.height - round(cutout.image.shape[0] * scale)
    top = lowest if where.y is None else max(lowest, round(where.y - y * scale))
    return Place(scale, round(where.x - x * scale), top)


def seated(cutout: Cutout, at: Place, behind: np.ndarray) -> np.ndarray:
    """Return the frame with the person in it, of the shape of `behind`, uint8 RGB."""
    alpha, image = cutout.alpha, cutout.image
    if at.scale != 1:
        size = tuple(max(1, round(length * at.scale)) for length in image.shape[1::-1])
        how = cv2.INTER_AREA if at.scale < 1 else cv2.INTER_CUBIC
        image = cv2.resize(image, size, interpolation=how)
        alpha = np.clip(cv2.resize(alpha, size, interpolation=how), 0, 1)
    frame = behind.copy()
    height, width = frame.shape[:2]
    top, left = max(0, at.top), max(0, at.left)
    bottom, right = min(height, at.top + alpha.shape[0]), min(width, at.left + alpha.shape[1])
    if bottom <= top or right <= left:
        return frame
    part = slice(top - at.top, bottom - at.top), slice(left - at.left, right - at.left)
    opaque = np.round(255 * alpha[part]).astype(np.uint8)
    mix(frame[top:bottom, left:right], np.ascontiguousarray(image[part]), opaque)
    return frame


def mean_box(faces: Sequence[Face | None]) -> Box:
    """Return the mean box of the faces that were seen.

    Raises:
        ValueError: none was.
    """
    boxes = [face.box for face in faces if face is not None]
    if not boxes:
        raise ValueError("mean_box wants a face")
    x, y, width, height = np.mean(boxes, axis=0)
    return float(x), float(y), float(width), float(height)


def side_of(faces: Sequence[Face | None]) -> float:
    """Return the root of the mean area of the face boxes, pixels."""
    areas = [face.box[2] * face.box[3] for face in faces if face is not None]
    return math.sqrt(float(np.mean(areas)))


def share(face: Face, frame: np.ndarray) -> float:
    """Return how much of a frame the face box takes, 0 to 1."""
    return float(face.box[2] * face.box[3] / (frame.shape[0] * frame.shape[1]))


def chance(seed: int, *names: str) -> np.random.Generator:
    """Return the same generator for the same seed and names."""
    digest = hashlib.sha256("/".join([str(seed), *names]).encode()).digest()
    return np.random.default_rng(list(digest))


def behind(scenario: Scenario, where: Seat, rng: np.random.Generator) -> np.ndarray:
    """Return the room of a frame, (height, width, 3) uint8 RGB."""
    return room(where.width, where.height, rng, scenario.room)
