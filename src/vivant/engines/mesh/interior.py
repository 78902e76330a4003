"""The inside of a mouth, drawn: teeth that belong to skull and jaw, a tongue, darkness.

For motions without a picture of the driver. Nothing here follows the lips: the
upper teeth stay on the skull, the lower teeth and the tongue go with the jaw,
and the lips show what they leave free, at every opening and from every side.

All lengths are centimetres of the canonical head.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import cv2
import numpy as np

from vivant.engines.mesh.drawing import Window, look_up, smooth_step
from vivant.engines.mesh.shape import PosedShape

SKIN: Final = np.array([205.0, 165.0, 145.0], np.float32)
"""The cheeks under the light that the colours below are made for."""
_TOOTH: Final = np.array([232.0, 222.0, 204.0], np.float32)
_GUM: Final = np.array([178.0, 92.0, 88.0], np.float32)
_TONGUE: Final = np.array([158.0, 78.0, 74.0], np.float32)
_DARK: Final = np.array([52.0, 24.0, 21.0], np.float32)
_UPPER: Final = ((0.86, 1.0, 0.0), (0.66, 0.88, -0.07), (0.76, 0.96, -0.02), (0.7, 0.8, -0.12),
                 (0.66, 0.75, -0.17))  # fmt: skip
_LOWER: Final = ((0.52, 0.8, 0.0), (0.58, 0.82, -0.02), (0.68, 0.9, 0.02), (0.68, 0.8, -0.06),
                 (0.68, 0.75, -0.1))  # fmt: skip
"""Teeth from the middle: width, height, and how far the edge reaches beyond the first's."""
_ARCH: Final = 2.5
"""Radius of the row of teeth."""
_ROW: Final = (3.8, 1.5)
"""Half the length, and the height, of a drawn row."""
_CHIN, _UPPER_LIP, _LOWER_LIP, _CORNERS = 152, 13, 14, (78, 308)
_NOSE: Final = (2, 98, 327)


@dataclass(frozen=True, slots=True)
class Seat:
    """Where a portrait's teeth are: a guess from its lips."""

    middle: tuple[float, float, float]
    """Lower edge of the first upper teeth: x, y, z."""
    unit: float
    """How much larger than usual they are."""

    @classmethod
    def of(cls, portrait: np.ndarray, smiling: bool) -> Seat:
        """Guess from the (478, 3) shape of a portrait; smiling lips end where the teeth do."""
        right, left = (portrait[corner] for corner in _CORNERS)
        unit = float(np.clip(np.linalg.norm(left - right) / 4.6, 0.75, 1.15))
        gap = float(portrait[_LOWER_LIP, 1] - portrait[_UPPER_LIP, 1])
        shown = float(np.clip(gap, 0.25 * unit, (0.85 if smiling else 0.3) * unit))
        x, y, z = (float(v) for v in portrait[_UPPER_LIP])
        return cls((0.5 * float(right[0] + left[0]) * 0.5 + 0.5 * x, y + shown, z + 0.55), unit)


def draw(
    shapes: tuple[PosedShape, PosedShape], smiling: bool, window: Window, size: int
) -> np.ndarray:
    """Draw the inside of the mouth, as if there were no lips.

    Args:
        shapes: the portrait as it is, which says where the teeth are, and as it is to be drawn.
        smiling: whether the portrait shows its teeth.
        window: part of the crop to draw.
        size: side of the crop, pixels.

    Returns:
        (h, w, 3) float32, colours under the light of `SKIN`.
    """
    portrait, target = shapes
    seat = Seat.of(portrait.shape, smiling)
    nose = list(_NOSE)
    shift = (target.shape[nose] - portrait.shape[nose]).mean(axis=0)
    middle = np.array(seat.middle) + shift
    across, down = _on_arch(target, middle, window, size, seat.unit)
    picture = np.empty((*across.shape, 3), np.float32)
    picture[:] = _DARK
    drop = _drop(portrait.shape, target.shape, middle[1], shift[1]) / seat.unit
    _lay_tongue(picture, across, down, drop)
    pixels = float(target.scale[0]) * size * seat.unit
    level = next((level for level in (12, 24) if level > 0.8 * pixels), 48)
    for upper in (False, True):
        row = _row(upper, level)
        up = -down if upper else down - drop
        inside = look_up(row, np.dstack([(across + _ROW[0]) * level, (up + 0.25) * level]))
        share = inside[..., 3:]
        picture += share * (inside[..., :3] - picture)
    return picture


