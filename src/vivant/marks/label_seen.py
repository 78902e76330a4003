"""Look for the visible label in a picture or video, whatever its credentials say.

The corners are compared with the words of every language at every size that the label
can have. A label that was cut off, mirrored or painted over, or one in words of
somebody's own, is not found; so nothing found proves nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from os import PathLike
from typing import Final

import numpy as np

from vivant.errors import MediaError
from vivant.marks.words import WORDS
from vivant.types import check_picture

LIKE: Final = 0.72
"""Correlation from which letters count as seen."""
_SIZES: Final = tuple(float(size) for size in np.geomspace(2.0, 20.0, 80))
"""Heights of the plate that are tried, percent of the picture's."""
_SMALLEST: Final = 8
"""Rows of a plate below which its letters are not told apart."""
_TALL: Final = 20
"""Rows of the plates that are compared."""
_REACH: Final = 36
"""How far from its edge a plate of that height reaches, with some room, pixels."""
_WHITE: Final = 120
"""What the lightest pixel of blurred white letters reaches at least."""
_LOOKS: Final = 4
"""Places of a video at which a frame is looked at."""


@dataclass(frozen=True, slots=True)
class LabelSeen:
    """The visible label, as it was found in the picture."""

    text: str
    """What it says."""
    likeness: float
    """Correlation with these letters, up to 1."""


def find_label(
    source: str | PathLike[str] | Iterable[np.ndarray], *, also: Sequence[str] = ()
) -> LabelSeen | None:
    """Look for the visible label in a file, or in pictures.

    Args:
        source: a picture or video, decoded in a child process; or (height, width, 3)
            uint8 RGB arrays.
        also: words to look for besides those of all languages, where credentials tell some.

    Returns:
        None where it was not found, which proves nothing.

    Raises:
        PathRefused, UnsupportedFormat, DamagedMedia, PictureTooLarge: as
            `vivant.media.VideoReader`, where not one frame could be read.
    """
    pictures = _frames(source) if isinstance(source, (str, PathLike)) else iter(source)
    texts = tuple(dict.fromkeys([*(words.label for words in WORDS.values()), *also]))
    for picture in pictures:
        check_picture(picture, "find_label: picture")
        found = _likeness(picture, texts)
        text = max(texts, key=lambda one: found[one])
        if found[text] >= LIKE:
            return LabelSeen(text, round(found[text], 3))
    return None


def _likeness(picture: np.ndarray, texts: Sequence[str]) -> dict[str, float]:
    """Return how well each text, at its best size and corner, fits a picture.

    The strips along the upper and the lower edge are scaled until a plate of the size that
    is tried is as high as the templates.
    """
    import cv2

    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    rows, columns = grey.shape
    best = dict.fromkeys(texts, 0.0)
    for size in _SIZES:
        tall = size / 100 * rows
        if tall < _SMALLEST:
            continue
        scale, strip = _TALL / tall, min(rows, math.ceil(2 * tall))
        shape = max(1, round(columns * scale)), max(1, round(strip * scale))
        how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
        lower = cv2.resize(grey[-strip:], shape, interpolation=how)[-_REACH:]
        upper = cv2.resize(grey[:strip], shape, interpolation=how)[:_REACH]
        for edge in (lower, upper):
            for text in texts:
                template = _template(text)
                reach = template.shape[1] + _REACH - _TALL
                for place in (edge[:, :reach], edge[:, -reach:]):
                    best[text] = max(best[text], _alike(place, template))
    return best


def _alike(place: np.ndarray, template: np.ndarray) -> float:
    """Return the best correlation of a template within a place."""
    import cv2

    if place.shape[0] < template.shape[0] or place.shape[1] < template.shape[1]:
        return 0.0
    _, lightest, _, _ = cv2.minMaxLoc(place)
    if lightest < _WHITE:
        return 0.0
    found = cv2.matchTemplate(place, template, cv2.TM_CCOEFF_NORMED)
    return float(np.nan_to_num(found, nan=0.0, posinf=0.0, neginf=0.0).max())


@lru_cache(maxsize=64)
def _template(text: str) -> np.ndarray:
    """Return the letters of a plate, `_TALL` pixels high: (height, width) uint8."""
    import cv2

    from vivant.marks.label import plate

    large = plate(text, _TALL * 4)
    size = max(1, round(large.shape[1] / 4)), _TALL
    return np.asarray(cv2.resize(large, size, interpolation=cv2.INTER_AREA), np.uint8)


def _frames(path: str | PathLike[str]) -> Iterator[np.ndarray]:
    """Yield a few frames from all over a video, or the one picture."""
    from vivant.media import VideoReader

    with VideoReader(path) as reader:
        length = reader.info.duration
        yield next(iter(reader)).image
    if not length:
        return
    for number in range(1, _LOOKS):
        start = Fraction(round(length * number / _LOOKS * 1000), 1000)
        try:
            with VideoReader(path, start=start) as reader:
                frame = next(iter(reader), None)
        except MediaError:  # it breaks off before
            return
        if frame is not None:
            yield frame.image
