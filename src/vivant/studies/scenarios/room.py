"""Calm rooms, drawn: what stands behind somebody in an online class."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import cv2
import numpy as np

_FINE: Final = 2
"""Rooms are drawn so many times as large, and shrunk."""
_WALLS: Final = (
    (214, 208, 196), (196, 205, 210), (205, 211, 197), (219, 203, 190), (188, 192, 202),
)  # fmt: skip
"""Colours of walls, RGB."""
_WOODS: Final = ((139, 104, 74), (168, 132, 96), (96, 72, 56), (186, 160, 126))
_BOOKS: Final = (
    (120, 60, 52), (60, 84, 112), (72, 98, 72), (150, 126, 70), (96, 80, 108), (180, 176, 164),
)  # fmt: skip
_GRAIN: Final = 1.6
"""Standard deviation of the still grain, in 1/255: no camera sees a wholly even wall."""
_DEPTH: Final = 0.004
"""Blur of what is behind the person, in widths of the frame."""


def room(width: int, height: int, rng: np.random.Generator, kind: str = "home") -> np.ndarray:
    """Return a room, (height, width, 3) uint8 RGB; the same for the same state of `rng`.

    Args:
        width: pixels.
        height: pixels.
        rng: chooses colours, places and things.
        kind: `home` (shelf, picture, window) or `class` (whiteboard, door, clock).
    """
    canvas = _wall(width * _FINE, height * _FINE, rng)
    things = _CLASS if kind == "class" else _HOME
    for draw in things:
        draw(canvas, rng)
    if rng.random() < 0.5:
        canvas = np.ascontiguousarray(canvas[:, ::-1])
    small = cv2.resize(canvas, (width, height), interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small.astype(np.float32), (0, 0), max(0.6, _DEPTH * width))
    small += rng.normal(0, _GRAIN, (height, width, 1)).astype(np.float32)
    return np.clip(np.round(small), 0, 255).astype(np.uint8)


def _wall(width: int, height: int, rng: np.random.Generator) -> np.ndarray:
    """An even wall in light that comes from one side."""
    colour = np.array(_WALLS[rng.integers(len(_WALLS))], np.float32)
    x, y = np.meshgrid(np.linspace(-1, 1, width), np.linspace(-1, 1, height))
    side = rng.choice([-1, 1])
    light = 1 - 0.10 * (side * x + 1) / 2 - 0.14 * (y + 1) / 2
    return np.ascontiguousarray((light[..., None] * colour).astype(np.uint8))


def _box(
    canvas: np.ndarray, box: tuple[float, float, float, float], colour: tuple[int, ...]
) -> None:
    """Fill a box given in shares of the canvas: left, top, right, bottom."""
    height, width = canvas.shape[:2]
    left, top, right, bottom = box
    corners = ((round(left * width), round(top * height)),
               (round(right * width), round(bottom * height)))  # fmt: skip
    cv2.rectangle(canvas, *corners, tuple(int(value) for value in colour), cv2.FILLED)


def _shade(colour: tuple[int, ...], factor: float) -> tuple[int, ...]:
    return tuple(min(255, round(value * factor)) for value in colour)


def _shelf(canvas: np.ndarray, rng: np.random.Generator) -> None:
    """A bookshelf."""
    wood = _WOODS[rng.integers(len(_WOODS))]
    left = 0.74
    _box(canvas, (left, 0.08, left + 0.24, 1), _shade(wood, 0.55))
    for board in range(4):
        bottom = 0.34 + 0.27 * board
        x = left + 0.012
        while x < left + 0.20:
            wide = rng.uniform(0.008, 0.02)
            high = rng.uniform(0.13, 0.21)
            book = _shade(_BOOKS[rng.integers(len(_BOOKS))], rng.uniform(0.8, 1.1))
            _box(canvas, (x, bottom - high, x + wide, bottom), book)
            x += wide + (rng.uniform(0, 0.03) if rng.random() < 0.15 else 0.0015)
        _box(canvas, (left, bottom, left + 0.24, bottom + 0.025), wood)
    _box(canvas, (left, 0.06, left + 0.24, 0.09), wood)


def _picture(canvas: np.ndarray, rng: np.random.Generator) -> None:
    """A framed picture on the wall."""
    left, top = rng.uniform(0.42, 0.5), rng.uniform(0.08, 0.14)
    _box(canvas, (left, top, left + 0.15, top + 0.24), _WOODS[rng.integers(len(_WOODS))])
    _box(canvas, (left + 0.01, top + 0.018, left + 0.14, top + 0.222), (228, 224, 214))
    for _ in range(3):
        x, y = left + rng.uniform(0.03, 0.08), top + rng.uniform(0.05, 0.12)
        tone = _shade(_BOOKS[rng.integers(len(_BOOKS))], 1.25)
        _box(canvas, (x, y, x + rng.uniform(0.02, 0.04), y + rng.uniform(0.03, 0.07)), tone)


def _window(canvas: np.ndarray, rng: np.random.Generator) -> None:
    """A window with daylight."""
    left = rng.uniform(0.30, 0.34)
    _box(canvas, (left - 0.24, -0.05, left - 0.03, 0.52), (236, 236, 232))
    _box(canvas, (left - 0.23, -0.05, left - 0.14, 0.50), (224, 234, 242))
    _box(canvas, (left - 0.13, -0.05, left - 0.04, 0.50), (220, 231, 240))


def _board(canvas: np.ndarray, rng: np.random.Generator) -> None:
    """A whiteboard with a few lines on it."""
    left = rng.uniform(0.08, 0.13)
    right = left + 0.58
    _box(canvas, (left - 0.008, 0.06, right + 0.008, 0.62), (150, 150, 150))
    _box(canvas, (left, 0.075, right, 0.605), (233, 236, 235))
    pen = _shade(_BOOKS[rng.integers(len(_BOOKS))], 1.0)
    for line in range(5):
        y = 0.15 + 0.085 * line
        _box(canvas, (left + 0.04, y, left + rng.uniform(0.2, 0.5), y + 0.012), _shade(pen, 1.2))
    _box(canvas, (left, 0.62, right, 0.635), (128, 128, 126))


def _door(canvas: np.ndarray, rng: np.random.Generator) -> None:
    """A door."""
    wood = _WOODS[rng.integers(len(_WOODS))]
    left = rng.uniform(0.80, 0.84)
    _box(canvas, (left - 0.01, 0.10, left + 0.16, 1), _shade(wood, 0.8))
    _box(canvas, (left, 0.12, left + 0.15, 1), wood)


def _clock(canvas: np.ndarray, rng: np.random.Generator) -> None:
    """A round clock above the board."""
    height, width = canvas.shape[:2]
    middle = (round(0.755 * width), round(0.16 * height))
    cv2.circle(canvas, middle, round(0.024 * width), (88, 88, 92), cv2.FILLED)
    cv2.circle(canvas, middle, round(0.021 * width), (240, 240, 236), cv2.FILLED)
    for angle, long in ((rng.uniform(0, 6.3), 0.015), (rng.uniform(0, 6.3), 0.01)):
        end = (round(middle[0] + long * width * np.sin(angle)),
               round(middle[1] - long * width * np.cos(angle)))  # fmt: skip
        cv2.line(canvas, middle, end, (60, 60, 60), max(1, width // 500))


Drawing = Callable[[np.ndarray, np.random.Generator], None]
_HOME: Final[tuple[Drawing, ...]] = (_window, _picture, _shelf)
_CLASS: Final[tuple[Drawing, ...]] = (_board, _door, _clock)