def _drop(portrait: np.ndarray, target: np.ndarray, middle: float, shift: float) -> float:
    """How far the lower teeth lie below the upper ones.

    They go with the jaw; but the tracked chin falls less than a jaw does, and
    the lower lip, which moves on its own, tells the rest.
    """
    jaw = float(target[_CHIN, 1] - portrait[_CHIN, 1]) - shift
    lip = float(target[_LOWER_LIP, 1]) - middle
    return max(0.35 * (jaw + 0.2) + 0.65 * (lip - 0.1), jaw, 0.1)


def _on_arch(
    target: PosedShape, middle: np.ndarray, window: Window, size: int, unit: float
) -> tuple[np.ndarray, np.ndarray]:
    """Where each pixel's view meets the arch of the teeth: along it, and below the upper edge."""
    left, top, width, height = window
    x, y = np.meshgrid(np.arange(left, left + width), np.arange(top, top + height))
    seen = target.draw(middle[None].astype(np.float32), size)[0]
    scale = float(target.scale[0]) * size * unit
    flat = np.stack([(x - seen[0]) / scale, (y - seen[1]) / scale], axis=-1).astype(np.float32)
    # Points of the picture's plane through the middle, turned into the head, and the view's way.
    points = flat @ target.rotation[:2]
    dx, dy, dz = (float(v) for v in target.rotation[2])
    # On the arch: x^2 + (z - radius)^2 = radius^2.
    behind = points[..., 2] - _ARCH
    a = dx * dx + dz * dz
    b = points[..., 0] * dx + behind * dz
    c = points[..., 0] ** 2 + behind**2 - _ARCH**2
    way = -(b + np.sqrt(np.maximum(b * b - a * c, 0))) / a
    on_x, on_z = points[..., 0] + way * dx, behind + way * dz
    return _ARCH * np.arctan2(on_x, -on_z), points[..., 1] + way * dy


def _lay_tongue(picture: np.ndarray, across: np.ndarray, down: np.ndarray, drop: float) -> None:
    """Lay the tongue behind the lower teeth; it rises where the jaw is low."""
    height = 0.4 + 0.5 * drop
    up = (drop + 0.5 - down) / height
    inside = 1 - (across / 1.9) ** 2 - up**2
    share = smooth_step(2.5 * inside)
    lit = (0.3 + 0.65 * np.clip(inside, 0, 1)) * (1 - 0.15 * np.exp(-((across / 0.22) ** 2)))
    picture += share[..., None] * (lit[..., None] * _TONGUE - picture)


@lru_cache(maxsize=8)
def _row(upper: bool, level: int) -> np.ndarray:
    """Draw a row of teeth with its gum, unrolled, `level` pixels a centimetre.

    Returns:
        (h, w, 4) float32: colour and share. Row 0 lies 0.25 below (upper) or above
        (lower) the edge of the first teeth and further rows lie towards the gum.
    """
    half, height = _ROW
    columns, rows = round(2 * half * level) + 1, round(height * level)
    s, up = np.meshgrid(np.linspace(-half, half, columns), np.arange(rows) / level - 0.25)
    soft = 1.2 / level
    light = np.zeros(s.shape)
    tooth = np.zeros(s.shape)
    gum = np.full(s.shape, 0.7)
    start = 0.0
    for width, tall, edge in _UPPER if upper else _LOWER:
        u = (np.abs(s) - start - width / 2) / (width / 2)
        bottom = -edge + 0.09 * np.abs(u) ** 4
        end = -edge + tall - 0.16 * u * u
        mine = np.abs(u) <= 1
        gap = smooth_step((1.04 - np.abs(u)) * width / 2 / (2 * soft))
        tooth[mine] = (smooth_step((up - bottom) / soft + 0.5) * (0.8 + 0.2 * gap))[mine]
        along = np.clip((up - bottom) / tall, 0, 1)
        round_ = 1 - 0.1 * np.abs(u) ** 3 - 0.10 * (1 - along) ** 6 - 0.1 * along**2
        light[mine] = (round_ * (0.86 + 0.14 * gap))[mine]
        gum[mine] = end[mine]
        start += width
    shade = (1.0 if upper else 0.84) * (0.35 + 0.65 * np.cos(s / _ARCH))
    colour = (light * shade)[..., None] * _TOOTH
    on_gum = smooth_step((up - gum) / (2 * soft) + 0.5)
    colour += on_gum[..., None] * (0.8 * shade[..., None] * _GUM - colour)
    share = np.maximum(tooth, on_gum) * (np.abs(s) < start - 0.02)
    share = cv2.GaussianBlur(share, (0, 0), 0.6)
    share[-1] = 1 if upper else share[-1]
    return np.dstack([colour, share]).astype(np.float32)
