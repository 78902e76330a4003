"""The visible label: a small plate with light text in a corner.

The text is set once, when the label is made; each frame then only darkens a
small rectangle and lays the letters over it. White text on a plate of 68 % black
has a contrast of at least 7:1 on any background (WCAG 2.2, level AAA), because
even white behind the plate is no brighter than 32 % grey.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, get_args

import numpy as np

from vivant.errors import SettingsError, ShapeError
from vivant.marks.corners import Box, Place, choose, corners, covered
from vivant.marks.words import WORDS, Language
from vivant.types import check_picture

Corner = Literal["bottom-left", "bottom-right", "top-left", "top-right"]

OFF = "off"
_PLATE = 0.68
"""Share of black that the plate lays over the picture."""
_LEGIBLE = 12
"""Plate height in pixels below which letters are no longer told apart."""
_LINES = 0.09, 0.06
"""Heights of the opening card's two lines, shares of the picture's."""
LONGEST = 60
"""Characters of a text at most."""
_MOST_CARD = 10
"""Longest opening card, seconds."""


@dataclass(frozen=True, kw_only=True)
class LabelSettings:
    """Options of the visible label."""

    text: str | None = None
    """What the label says, in place of the language's own words; 'off' draws none and needs
    a reason."""
    language: Language = "en"
    """Language of the label and of the opening card."""
    corner: Corner = "bottom-left"
    """Corner of the picture; another is taken where it would cover a face."""
    size: float = 5.0
    """Height of the label in percent of the picture's height, 2 to 20."""
    card: float = 0.0
    """Seconds for which a wide card at the beginning says how the video was made, 0 to 10."""
    off_reason: str | None = None
    """Why there is no label; it is written into the signed credentials."""

    def __post_init__(self) -> None:
        text = self.words
        if not text.strip() or len(text) > LONGEST or not text.isprintable():
            raise SettingsError(
                f"label.text must be 1 to {LONGEST} printable characters, got {text!r}"
            )
        for name, kind in (("language", Language), ("corner", Corner)):
            if getattr(self, name) not in get_args(kind):
                raise SettingsError(
                    f"label.{name} must be one of {', '.join(get_args(kind))}, "
                    f"got {getattr(self, name)!r}"
                )
        if not 2 <= self.size <= 20:
            raise SettingsError(f"label.size must lie in [2, 20] percent, got {self.size}")
        if not 0 <= self.card <= _MOST_CARD:
            raise SettingsError(f"label.card must lie in [0, {_MOST_CARD}] s, got {self.card}")
        self._check_off()

    def _check_off(self) -> None:
        reason = (self.off_reason or "").strip()
        if self.off and not reason:
            raise SettingsError(
                "the label can only be switched off for a stated reason, which is written into "
                "the signed credentials. Pass --label-off-reason TEXT, or leave the label on."
            )
        if not reason.isprintable():
            raise SettingsError(f"label.off_reason must be printable, got {self.off_reason!r}")
        if self.off_reason is not None and not self.off:
            raise SettingsError(
                f"a reason for no label was given ({self.off_reason!r}), but the label is on. "
                f"Pass --label off as well, or leave the reason out."
            )
        if self.off and self.card:
            raise SettingsError("an opening card is part of the label, which is off")

    @property
    def off(self) -> bool:
        """Whether no label is drawn."""
        return self.text == OFF

    @property
    def words(self) -> str:
        """What the label says: the text, or without one the language's own words.

        >>> LabelSettings(language="de").words
        'KI-generiert'
        """
        if self.text is None and self.language in WORDS:
            return WORDS[self.language].label
        return self.text or ""

    def kept_on(self, where: str) -> LabelSettings:
        """Return these settings, for a way out that carries no credentials.

        Raises:
            SettingsError: the label is off; there the reason could not be told.
        """
        if self.off:
            raise SettingsError(
                f"{where}: the label cannot be switched off here, because nothing else tells "
                f"who watches that the picture is AI-generated. Leave --label off out."
            )
        return self


