"""What the invisible mark looks like: waves on a lattice, their phases the message.

The pattern repeats four times along the shorter side of the picture, whatever its size,
so that scaling the picture changes nothing. One repetition is a sum of waves; each wave's
phase is the key's, turned forward for a bit 0 and back for a bit 1. The part that does
not depend on the bits shows that a mark is there and where; the other carries the id.
"""

from __future__ import annotations

import hashlib
from functools import cache

import numpy as np

from vivant.marks.claim import WATERMARK
from vivant.marks.watermark_code import BITS, encode

REPEATS = 4
"""Repetitions along the shorter side of the picture."""
TURN = 0.82
"""Radians that a bit turns a wave's phase: 53 % of the energy carries bits."""
HIGHEST = 18
"""Waves of the fastest kind in one repetition, along any direction."""
_LOWEST = 4
_SLOPE = 0.3
"""Amplitudes fall with frequency to this power, as those of pictures do."""
_NYQUIST = 0.45
"""Waves a pixel that a picture can still hold."""
_KEY = WATERMARK.encode()


class Lattice:
    """The waves: how many along x and y, the key's phases, and which bit each carries."""

    def __init__(self) -> None:
        across, down = np.meshgrid(np.arange(-HIGHEST, HIGHEST + 1), np.arange(HIGHEST + 1))
        speed = np.hypot(across, down)
        used = (speed >= _LOWEST) & (speed <= HIGHEST) & ((down > 0) | (across > 0))
        order = np.argsort(speed[used], kind="stable")
        self.across, self.down = across[used][order], down[used][order]
        self.speed = speed[used][order]
        count = len(self.speed)
        numbers = np.frombuffer(hashlib.shake_256(_KEY).digest(8 * count), "<u4")
        self.phase = numbers[:count] * (2 * np.pi / 2**32)
        self.unkeyed = np.exp(-1j * self.phase).astype(np.complex64)
        # each bit gets slow waves and fast ones: of every 128 by speed, one
        groups = np.array_split(numbers[count:], range(BITS, count, BITS))
        self.bit = np.concatenate([np.argsort(group, kind="stable") for group in groups])


@cache
def lattice() -> Lattice:
    """Return the lattice; made once."""
    return Lattice()


def waves(length: int, period: float, count: np.ndarray) -> np.ndarray:
    """Return exp(2 pi i n x / period): (n, length), x in pixels from the middle."""
    places = (np.arange(length) + 0.5 - length / 2) / period
    angle = (np.outer(count, places) % 1.0 * (2 * np.pi)).astype(np.float32)
    drawn = np.empty(angle.shape, np.complex64)
    drawn.real, drawn.imag = np.cos(angle), np.sin(angle)
    return drawn


def shift_of(identity: str) -> tuple[float, float]:
    """Return where an id's pattern lies, in repetitions: so two marks rarely cover each other."""
    numbers = np.frombuffer(hashlib.shake_256(_KEY + identity.encode()).digest(8), "<u4")
    return float(numbers[0] / 2**32), float(numbers[1] / 2**32)


def pattern(identity: str, height: int, width: int) -> np.ndarray:
    """Return the mark of an id for pictures of one size: (height, width) float32.

    Its standard deviation is 1, or 0 where the picture is too small to hold a wave.
    """
    known = lattice()
    period = min(height, width) / REPEATS
    turn = TURN * (1 - 2.0 * encode(identity)[known.bit])
    x, y = shift_of(identity)
    phase = known.phase + turn - 2 * np.pi * (known.across * x + known.down * y)
    amplitude = np.where(known.speed <= _NYQUIST * period, known.speed**-_SLOPE, 0)
    weights = np.zeros((HIGHEST + 1, 2 * HIGHEST + 1), np.complex64)
    weights[known.down, known.across + HIGHEST] = amplitude * np.exp(1j * phase)
    rows = waves(height, period, np.arange(HIGHEST + 1))
    columns = waves(width, period, np.arange(-HIGHEST, HIGHEST + 1))
    drawn: np.ndarray = ((rows.T @ weights) @ columns).real
    drawn /= max(float(np.sqrt((amplitude**2).sum() * 2)), 1e-9) / 2
    return drawn


def held(period: float) -> np.ndarray:
    """Return which waves a picture with this period, in pixels, can hold."""
    fits: np.ndarray = lattice().speed <= _NYQUIST * period
    return fits
