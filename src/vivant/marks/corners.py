"""Where the label lies: in a corner that no face needs, without jumping about."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

Box = tuple[float, float, float, float]
"""x, y, width, height in pixels."""
Place = tuple[int, int, int, int]
"""The same of a plate, whole pixels."""

_ROOM = 1.25
"""Factor by which faces are grown where a place is chosen for longer."""
_BETTER = 0.25
"""Share of a plate that must be uncovered by a move where no corner is free."""
_GRID = 24, 6
"""Points of a plate, across and down, that are asked whether they lie on a face."""


def corners(wanted: str, picture: tuple[int, int], plate: tuple[int, int]) -> list[Place]:
    """Return where a plate may lie, the best first.

    Args:
        wanted: the corner, such as `bottom-left`; the other side of the same edge is next.
        picture: its width and height, pixels.
        plate: the same of the plate.

    >>> corners("top-left", (100, 60), (30, 10))
    [(5, 5, 30, 10), (65, 5, 30, 10), (5, 45, 30, 10), (65, 45, 30, 10)]
    """
    wide, tall = plate
    near_x = min(tall // 2, (picture[0] - wide) // 2)
    near_y = min(tall // 2, (picture[1] - tall) // 2)
    xs = [near_x, picture[0] - wide - near_x]
    ys = [near_y, picture[1] - tall - near_y]
    vertical, horizontal = wanted.split("-")
    if horizontal == "right":
        xs.reverse()
    if vertical == "bottom":
        ys.reverse()
    return [(x, y, wide, tall) for y in ys for x in xs]


def covered(place: Place, faces: Sequence[Box], room: float = 1.0) -> float:
    """Return the share of a plate that lies on faces, ellipses in their boxes, 0 to 1.

    Args:
        place: of the plate.
        faces: their boxes.
        room: factor by which the boxes are grown around their middles.

    >>> covered((0, 0, 10, 10), [(0, 0, 100, 100)]), covered((45, 45, 10, 10), [(0, 0, 100, 100)])
    (0.0, 1.0)
    """
    x, y, wide, tall = place
    across, down = _GRID
    xs = x + wide * (np.arange(across) + 0.5) / across
    ys = y + tall * (np.arange(down) + 0.5) / down
    on = np.zeros((down, across), bool)
    for left, top, width, height in faces:
        dx = (xs - left - width / 2) / (room * max(width, 1) / 2)
        dy = (ys - top - height / 2) / (room * max(height, 1) / 2)
        on |= dx**2 + dy[:, None] ** 2 < 1
    return float(on.mean())


def choose(
    preferred: Sequence[Place], spare: Sequence[Place], faces: Sequence[Box], now: Place | None
) -> Place:
    """Return where the plate is to lie in this frame.

    A plate stays where no face covers it. It moves to where faces leave some room
    around it, so that it need not move again at once; where none is free it stays,
    unless another place is clearly better.

    Args:
        preferred: places of the whole plate, the best first.
        spare: places of a smaller one, taken where no place of the whole one is free.
        faces: boxes of all faces in this frame.
        now: where it lies; None before the first frame.
    """
    if not faces:
        return preferred[0] if now is None or now not in preferred else now
    if now is not None and now in preferred and not covered(now, faces):
        return now
    for place in preferred:
        if not covered(place, faces, _ROOM):
            return place
    if now is not None and now in spare and not covered(now, faces):
        return now
    for place in (*preferred, *spare):
        if not covered(place, faces):
            return place
    best = min(preferred, key=lambda place: covered(place, faces))
    if now is not None and covered(now, faces) < covered(best, faces) + _BETTER:
        return now
    return best
