"""Setting a line of text: how much of each pixel is letter.

Most texts are set by OpenCV with the font that it carries. That font has no
Devanagari, OpenCV does not join letters, and its Korean is thin; so the label's
own texts in these are carried as pictures (`tools/set_texts.py` makes them).
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

import cv2
import numpy as np

from vivant.errors import SettingsError

EM = 96
"""Font size in carried pictures, pixels."""
LINE = 144
"""Their height."""
BASELINE = 104
"""Rows of them above the baseline."""
_TEXTS = Path(__file__).parent / "texts"
_WEIGHT = 600
"""Semi-bold: strokes survive re-encoding better than those of a regular weight."""
_SIZE, _CARRIED_SIZE = 0.62, 0.72
"""Font size over line height; scripts with denser letters get larger ones."""
_FIRMER = 1.3
"""Factor on carried letters: where a stroke is hardly a pixel wide, it still is white."""
_PROBE = 24
"""Height of the line on which letters are compared with the sign for a missing one."""


def carried_name(text: str) -> str:
    """Return the name of the file that holds `text` as a picture, if it is carried.

    >>> carried_name("AI")
    '11fb682be0a0.png'
    """
    return hashlib.sha256(text.encode()).hexdigest()[:12] + ".png"


def line(text: str, tall: int) -> np.ndarray:
    """Return how much of each pixel of a line is letter.

    Args:
        text: one line.
        tall: height of the line, pixels; capitals fill about half of it.

    Returns:
        (tall, width) uint8: 0 nothing, 255 letter; as wide as the text, without padding.
    """
    picture = _carried(text)
    return _set(text, tall) if picture is None else _shrunk(picture, tall)


def check_letters(text: str) -> None:
    """Raise `SettingsError` where a text cannot be written as it should."""
    if _carried(text) is not None:
        return
    unknown = _set("?", _PROBE)
    missing = [
        letter
        for letter in sorted(set(text) - set(" ?"))
        if np.array_equal(_set(letter, _PROBE), unknown)
    ]
    if missing:
        raise SettingsError(
            f"label.text: the font cannot write {' '.join(missing)} (in {text!r}). It writes "
            f"Latin, Cyrillic, Greek, Chinese, Japanese and Korean letters; for Hindi leave "
            f"the text out and set the label's language to hi."
        )


@cache
def _carried(text: str) -> np.ndarray | None:
    path = _TEXTS / carried_name(text)
    if not path.is_file():
        return None
    data = np.frombuffer(path.read_bytes(), np.uint8)
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_GRAYSCALE), np.uint8)


def _shrunk(picture: np.ndarray, tall: int) -> np.ndarray:
    """Scale a carried picture so that its baseline lies where `_set` puts it."""
    size = _CARRIED_SIZE * tall
    scale = size / EM
    wide = max(1, round(picture.shape[1] * scale))
    placed = np.zeros((round(tall / scale), picture.shape[1]), np.uint8)
    top = round((tall / 2 + 0.35 * size) / scale) - BASELINE
    rows = picture[max(0, -top) : placed.shape[0] - top]
    placed[max(0, top) : max(0, top) + rows.shape[0]] = rows
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    small = cv2.resize(placed, (wide, tall), interpolation=how)
    return np.asarray(cv2.convertScaleAbs(small, alpha=_FIRMER), np.uint8)


def _set(text: str, tall: int) -> np.ndarray:
    font, size = cv2.FontFace("sans"), max(1, round(_SIZE * tall))  # carried by OpenCV 5
    left, _, wide, _ = cv2.getTextSize((1, 1), text, (0, 0), font, size, _WEIGHT)
    canvas = np.zeros((tall, max(1, wide)), np.uint8)
    baseline = round(tall / 2 + 0.35 * size)  # centres the capitals
    cv2.putText(canvas, text, (-left, baseline), 255, font, size, _WEIGHT)
    return canvas
