"""Pictures and clips side by side: the frames of two, paired by their place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from typing import Final

import numpy as np

from vivant.errors import AskedWrongly, PathRefused
from vivant.media import VideoReader, read_image
from vivant.studies.clips import PICTURES, find

LOSSLESS: Final = frozenset(
    ("png", "apng", "bmp", "tiff", "ffv1", "rawvideo", "huffyuv", "ffvhuff", "utvideo", "qtrle")
)
"""Codecs that give back the pixels that went in, as FFmpeg and Pillow call them; others may not."""
_DIGITS: Final = re.compile(r"(\d+)")


class Clip:
    """The frames of a picture, a video, or a folder of pictures; a context manager."""

    def __init__(self, path: Path) -> None:
        """Open it.

        Args:
            path: a file, or a folder whose pictures are taken in the order of their
                names, numbers in them by their value: frame_2 before frame_10.

        Raises:
            MediaError, PathRefused, UnsupportedFormat: it cannot be read.
        """
        self.path = path
        self._stack = ExitStack()
        self._pictures: tuple[Path, ...] = ()
        if path.is_dir():
            self._pictures = tuple(sorted(find(path, PICTURES, "pictures"), key=_by_number))
            endings = {picture.suffix.lower().lstrip(".") for picture in self._pictures}
            self.lossy = bool(endings - LOSSLESS)
        else:
            self._reader = self._stack.enter_context(VideoReader(path))
            self.lossy = self._reader.info.codec.lower() not in LOSSLESS
            """Whether its pixels may be those of a codec, not those that were drawn."""

    def __enter__(self) -> Clip:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def frames(self) -> Iterator[np.ndarray]:
        """Yield (h, w, 3) uint8 RGB."""
        if self._pictures:
            yield from map(read_image, self._pictures)
        else:
            yield from (frame.image for frame in self._reader)


def pairs(generated: Clip, reference: Clip) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield the frames of both, first with first, second with second.

    Raises:
        AskedWrongly: they differ in size or in length.
        PathRefused: there are no frames.
    """
    drawn, true = generated.frames(), reference.frames()
    for number in count():
        image, target = next(drawn, None), next(true, None)
        if image is None and target is None:
            if not number:
                raise PathRefused(f"{generated.path}: holds no frames.")
            return
        if image is None or target is None:
            short, long = (generated, reference) if image is None else (reference, generated)
            ends = "1 frame" if number == 1 else f"{number} frames"
            raise AskedWrongly(
                f"{short.path} ends after {ends} and {long.path} goes on: frames are paired "
                f"by their place, so both must have the same number. Cut the longer one."
            )
        if image.shape != target.shape:
            raise AskedWrongly(
                f"frame {number} of {generated.path} has {_size(image)} pixels and that of "
                f"{reference.path} {_size(target)}: pixels are compared one by one, and a score "
                f"of enlarged pictures would be that of the enlarging. Draw at the size of the "
                f"reference, or bring both to one size and keep them as PNG files."
            )
        yield image, target


def _size(image: np.ndarray) -> str:
    return f"{image.shape[1]}x{image.shape[0]}"


def _by_number(path: Path) -> list[tuple[int, int, str]]:
    parts = _DIGITS.split(path.name)
    return [(part.isdigit(), int(part) if part.isdigit() else 0, part) for part in parts]
