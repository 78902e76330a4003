"""The clips and pictures that studies work on."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from vivant.errors import PathRefused
from vivant.media import VideoReader, read_image
from vivant.types import Frame

VIDEOS: Final = (".mp4", ".mov", ".webm", ".mkv", ".avi", ".gif")
PICTURES: Final = (".png", ".jpg", ".jpeg", ".webp", ".bmp")


def find(folder: Path, endings: tuple[str, ...], what: str) -> tuple[Path, ...]:
    """Return the files of a folder with one of these endings, sorted by name.

    Args:
        folder: where to look; folders in it are left alone.
        endings: lower case, with the dot.
        what: names them in messages: clips, portraits, drivers.

    Raises:
        PathRefused: there is no such folder, or none of these in it.
    """
    if not folder.is_dir():
        raise PathRefused(f"{folder}: no such folder; name the one in which the {what} lie.")
    found = sorted(
        path for path in folder.iterdir() if path.suffix.lower() in endings and path.is_file()
    )
    if not found:
        raise PathRefused(f"{folder}: no {what} in it; wanted files that end in {listing(endings)}")
    return tuple(found)


def listing(endings: tuple[str, ...]) -> str:
    """Return endings as people write them.

    >>> listing((".mp4", ".mov"))
    '.mp4 or .mov.'
    """
    return f"{', '.join(endings[:-1])} or {endings[-1]}."


def read_frames(path: Path, count: int, side: int) -> tuple[Frame, ...]:
    """Return the first `count` frames of a clip, shrunk where they are larger than `side`.

    Raises:
        MediaError: the clip cannot be read.
    """
    with VideoReader(path) as reader:
        return tuple(
            Frame(shrunk(frame.image, side), frame.index, frame.time)
            for frame in islice(reader, count)
        )


def read_portrait(path: Path, side: int) -> np.ndarray:
    """Return a picture, (h, w, 3) uint8 RGB, shrunk where it is larger than `side`."""
    return shrunk(read_image(path), side)


def shrunk(image: np.ndarray, side: int) -> np.ndarray:
    """Return a picture whose longer side is at most `side` pixels; a small one stays as it is."""
    height, width = image.shape[:2]
    if max(height, width) <= side:
        return image
    scale = side / max(height, width)
    shape = max(1, round(width * scale)), max(1, round(height * scale))
    return np.asarray(cv2.resize(image, shape, interpolation=cv2.INTER_AREA))


OnProgress = Callable[[int, int, str], None]
"""Called with what is done, out of how many, and what it was."""
