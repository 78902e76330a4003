"""What geometry says against a portrait: size, place in the picture, pose, mouth, lids.

Each finding is one small function. Thresholds marked "measured" are recorded in
`benchmarks/results/suitability.json`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from vivant.faces.closeup import Closeup
from vivant.landmarks import LEFT_EYE, LIPS_INNER, RIGHT_EYE, SCORE_NAMES
from vivant.types import Face

SMALLEST_FACE: Final = 40.0
"""Shorter side of the face box, in pixels, under which there is too little to animate."""
FULL_SIZE: Final = 180.0
"""Shorter side from which the landmark network sees every pixel it can use. Measured: landmarks
of the same face go astray by 0.09 % of its width at 180 pixels, 0.27 % at 80 and 0.72 % at 40."""
MOST_TURNED: Final = 45.0
"""Yaw, as the tracker reads it, beyond which a face counts as seen from the side. Measured: the
tracker flattens large turns; a head turned by 60 degrees reads 41 in the median, by 70, 52."""
MOST_CUT: Final = 0.35
"""Share of the face beyond the edge at which it counts as a half face. Measured: beyond it, many
are not found at all, and the landmarks of the others go far astray."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that speaks against a portrait."""

    name: str
    """`size`, `cut`, `room`, `share`, `turn`, `mouth`, `lids`, `covered`, `doubt`, `pupils`,
    `lip line`, `blur` or `light`."""
    points: float
    """What it takes off the mark of 10."""
    advice: str
    """What is wrong, and what to do."""


def size(face: Face) -> Finding | None:
    """Few pixels in the face: what is not there cannot be drawn, and landmarks are less sure."""
    short = min(face.box[2:])
    if short < SMALLEST_FACE:
        return Finding("size", 10.0, (
            f"The face is only {short:.0f} pixels wide; at least {SMALLEST_FACE:.0f} are needed. "
            f"Use a larger scan."
        ))  # fmt: skip
    if short >= FULL_SIZE:
        return None
    points = 5.0 * math.log(FULL_SIZE / short) / math.log(FULL_SIZE / SMALLEST_FACE)
    return Finding("size", points, (
        f"The face is {short:.0f} pixels wide; from {FULL_SIZE:.0f} on, details stay sharp. "
        f"Use a larger scan of it."
    ))  # fmt: skip


def share(image: np.ndarray, face: Face) -> Finding | None:
    """A face that fills the picture (over 0.75 of its height or width), or is lost in it (0.1)."""
    height, width = image.shape[:2]
    filled = max(face.box[2] / width, face.box[3] / height)
    if filled > 0.75:
        return Finding("share", 0.5 + 4 * (min(filled, 1.0) - 0.75), (
            f"The face takes {100 * filled:.0f} % of the picture: features move, but the head has "
            f"no room to. Use a picture that shows all of the head."
        ))  # fmt: skip
    if filled < 0.1:
        return Finding("share", 0.5, (
            f"The face takes only {100 * filled:.0f} % of the picture. To see it move, "
            f"cut the picture closer, or pass --frame crop."
        ))  # fmt: skip
    return None


def beyond(image: np.ndarray, face: Face) -> float:
    """Return which share of the face's outline lies beyond the edge of the picture, 0 to 1."""
    height, width = image.shape[:2]
    hull = cv2.convexHull(np.ascontiguousarray(face.landmarks[:468, :2], np.float32))
    frame = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32) - 0.5
    area = cv2.contourArea(hull)
    common, _ = cv2.intersectConvexConvex(hull, frame.reshape(-1, 1, 2))
    return 1.0 - min(common / max(area, 1e-6), 1.0)


def cut(image: np.ndarray, face: Face) -> Finding | None:
    """A face that is cut by the edge of the picture, from 2 % of it on."""
    missing = beyond(image, face)
    if missing < 0.02:
        return None
    return Finding("cut", 2.0 + 10 * missing, (
        f"The edge of the picture cuts off {100 * missing:.0f} % of the face. "
        f"Use a picture that shows all of it."
    ))  # fmt: skip


