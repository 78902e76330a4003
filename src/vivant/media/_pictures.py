"""Child side: stills, animated GIF/WebP/PNG/AVIF and image sequences, through Pillow."""

from __future__ import annotations

import os
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import BinaryIO

from vivant.errors import DamagedMedia
from vivant.media import formats, sequence, stills, structure
from vivant.media.info import VideoInfo

_QUICK, _USUAL = Fraction(1, 50), Fraction(1, 10)
"""Browsers show frames of less than 1/50 s for 1/10 s; so does this."""


class Animated:
    """The frames of one picture file; a still has one."""

    def __init__(self, path: Path, kind: str, start: Fraction | None, end: Fraction | None) -> None:
        self._path, self._kind = path, kind
        self._start, self._end = start or Fraction(0), end
        self._file = formats.open_regular(path)
        self._cut = structure.cut_short(self._file)
        self._picture = stills.open_picture(path, self._file)
        formats.check_size(path, *self._picture.size)

    def __iter__(self) -> Iterator[tuple[Fraction, bytes]]:
        time = Fraction(0)
        index = 0
        while self._go_to(index):
            rows = stills.to_rgb(self._path, self._picture)
            if not index:
                self.info = self._describe(rows.shape[1], rows.shape[0])
            if self._end is not None and time >= self._end:
                return
            if time >= self._start:
                yield time - self._start, rows.tobytes()
            time += self._delay()
            index += 1
        if self._cut:
            raise DamagedMedia(
                self._path,
                f"it breaks off after {float(time):.2f} s ({index} frames): {self._cut}.",
                "Copy or download the file again.",
            )

    def _go_to(self, index: int) -> bool:
        if not index:
            return True
        try:
            if not getattr(self._picture, "is_animated", False):
                return False
            self._picture.seek(index)
        except EOFError:
            if self._kind == "GIF" and not _ends_with_trailer(self._file):
                self._cut = self._cut or "the file is cut off"
            return False
        except Exception as error:  # noqa: BLE001 - Pillow's plugins fail in every way on broken files
            self._cut = str(error) or type(error).__name__
            return False
        return True

    def _delay(self) -> Fraction:
        delay = Fraction(self._picture.info.get("duration", 0)).limit_denominator(100_000) / 1000
        return delay if delay >= _QUICK else _USUAL

    def _describe(self, width: int, height: int) -> VideoInfo:
        count = self._count()
        moving = count != 1
        delay = self._delay()
        return VideoInfo(
            width=width,
            height=height,
            rate=1 / delay if moving else None,
            duration=count * delay if moving and count else None,
            frames=count,
            codec=self._kind.lower(),
            audio=None,
            time_base=Fraction(1, 1000) if moving else None,
        )

    def _count(self) -> int | None:
        if not getattr(self._picture, "is_animated", False):
            return 1
        if self._kind == "GIF":  # counting would read the whole file
            return None
        return int(self._picture.n_frames)  # type: ignore[attr-defined]


def _ends_with_trailer(file: BinaryIO) -> bool:
    """Tell whether the last byte that was read is the one that ends a GIF."""
    file.seek(-1, os.SEEK_CUR)
    return file.read(1) == b";"


class Sequence:
    """Numbered pictures, one for each tick of a constant rate."""

    def __init__(
        self, path: Path, start: Fraction | None, end: Fraction | None, rate: Fraction
    ) -> None:
        self._start, self._rate = start or Fraction(0), rate
        self._paths = [
            (index / rate, picture)
            for index, picture in enumerate(sequence.pictures(path))
            if index / rate >= self._start and (end is None or index / rate < end)
        ]

    def __iter__(self) -> Iterator[tuple[Fraction, bytes]]:
        size: tuple[int, int] | None = None
        for time, path in self._paths:
            rows = stills.read_image(path)
            if size is None:
                size = (rows.shape[1], rows.shape[0])
                formats.check_size(path, *size)
                self.info = self._describe(*size)
            if (rows.shape[1], rows.shape[0]) != size:
                raise DamagedMedia(
                    path,
                    f"is {rows.shape[1]}x{rows.shape[0]} pixels, but the sequence began with "
                    f"{size[0]}x{size[1]}.",
                    "Make all pictures of one size.",
                )
            yield time - self._start, rows.tobytes()

    def _describe(self, width: int, height: int) -> VideoInfo:
        count = len(self._paths)
        return VideoInfo(
            width=width,
            height=height,
            rate=self._rate,
            duration=count / self._rate,
            frames=count,
            codec=self._paths[0][1].suffix[1:].lower(),
            audio=None,
            time_base=1 / self._rate,
        )
