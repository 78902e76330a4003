"""A drawn frame, and where the faces in it are."""

from __future__ import annotations

from dataclasses import dataclass

from vivant.animation.settings import Box
from vivant.types import Frame


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Shown(Frame):
    """A drawn frame that knows its faces, so that marks can keep off them."""

    faces: tuple[Box, ...] = ()
    """Boxes of the faces as far as they are known: x, y, width, height in pixels."""


def times(box: Box, scale: float) -> Box:
    """Return a box in the same picture at another size.

    >>> times((2, 4, 6, 8), 0.5)
    (1.0, 2.0, 3.0, 4.0)
    """
    x, y, width, height = box
    return x * scale, y * scale, width * scale, height * scale