def room(image: np.ndarray, face: Face) -> Finding | None:
    """A head that is cut by the edge, or touches it: hair is taken as a third of the face high."""
    if beyond(image, face) >= 0.02:
        return None
    height, width = image.shape[:2]
    x, y, w, h = face.box
    free = min(x - 0.15 * w, y - 0.33 * h, width - x - 1.15 * w, height - y - 1.05 * h)
    if free >= 0:
        return None
    return Finding("room", min(0.5 + 3 * -free / max(w, h), 2.0), (
        "The head reaches the edge of the picture; what lies beyond has to be made up when it "
        "moves. Leave more room around it."
    ))  # fmt: skip


def turn(face: Face) -> Finding | None:
    """A head turned by more than 15 degrees or tilted by more than 22, as the tracker reads it."""
    yaw, pitch = abs(face.pose.yaw), abs(face.pose.pitch)
    if yaw > MOST_TURNED:
        return Finding("turn", 7.0, (
            f"The face is seen from the side: its turn reads {yaw:.0f} degrees, and from "
            f"{MOST_TURNED:.0f} on that means 60 or more. Use a picture from the front."
        ))  # fmt: skip
    points = max(yaw - 15, 0) / 7 + max(pitch - 22, 0) / 7
    if points == 0:
        return None
    return Finding("turn", points, (
        f"The head is turned by {yaw:.0f} degrees and tilted by {pitch:.0f}; its far side is "
        f"hidden. Pictures from the front move best."
    ))  # fmt: skip


def teeth(view: Closeup) -> float:
    """Return how much of what shows between the lips is as light and grey as teeth, 0 to 1."""
    inside = view.lab[view.within(LIPS_INNER)]
    if len(inside) < 12:
        return 0.0
    skin = view.skin()
    colourful = float(np.linalg.norm(skin[1:]))
    chroma = np.linalg.norm(inside[:, 1:], axis=1)
    light = inside[:, 0] > 0.75 * skin[0]
    return float((light & (chroma < 0.9 * colourful + 4)).mean())


def mouth(view: Closeup) -> Finding | None:
    """Teeth that show (a quarter of the gap), or lips apart by more than a fifth of their width.

    A mouth open a little with a dark gap moves at least as well as a closed one; teeth that are
    in the portrait stay in it. (Measured on film by others, and seen here.)
    """
    gap = view.opening()
    if gap > 0.06 and teeth(view) > 0.25:
        return Finding("mouth", 1.5 + min(3 * max(gap - 0.15, 0), 1.5), (
            "Teeth or the tongue show, and cannot be told from the lips. "
            "A closed mouth, or one open a little, moves best."
        ))  # fmt: skip
    if gap <= 0.2:
        return None
    return Finding("mouth", 0.5 + min(3 * (gap - 0.2), 2.0), (
        "The mouth is open. A closed mouth, or one open a little, moves best."
    ))  # fmt: skip


def lids(face: Face, view: Closeup) -> Finding | None:
    """An eye that is closed: opening under 0.17 of its width, or a blink score over 0.5."""
    opening = min(
        view.distance(ring[4], ring[12]) / max(view.distance(ring[0], ring[8]), 1e-6)
        for ring in (RIGHT_EYE, LEFT_EYE)
    )
    blink = 0.0
    if face.scores is not None:
        names = ("eyeBlinkLeft", "eyeBlinkRight")
        blink = max(float(face.scores[SCORE_NAMES.index(name)]) for name in names)
    if opening >= 0.17 and blink <= 0.5:
        return None
    points = 2.0 if opening < 0.1 or blink > 0.6 else 1.0
    return Finding("lids", points, (
        "An eye is closed, or nearly. It will not open far; use a picture with open eyes."
    ))  # fmt: skip
