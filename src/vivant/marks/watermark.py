"""The invisible mark: put into the pixels of all that vivant makes, and found again.

It shows where a picture comes from and proves nothing: the key is part of the program,
so anyone can put such a mark anywhere. Its id is random for each job; it leads to the
credentials that name it, and where these were stripped, to the journal of the
installation that made the file, nowhere else.
"""

from __future__ import annotations

import re
import secrets
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from os import PathLike

import numpy as np

from vivant.errors import MediaError, SettingsError
from vivant.marks import watermark_code as code
from vivant.marks.watermark_pattern import pattern
from vivant.marks.watermark_search import (
    SMALLEST,
    Sighting,
    false_alarm,
    flattened,
    search,
    threshold,
)
from vivant.marks.watermark_strength import strength
from vivant.types import check_picture

_WINDOWS = 4
"""Places of a clip that are looked at."""
_WINDOW_SECONDS = 3
_WINDOW_FRAMES = 40
_READ_LEAST = 7.0
"""Smallest statistic at which a mark counts whose id can be read: an id that agrees
with the votes is itself hardly chance (see `watermark_code`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A mark that was found."""

    id: str | None
    """16 hex digits; None where the mark is there, but too weak to be read."""
    confidence: float
    """1 less the bound on the chance that an unmarked file gives this answer."""
    scale: float = 1.0
    """Shorter side of the picture that was marked over that of this one."""
    mirrored: bool = False
    others: tuple[str, ...] = ()
    """Further ids: a marked picture was marked again. The clearest one stands in `id`."""


def new_id() -> str:
    """Return a random id for one job: 16 hex digits."""
    return secrets.token_hex(8)


class Imprint:
    """Puts one id into pictures; may be shared by threads.

    On one core a frame of 512x512 takes about a millisecond. Pictures smaller than
    `vivant.marks.watermark_search.SMALLEST` pixels are marked, too, but the mark is too
    weak in them to be found.

    Args:
        identity: 16 hex digits.

    Raises:
        SettingsError: it is no such id.
    """

    def __init__(self, identity: str) -> None:
        if not re.fullmatch(r"[0-9a-f]{16}", identity):
            raise SettingsError(f"a watermark id is 16 lower-case hex digits, got {identity!r}.")
        self.id = identity
        self._lock = threading.Lock()
        self._last: np.ndarray | None = None

    def on_luma(self, luma: np.ndarray) -> None:
        """Mark a plane of luma, in place.

        Args:
            luma: (height, width) uint8, writable.
        """
        import cv2

        cv2.add(luma, self._change(luma), dst=luma, dtype=cv2.CV_8U)

    def on_picture(self, image: np.ndarray) -> np.ndarray:
        """Return a marked picture; all colours are changed alike, so hues stay.

        Args:
            image: (height, width, 3) uint8 RGB; it is left alone.
        """
        import cv2

        check_picture(image, "Imprint.on_picture: image")
        change = self._change(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY))
        marked: np.ndarray = cv2.add(image, cv2.merge([change] * 3), dtype=cv2.CV_8U)
        return marked

    def _change(self, luma: np.ndarray) -> np.ndarray:
        import cv2

        changed: np.ndarray = cv2.multiply(
            self._pattern(luma.shape), strength(luma), dtype=cv2.CV_16S
        )
        return changed

    def _pattern(self, shape: tuple[int, ...]) -> np.ndarray:
        with self._lock:
            if self._last is None or self._last.shape != shape:
                self._last = pattern(self.id, shape[0], shape[1])
            return self._last


class _Clock:
    """Ends a search in time, and remembers that it did."""

    def __init__(self, seconds: float) -> None:
        self._until = time.monotonic() + seconds
        self.ended = False

    def ends(self) -> bool:
        """Whether the time is over; asked only where something is left to do."""
        self.ended = self.ended or time.monotonic() > self._until
        return self.ended


