"""Chooses one face among those found."""

from __future__ import annotations

from collections.abc import Sequence

from vivant.errors import FaceIndexError, SettingsError
from vivant.types import Face


def choose(faces: Sequence[Face], wanted: str | int, where: str) -> Face:
    """Return the face that was asked for.

    Args:
        faces: those found in one picture, in any order.
        wanted: `largest`; an index, counted from the left of the picture, from 0;
            or a position `X,Y` in pixels inside a face (of several, the one whose
            middle is nearest).
        where: names the picture in messages.

    Raises:
        FaceIndexError: there is no such face.
        SettingsError: `wanted` is none of the three.
    """
    asked = str(wanted).strip()
    if asked == "largest":
        if not faces:
            raise FaceIndexError(where, asked, 0)
        return max(faces, key=lambda face: face.box[2] * face.box[3])
    if asked.isdecimal():
        if int(asked) >= len(faces):
            raise FaceIndexError(where, asked, len(faces))
        return left_to_right(faces)[int(asked)]
    try:
        x, y = (float(part) for part in asked.split(","))
    except ValueError:
        raise SettingsError(
            f"{where}: face {asked!r} is not understood. Pass 'largest', an index from 0, "
            f"or a position X,Y in pixels, such as 320,240."
        ) from None
    inside = [face for face in faces if _holds(face.box, x, y)]
    if not inside:
        raise FaceIndexError(where, f"at {asked}", len(faces))
    return min(inside, key=lambda face: _distance(face.box, x, y))


def left_to_right(faces: Sequence[Face]) -> tuple[Face, ...]:
    """Return the faces ordered by the middle of their boxes."""
    return tuple(sorted(faces, key=lambda face: face.box[0] + face.box[2] / 2))


def _holds(box: tuple[float, float, float, float], x: float, y: float) -> bool:
    left, top, width, height = box
    return left <= x <= left + width and top <= y <= top + height


def _distance(box: tuple[float, float, float, float], x: float, y: float) -> float:
    left, top, width, height = box
    return (left + width / 2 - x) ** 2 + (top + height / 2 - y) ** 2
