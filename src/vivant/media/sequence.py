"""Image sequences: a directory of numbered pictures, or a printf pattern."""

from __future__ import annotations

import re
from pathlib import Path

from vivant.errors import DamagedMedia, PathRefused, UnsupportedFormat
from vivant.media.formats import PICTURE_SUFFIXES, is_directory

_PLACE = re.compile(r"%0?(\d*)d")
_NUMBER = re.compile(r"(\d+)(?!.*\d)")


def is_pattern(path: Path) -> bool:
    """Tell whether the name holds a place for a number.

    >>> is_pattern(Path("shots/face_%05d.png")), is_pattern(Path("100%.png"))
    (True, False)
    """
    return len(_PLACE.findall(path.name)) == 1


def is_sequence(path: Path) -> bool:
    """Tell whether `path` stands for many pictures: a directory or a pattern."""
    return is_directory(path) or (is_pattern(path) and not path.exists())


def file_name(pattern: str, index: int) -> str:
    """Return the name of picture `index`.

    >>> file_name("face_%05d.png", 7)
    'face_00007.png'
    """
    return _PLACE.sub(lambda place: str(index).zfill(int(place[1] or 0)), pattern)


def pictures(path: Path) -> list[Path]:
    """List the pictures of a sequence in the order of their numbers.

    Raises:
        PathRefused: the directory is missing or unreadable, or holds no numbered picture.
        UnsupportedFormat: the directory mixes several sequences.
        DamagedMedia: a number is missing between the first and the last.
    """
    folder = path if path.is_dir() else path.parent
    try:
        names = [entry.name for entry in folder.iterdir()]
    except OSError as error:
        raise PathRefused(f"{folder}: cannot be read: {error.strerror}.") from error
    found: dict[int, str] = {}
    stems: set[tuple[str, str]] = set()
    for name in names:
        number = _number(name, None if path.is_dir() else path.name)
        if number is not None:
            found[number[0]] = name
            stems.add(number[1])
    if not found:
        raise PathRefused(
            f"{path}: no numbered pictures such as frame_00001.png here. "
            f"Pass a directory of them, or a pattern such as frame_%05d.png."
        )
    if len(stems) > 1:
        raise UnsupportedFormat(
            f"{path}: holds pictures of several names; say which with a pattern such as "
            f"{found[min(found)]} with %05d in place of the number."
        )
    for number_ in range(min(found), max(found) + 1):
        if number_ not in found:
            raise DamagedMedia(path, f"picture number {number_} of the sequence is missing.")
    return [folder / found[number_] for number_ in sorted(found)]


def _number(name: str, pattern: str | None) -> tuple[int, tuple[str, str]] | None:
    """Return the number in `name` and what stands around it, or None."""
    if pattern is not None:
        before, after = _PLACE.split(pattern)[0], _PLACE.split(pattern)[-1]
        middle = name[len(before) : len(name) - len(after)]
        if name.startswith(before) and name.endswith(after) and middle.isdigit():
            return int(middle), (before, after)
        return None
    if name.startswith(".") or Path(name).suffix.lower() not in PICTURE_SUFFIXES:
        return None
    found = _NUMBER.search(Path(name).stem)
    if found is None:
        return None
    stem = Path(name).stem
    return int(found[1]), (stem[: found.start()], stem[found.end() :])
