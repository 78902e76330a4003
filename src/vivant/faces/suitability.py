"""How well a picture will do as a portrait, from 0 to 10, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from vivant.landmarks import LIPS_INNER, SCORE_NAMES
from vivant.types import Face

SMALLEST_FACE: Final = 40.0
"""Shorter side of the face box, in pixels, under which there is too little to animate."""


@dataclass(frozen=True, slots=True)
class Suitability:
    """A mark and its reasons."""

    score: float
    """0 (will not work) to 10 (ideal)."""
    advice: tuple[str, ...]
    """What lowers the mark and what to do, the gravest first; empty where nothing does."""


def suitability(image: np.ndarray, face: Face) -> Suitability:
    """Judge `face` in `image`, (h, w, 3) uint8 RGB, as the portrait of an animation."""
    findings = [
        finding
        for look in (_size, _edge, _turn, _mouth, _eyes, _sharpness)
        if (finding := look(image, face)) is not None
    ]
    findings.sort(key=lambda finding: -finding[0])
    score = max(0.0, 10.0 - sum(points for points, _ in findings))
    return Suitability(round(score, 1), tuple(text for _, text in findings))


Finding = tuple[float, str]


def _size(_: np.ndarray, face: Face) -> Finding | None:
    short = min(face.box[2:])
    if short < SMALLEST_FACE:
        return 10.0, (
            f"The face is only {short:.0f} pixels wide; at least {SMALLEST_FACE:.0f} are needed. "
            f"Use a larger scan."
        )
    if short < 180:
        lost = 5.0 * (180 - short) / (180 - SMALLEST_FACE)
        return lost, f"The face is {short:.0f} pixels wide; from 180 on, details stay sharp."
    return None


def _edge(image: np.ndarray, face: Face) -> Finding | None:
    height, width = image.shape[:2]
    x, y, w, h = face.box
    room = min(x, y, width - x - w, height - y - h) / max(w, h)
    if room < 0:
        return 3.0, "The face is cut by the edge of the picture. Use one that shows all of it."
    if room < 0.08:
        return 1.0, "The face almost touches the edge. Leave more room around it."
    return None


def _turn(_: np.ndarray, face: Face) -> Finding | None:
    yaw, pitch = abs(face.pose.yaw), abs(face.pose.pitch)
    if yaw > 60:
        return 7.0, f"The face is seen from the side ({yaw:.0f} degrees). Use a frontal picture."
    if yaw > 25 or pitch > 22:
        return 1.0 + max(yaw - 25, pitch - 22) / 10, (
            f"The head is turned by {yaw:.0f} degrees and tilted by {pitch:.0f}. "
            f"Frontal pictures move best."
        )
    return None


def _mouth(_: np.ndarray, face: Face) -> Finding | None:
    points = face.landmarks
    width = float(np.linalg.norm(points[LIPS_INNER[0], :2] - points[LIPS_INNER[10], :2]))
    opening = float(np.linalg.norm(points[13, :2] - points[14, :2])) / max(width, 1e-6)
    if opening > 0.12:
        return 1.5, "The mouth is open. A closed mouth, or one open a little, moves best."
    return None


def _eyes(_: np.ndarray, face: Face) -> Finding | None:
    if face.scores is None:
        return None
    blink = max(face.scores[SCORE_NAMES.index(name)] for name in ("eyeBlinkLeft", "eyeBlinkRight"))
    if blink > 0.6:
        return 2.0, "An eye is closed. It will not open far; use a picture with open eyes."
    return None


def _sharpness(image: np.ndarray, face: Face) -> Finding | None:
    x, y, w, h = (round(v) for v in face.box)
    part = image[max(y, 0) : y + h, max(x, 0) : x + w]
    if part.size == 0:
        return None
    grey = cv2.cvtColor(part, cv2.COLOR_RGB2GRAY)
    side = 160
    grey = cv2.resize(grey, (side, side), interpolation=cv2.INTER_AREA)
    contrast = float(grey.std()) + 1e-6
    detail = float(cv2.Laplacian(grey, cv2.CV_32F).std()) / contrast
    if contrast < 18:
        return 1.5, "The face has little contrast. Use a picture with more light on it."
    if detail < 0.12:
        return 1.5, "The face is blurred. Use a sharper picture."
    return None
