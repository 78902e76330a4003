"""Write numbered pngs: a directory of its own, or names after a pattern."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np

from vivant.errors import PathRefused
from vivant.media import beside, sequence
from vivant.types import Frame

_DEFAULT = "frame_%05d.png"


def claim(path: Path) -> Path:
    """Make a hidden directory beside the target.

    Raises:
        PathRefused: the target cannot be written to, or is a directory with other things
            in it than numbered pictures of this kind.
    """
    if path.is_file():
        raise PathRefused(f"{path}: this is a file; pass the name of a directory.")
    if not path.parent.is_dir():
        raise PathRefused(
            f"{path}: there is no directory {path.parent}. Create it, or choose another place."
        )
    if path.is_dir() and (strange := _strange(path)):
        raise PathRefused(
            f"{path}: this directory holds other things ({strange}); numbered pictures go "
            f"into a new or empty one, or replace those of an earlier run."
        )
    temporary = beside.hidden(path).with_suffix("")
    with beside.writing(path):
        temporary.mkdir()
    return temporary


def _strange(folder: Path) -> str:
    """Name one thing in `folder` that an earlier run did not write there, or ""."""
    with beside.writing(folder):
        for entry in folder.iterdir():
            middle = entry.name.removeprefix("frame_").removesuffix(".png")
            if not middle.isdigit() or entry.name != sequence.file_name(_DEFAULT, int(middle)):
                return entry.name
    return ""


def publish(temporary: Path, path: Path) -> None:
    """Put the pictures where they were asked for."""
    if not sequence.is_pattern(path):
        if path.is_dir():
            old = beside.hidden(path).with_suffix("")
            path.replace(old)
            temporary.replace(path)
            beside.discard(old)
        else:
            temporary.replace(path)
        return
    for picture in sorted(temporary.iterdir()):
        index = int(picture.stem.removeprefix("frame_"))
        picture.replace(path.with_name(sequence.file_name(path.name, index)))


class Numbered:
    """Pictures frame_00001.png, frame_00002.png ... in a hidden directory."""

    clock = Fraction(1, 1_000_000)
    step = 1

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._count = 0

    def write(self, frame: Frame, tick: int) -> None:  # noqa: ARG002 - pngs keep no time
        """Write the next picture; its time is not kept."""
        from PIL import Image

        self._count += 1
        name = sequence.file_name(_DEFAULT, self._count)
        Image.fromarray(np.ascontiguousarray(frame.image)).save(
            self._folder / name, "PNG", compress_level=2
        )

    def close(self) -> None:
        """Nothing is left to do."""

    def abort(self) -> None:
        """Nothing is held."""