class Label:
    """Burns one label into the pictures of one stream, all of one size.

    It remembers where the label lies, so that it moves only when it must, and when the
    stream began.
    """

    def __init__(self, settings: LabelSettings, width: int, height: int) -> None:
        """Set the text for pictures of `width` x `height` pixels.

        Raises:
            SettingsError: the text cannot be written.
        """
        self._shape = (height, width, 3)
        self.place: Place | None = None
        """Where the plate lies: x, y, width, height in pixels; None without a label, and
        before the first frame."""
        self._off = settings.off
        self._corner: Place | None = None
        self._begin: Fraction | float | None = None
        self._card_seconds = settings.card
        if settings.off:
            return
        from vivant.marks import lettering

        words = WORDS[settings.language]
        lettering.check_letters(settings.words)
        picture = (width, height)
        tall = min(max(round(settings.size / 100 * height), _LEGIBLE), height)
        whole = _fitting((settings.words, words.short), tall, width)
        short = _fitting((words.short,), tall, width)
        self._preferred = corners(settings.corner, picture, (whole.shape[1], whole.shape[0]))
        self._spare = corners(settings.corner, picture, (short.shape[1], short.shape[0]))
        self._letters = {letters.shape[:2]: _coloured(letters) for letters in (short, whole)}
        if settings.card:
            plates = _card(words.card, picture)
            self._card = _coloured(plates)
            top = height - plates.shape[0]
            self._card_places = [(0, y, width, plates.shape[0]) for y in (top, 0)]

    def draw(
        self, image: np.ndarray, faces: Sequence[Box] = (), time: Fraction | float | None = None
    ) -> None:
        """Blend the label into `image`, in place.

        Args:
            image: (height, width, 3) uint8 RGB, writable, of the size given at first.
            faces: boxes of the faces in it; the label keeps off them, or where they leave no
                corner free covers as little of them as it can.
            time: of the frame, seconds; the card shows for so long from the first one on.
                Without a time there is no card.

        Raises:
            ShapeError: the picture has another size or type, or is read-only.
        """
        check_picture(image, "Label.draw: image")
        if image.shape != self._shape or not image.flags.writeable:
            raise ShapeError(
                f"Label.draw: image must be a writable {self._shape} array, got {image.shape}"
                f"{'' if image.flags.writeable else ', read-only'}"
            )
        if self._off:
            return
        if self._opening(time):
            self.place = min(self._card_places, key=lambda place: covered(place, faces))
            _lay(image, self.place, self._card)
            return
        self._corner = choose(self._preferred, self._spare, faces, self._corner)
        self.place = self._corner
        _lay(image, self.place, self._letters[self.place[3], self.place[2]])

    def _opening(self, time: Fraction | float | None) -> bool:
        if not self._card_seconds or time is None:
            return False
        if self._begin is None:
            self._begin = time
        return float(time - self._begin) < self._card_seconds


def _lay(image: np.ndarray, place: Place, letters: np.ndarray) -> None:
    """Darken a place of the picture and write on it."""
    import cv2

    x, y, wide, tall = place
    behind = image[y : y + tall, x : x + wide]
    dark = cv2.convertScaleAbs(np.ascontiguousarray(behind), alpha=1 - _PLATE)
    behind[...] = cv2.max(dark, letters)


def _coloured(letters: np.ndarray) -> np.ndarray:
    """Return a grey picture as an RGB one."""
    return np.ascontiguousarray(np.repeat(letters[..., None], 3, axis=2))


def _fitting(texts: Sequence[str], wanted: int, width: int) -> np.ndarray:
    """Return the largest plate for the first text that fits into a width: (height, width) uint8.

    A text gets smaller until it fits, as long as it can be read; then comes the next one.
    """
    for number, text in enumerate(texts, 1):
        least = min(_LEGIBLE, wanted) if number < len(texts) else 1
        for tall in range(wanted, least - 1, -1):
            letters = plate(text, tall)
            if letters.shape[1] <= width:
                return letters
    return np.zeros((wanted, width), np.uint8)  # a picture narrower than two letters


def plate(text: str, tall: int) -> np.ndarray:
    """Return the letters of a plate that is `tall` pixels high: (tall, width) uint8."""
    from vivant.marks.lettering import line

    pad = max(1, round(0.3 * tall))
    return np.pad(line(text, tall), ((0, 0), (pad, pad)))


def _card(texts: tuple[str, str], picture: tuple[int, int]) -> np.ndarray:
    """Return the letters of the opening card, as wide as the picture: (height, width) uint8."""
    width, height = picture
    inner = max(1, round(0.94 * width))
    heights = [max(1, round(height * share)) for share in _LINES]
    rows = [_fitting((text,), tall, inner) for text, tall in zip(texts, heights, strict=True)]
    gap = max(1, round(height * 0.015))
    plate = np.zeros((min(height, sum(row.shape[0] for row in rows) + 2 * gap), width), np.uint8)
    top = gap
    for row in rows:
        left = (width - row.shape[1]) // 2
        space = plate[top : top + row.shape[0], left : left + row.shape[1]]
        space[...] = row[: space.shape[0]]
        top += row.shape[0]
    return plate
