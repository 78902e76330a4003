"""The visible label: a small plate with light text in a corner.

The text is set once, when the label is made; each frame then only blends a
small rectangle. White text on a plate of 68 % black has a contrast of at least
7:1 on any background (WCAG 2.2, level AAA), because even white behind the plate
is no brighter than 32 % grey.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from vivant.errors import SettingsError, ShapeError
from vivant.types import check_picture

Corner = Literal["bottom-left", "bottom-right", "top-left", "top-right"]
Box = tuple[float, float, float, float]
"""x, y, width, height in pixels."""

OFF = "off"
_PLATE = 0.68
"""Share of black that the plate lays over the picture."""
_TEXT = 255.0
_LEGIBLE = 12
"""Plate height in pixels below which letters are no longer told apart."""
_SHORT = "AI"
"""What is written where the whole text would not be legible."""
_LINE = 0.62
"""Font size over plate height."""
_WEIGHT = 600
"""Semi-bold: strokes survive re-encoding better than those of a regular weight."""


@dataclass(frozen=True, kw_only=True)
class LabelSettings:
    """Options of the visible label."""

    text: str = "AI-generated"
    """What the label says; 'off' draws none and needs a reason."""
    corner: Corner = "bottom-left"
    """Corner of the picture; another is taken where it would cover the face."""
    size: float = 5.0
    """Height of the label in percent of the picture's height, 2 to 20."""
    off_reason: str | None = None
    """Why there is no label; it is written into the signed credentials."""

    def __post_init__(self) -> None:
        if not self.text.strip() or len(self.text) > 60 or not self.text.isprintable():
            raise SettingsError(
                f"label.text must be 1 to 60 printable characters, got {self.text!r}"
            )
        if self.corner not in get_args(Corner):
            raise SettingsError(
                f"label.corner must be one of {', '.join(get_args(Corner))}, got {self.corner!r}"
            )
        if not 2 <= self.size <= 20:
            raise SettingsError(f"label.size must lie in [2, 20] percent, got {self.size}")
        reason = (self.off_reason or "").strip()
        if self.off and not reason:
            raise SettingsError(
                "the label can only be switched off for a stated reason, which is written into "
                "the signed credentials. Pass --label-off-reason TEXT, or leave the label on."
            )
        if self.off_reason is not None and not self.off:
            raise SettingsError(
                f"a reason for no label was given ({self.off_reason!r}), but the label is on. "
                f"Pass --label off as well, or leave the reason out."
            )

    @property
    def off(self) -> bool:
        """Whether no label is drawn."""
        return self.text == OFF


class Label:
    """Burns one label into pictures of one size."""

    def __init__(
        self, settings: LabelSettings, width: int, height: int, avoid: Box | None = None
    ) -> None:
        """Set the text for pictures of `width` x `height` pixels.

        Args:
            settings: what it says, where and how large.
            width: of the pictures, in pixels.
            height: of the pictures, in pixels.
            avoid: the face; the nearest corner where the plate leaves it free is
                taken, or the one that covers least of it.

        Raises:
            SettingsError: the carried font cannot write the text.
        """
        self._shape = (height, width, 3)
        self.box: tuple[int, int, int, int] | None = None
        """Where the plate lies: x, y, width, height in pixels; None without a label."""
        if settings.off:
            return
        _check_letters(settings.text)
        coverage = _plate(settings, width, height)
        self.box = _place(settings, (width, height), coverage.shape, avoid)
        # out = behind * (1 - plate) * (1 - letter) + white * letter, in 8.8 fixed point
        keep = (1.0 - _PLATE) * (1.0 - coverage)
        self._keep = np.repeat(np.round(256 * keep).astype(np.uint16)[..., None], 3, axis=2)
        self._add = np.repeat(np.round(256 * _TEXT * coverage).astype(np.uint16)[..., None], 3, 2)

    def draw(self, image: np.ndarray) -> None:
        """Blend the label into `image`, in place.

        Args:
            image: (height, width, 3) uint8 RGB, writable, of the size given at first.

        Raises:
            ShapeError: the picture has another size or type, or is read-only.
        """
        check_picture(image, "Label.draw: image")
        if image.shape != self._shape or not image.flags.writeable:
            raise ShapeError(
                f"Label.draw: image must be a writable {self._shape} array, got {image.shape}"
                f"{'' if image.flags.writeable else ', read-only'}"
            )
        if self.box is None:
            return
        x, y, width, height = self.box
        behind = image[y : y + height, x : x + width]
        blended = behind * self._keep
        blended += self._add
        np.right_shift(blended, 8, out=blended)
        behind[...] = blended


def _plate(settings: LabelSettings, width: int, height: int) -> np.ndarray:
    """Return how much of each plate pixel is letter: (height, width) float in [0, 1]."""
    wanted = max(round(settings.size / 100 * height), _LEGIBLE)
    for text, least in ((settings.text, _LEGIBLE), (_SHORT, 1)):
        for tall in range(min(wanted, height), min(least, height) - 1, -1):
            plate = _set(text, tall)
            if plate.shape[1] <= width:
                return plate
    return np.zeros((min(wanted, height), width))  # a picture narrower than two letters


def _set(text: str, tall: int) -> np.ndarray:
    """Return how much of each pixel of a plate `tall` pixels high is letter, in [0, 1]."""
    import cv2

    font, size = cv2.FontFace("sans"), max(1, round(_LINE * tall))  # carried by OpenCV 5
    left, _, wide, _ = cv2.getTextSize((1, 1), text, (0, 0), font, size, _WEIGHT)
    pad = max(1, round(0.3 * tall))
    plate = np.zeros((tall, wide + 2 * pad), np.uint8)
    baseline = round(tall / 2 + 0.35 * size)  # centres the capitals
    cv2.putText(plate, text, (pad - left, baseline), 255, font, size, _WEIGHT)
    return plate / 255


def _check_letters(text: str) -> None:
    """Raise `SettingsError` where the font would write its sign for a missing letter."""
    unknown = _set("?", 2 * _LEGIBLE)
    missing = [
        letter
        for letter in sorted(set(text) - set(" ?"))
        if np.array_equal(_set(letter, 2 * _LEGIBLE), unknown)
    ]
    if missing:
        raise SettingsError(
            f"label.text: the carried font cannot write {' '.join(missing)} (in {text!r}). "
            f"It writes Latin, Cyrillic, Greek, Chinese, Japanese and Korean letters."
        )


def _place(
    settings: LabelSettings, picture: tuple[int, int], plate: tuple[int, ...], avoid: Box | None
) -> tuple[int, int, int, int]:
    """Choose the corner: the wanted one, then its neighbours, by how much face is covered."""
    tall, wide = plate
    margin_x = min(tall // 2, (picture[0] - wide) // 2)
    margin_y = min(tall // 2, (picture[1] - tall) // 2)

    def box(vertical: str, horizontal: str) -> tuple[int, int, int, int]:
        x = margin_x if horizontal == "left" else picture[0] - wide - margin_x
        y = margin_y if vertical == "top" else picture[1] - tall - margin_y
        return x, y, wide, tall

    vertical, horizontal = settings.corner.split("-")
    across = "right" if horizontal == "left" else "left"
    opposite = "top" if vertical == "bottom" else "bottom"
    boxes = [
        box(vertical, horizontal),
        box(vertical, across),
        box(opposite, horizontal),
        box(opposite, across),
    ]
    if avoid is None:
        return boxes[0]
    return min(boxes, key=lambda candidate: _overlap(candidate, avoid))


def _overlap(a: Box, b: Box) -> float:
    across = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    down = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    return max(0.0, across) * max(0.0, down)