def find(
    source: str | PathLike[str] | Iterable[np.ndarray],
    *,
    seconds: float = 10.0,
    when_cut: Callable[[], object] | None = None,
) -> Found | None:
    """Look for the mark in a file, or in pictures.

    Of a long clip four places are looked at. A still, a screenshot of a clip, is enough
    to see that there is a mark; to read its id may need some seconds of the clip.

    Args:
        source: a picture, video or numbered pictures, decoded in a child process; or
            (height, width, 3) uint8 RGB arrays of one size.
        seconds: no more frames are read after that time.
        when_cut: called where that time came before all that is wanted was read.

    Returns:
        None where no mark was found, which proves nothing.

    Raises:
        PathRefused, UnsupportedFormat, DamagedMedia, PictureTooLarge: as
            `vivant.media.VideoReader`, where not one frame could be read.
    """
    clock = _Clock(seconds)
    if isinstance(source, (str, PathLike)):
        totals = _totals_of_file(source, clock)
    else:
        totals = [_total(source, clock)]
    if clock.ended and when_cut is not None:
        when_cut()
    looked_at = [total for total in totals if total is not None and min(total.shape) >= SMALLEST]
    if len(looked_at) > 1:
        looked_at.insert(0, np.add.reduce(looked_at))
    count = len(looked_at)
    unread: Found | None = None
    for total in looked_at:
        found = _judged(search(total, _READ_LEAST), count)
        if found is not None and found.id is not None:
            return found
        unread = unread or found  # another part of the clip may be clearer
    return unread


def _judged(sightings: list[Sighting], count: int) -> Found | None:
    """Tell what sightings in one of `count` searches come to."""
    read = [(seen, code.decode(seen.votes)) for seen in sightings]
    known = [(seen, *word) for seen, word in read if word is not None]
    if known:
        seen, identity, _ = known[0]
        others = tuple(other for _, other, _ in known[1:] if other != identity)
    elif sightings and sightings[0].z >= threshold(count):
        seen, identity, others = sightings[0], None, ()
    else:
        return None
    bound = false_alarm(seen.z, count)
    if identity is not None:
        bound = min(bound, code.CHANCE)
    return Found(
        id=identity,
        confidence=1 - bound,
        scale=round(seen.scale, 3),
        mirrored=seen.mirrored,
        others=others,
    )


def _total(pictures: Iterable[np.ndarray], clock: _Clock) -> np.ndarray | None:
    """Return the sum of the flattened pictures, as many as the time allows."""
    import cv2

    total: np.ndarray | None = None
    for picture in pictures:
        if total is not None and clock.ends():
            break
        check_picture(picture, "find: picture")
        flat = flattened(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY))
        total = flat if total is None else total + flat
    return total


def _totals_of_file(path: str | PathLike[str], clock: _Clock) -> list[np.ndarray | None]:
    """Return one sum for each place of the clip that is looked at."""
    from vivant.media import VideoReader

    with VideoReader(path) as reader:
        length, rate = reader.info.duration, reader.info.rate
        every = max(1, round(float(rate or 25) * _WINDOW_SECONDS / _WINDOW_FRAMES))
        if length is None or length <= _WINDOWS * _WINDOW_SECONDS:
            return [_total(_thinned(reader, every), clock)]
    starts = [
        Fraction(round((length - _WINDOW_SECONDS) * index / (_WINDOWS - 1) * 1000), 1000)
        for index in range(_WINDOWS)
    ]
    totals: list[np.ndarray | None] = []
    for start in starts:
        if totals and clock.ends():
            break
        with VideoReader(path, start=start, end=start + _WINDOW_SECONDS) as reader:
            totals.append(_total(_thinned(reader, every), clock))
    return totals


def _thinned(reader: Iterable[object], every: int) -> Iterator[np.ndarray]:
    """Yield each so manieth picture; a clip that breaks off is read up to there."""
    from vivant.types import Frame

    frames, index = iter(reader), 0
    while True:
        try:
            frame = next(frames, None)
        except MediaError:
            if not index:
                raise
            return
        if frame is None:
            return
        assert isinstance(frame, Frame)
        if index % every == 0:
            yield frame.image
        index += 1
