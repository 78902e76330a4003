"""Is the mark there, at which scale and shift, mirrored or not, and what does it say?

Frames are flattened (each of three bands divided by its own local strength, so that
edges do not drown the mark) and summed. The sum's waves are read at the lattice of each
scale that is tried; with the key's phases taken off, one inverse Fourier transform tells
for every shift how well the waves agree.

The statistic is sound for any picture. The key knows nothing of the picture, so without
a mark each wave's phase, less the key's, is uniform and independent of the others:
z = sum(w cos) / sqrt(sum(w^2) / 2), w being what the waves weigh, then exceeds t with a
probability below exp(-t^2 / 2) (Chernoff's bound; the mean of exp(s cos) is at most
exp(s^2 / 4)). Times the number of all scales, mirrorings and shifts that are tried, that
bounds how often an unmarked file is taken for a marked one.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from vivant.marks.watermark_code import BITS
from vivant.marks.watermark_pattern import HIGHEST, REPEATS, held, lattice, waves

SIDE = 320
"""Shorter side, in pixels, at which pictures are looked at."""
SMALLEST = 64
"""Shorter side, in pixels, of the smallest picture that is searched."""
FALSE_ALARM = 1e-7
"""Bound on the chance that one search finds a mark in an unmarked file."""
LEAST, MOST = 0.54, 1.5
"""Shorter side of what was marked over that of the picture: letterboxed to cropped."""
_STEP = 0.006
"""Between two scales that are tried, relative."""
_GRID = 128
"""Shifts that are tried along x and y in one repetition."""
_REFINE = (0.004, 0.002, 0.001, 0.0005)
_BANDS = ((0.0, 1.2), (1.2, 2.6), (2.6, 6.0))
"""Gaussian blurs, in pixels at `SIDE`, between which a band lies."""
_FLOOR = 2.0
"""Variance of a band below which it counts as noise."""
_FLATTEN = 0.7
"""Power of a band's local variance that it is divided by."""
_PLAIN = 0.5
"""Power of a wave's strength that it weighs."""


@dataclass(frozen=True)
class Sighting:
    """One mark that was found."""

    z: float
    """The statistic."""
    votes: np.ndarray
    """(128,) float: what the waves say about each bit, about 1 standard deviation of noise."""
    scale: float
    """Shorter side of what was marked over that of the picture."""
    mirrored: bool


@dataclass(frozen=True)
class _Place:
    z: float
    scale: tuple[float, float]
    mirrored: bool
    shift: tuple[float, float]


def flattened(luma: np.ndarray) -> np.ndarray:
    """Return a frame in which every place counts alike, at `SIDE` or less.

    Args:
        luma: (height, width) uint8.

    Returns:
        float32, the same shape, or smaller where the shorter side is over `SIDE`.
    """
    import cv2

    height, width = luma.shape
    share = min(1.0, SIDE / min(height, width))
    if share < 1:
        size = (round(width * share), round(height * share))
        luma = cv2.resize(luma, size, interpolation=cv2.INTER_AREA)
    left: np.ndarray = luma.astype(np.float32)
    unit = min(left.shape) / SIDE
    total: np.ndarray = np.zeros_like(left)
    for _, blur in _BANDS:
        slower = cv2.GaussianBlur(left, (0, 0), max(blur * unit, 0.3))
        band = left - slower
        window = 2 * round(2.5 * blur * unit) + 1
        variance = cv2.sqrBoxFilter(band, cv2.CV_32F, (window, window))
        total += band * cv2.pow(variance + _FLOOR, -_FLATTEN)
        left = slower
    return total


def tries(count: int = 1) -> int:
    """Return how many scales, mirrorings and shifts `count` searches try together."""
    scales = len(_scales()) + 9 * len(_REFINE)
    return count * scales * 2 * _GRID**2


def threshold(count: int = 1) -> float:
    """Return the z from which a mark counts as found, if `count` searches are made.

    >>> round(threshold(), 1)
    8.0
    """
    return math.sqrt(2 * math.log(tries(count) / FALSE_ALARM))


def false_alarm(z: float, count: int = 1) -> float:
    """Return the bound on the chance that an unmarked file reaches `z`."""
    return min(1.0, tries(count) * math.exp(-z * z / 2))


def search(total: np.ndarray, least: float) -> list[Sighting]:
    """Find marks in a sum of flattened frames, the clearest first.

    Args:
        total: (height, width) float32, from `flattened`.
        least: smallest z that counts, from `threshold`.

    Returns:
        Nothing, or the clearest mark and, if another id lies at the same scale, that too.
    """
    best: _Place | None = None
    for scale in _scales():
        for place in _at(total, (scale, scale)):
            if best is None or place.z > best.z:
                best = place
        if scale == 1.0 and best is not None and best.z > least + 2:
            break  # nothing was cut off or put around, as usual
    if best is None or best.z < least - 2:
        return []
    best = _refined(total, best)
    if best.z < least:
        return []
    peaks = _peaks(total, best, least)
    return [_sighting(total, peak) for peak in (best, *peaks)]


def _scales() -> list[float]:
    """All scales that are tried, the likeliest first."""
    up = int(math.log(MOST) / _STEP)
    down = int(-math.log(LEAST) / _STEP)
    return [1.0, *(math.exp(_STEP * step) for step in range(-down, up + 1) if step)]


def _spectrum(total: np.ndarray, scale: tuple[float, float]) -> np.ndarray:
    """Return the Fourier coefficients at the lattice of a scale: (y waves, x waves)."""
    height, width = total.shape
    period = min(height, width) / REPEATS
    rows = waves(height, period * scale[1], -np.arange(HIGHEST + 1))
    columns = waves(width, period * scale[0], np.arange(HIGHEST, -HIGHEST - 1, -1))
    halfway = np.concatenate([rows.real, rows.imag]) @ total
    spectrum: np.ndarray = (halfway[: HIGHEST + 1] + 1j * halfway[HIGHEST + 1 :]) @ columns.T
    fits = held(period * min(scale))
    known = lattice()
    spectrum[known.down[~fits], known.across[~fits] + HIGHEST] = 0
    spectrum[known.down[~fits], HIGHEST - known.across[~fits]] = 0
    return spectrum


def _read(spectrum: np.ndarray, mirrored: bool) -> np.ndarray:
    """Return the waves' values, phases less the key's; weakened to `_PLAIN`."""
    known = lattice()
    across = -known.across if mirrored else known.across
    values = spectrum[known.down, across + HIGHEST]
    values *= np.maximum(np.abs(values), 1e-12) ** (_PLAIN - 1)
    read: np.ndarray = values * known.unkeyed
    return read


def _energy(read: np.ndarray) -> float:
    return max(float(np.sqrt((np.abs(read) ** 2).sum() / 2)), 1e-12)


def _map(read: np.ndarray) -> np.ndarray:
    """Return z for every shift: (128, 128), y first."""
    known = lattice()
    spectrum = np.zeros((_GRID, _GRID // 2 + 1), np.complex64)
    # irfft2 keeps the half with x >= 0; a wave and its conjugate are the same wave
    forward = known.across >= 0
    spectrum[known.down[forward], known.across[forward]] = read[forward]
    back = ~forward
    spectrum[-known.down[back], -known.across[back]] = read[back].conj()
    alone = (known.across == 0) & (known.down > 0)  # the column x = 0 needs both halves
    spectrum[-known.down[alone], 0] = read[alone].conj()
    shifted: np.ndarray = np.fft.irfft2(spectrum, s=(_GRID, _GRID))
    return shifted * (_GRID**2 / 2 / _energy(read))


def _at(total: np.ndarray, scale: tuple[float, float]) -> Iterator[_Place]:
    spectrum = _spectrum(total, scale)
    for mirrored in (False, True):
        z = _map(_read(spectrum, mirrored))
        y, x = divmod(int(z.argmax()), _GRID)
        yield _Place(float(z[y, x]), scale, mirrored, (x / _GRID, y / _GRID))


def _refined(total: np.ndarray, place: _Place) -> _Place:
    """Fit the scale along x and y; a re-encoded picture's sides are rounded."""
    for step in _REFINE:
        middle = place
        for across, down in itertools.product((-step, 0.0, step), repeat=2):
            scale = (middle.scale[0] * (1 + across), middle.scale[1] * (1 + down))
            z = _map(_read(_spectrum(total, scale), middle.mirrored))
            y, x = divmod(int(z.argmax()), _GRID)
            if z[y, x] > place.z:
                place = _Place(float(z[y, x]), scale, middle.mirrored, (x / _GRID, y / _GRID))
    return place


def _peaks(total: np.ndarray, place: _Place, least: float) -> list[_Place]:
    """Return the second mark at the same scale, where there is one."""
    z = _map(_read(_spectrum(total, place.scale), place.mirrored))
    near = np.arange(-6, 7)
    x, y = (round(part * _GRID) for part in place.shift)
    z[np.ix_((y + near) % _GRID, (x + near) % _GRID)] = 0
    y, x = divmod(int(z.argmax()), _GRID)
    if z[y, x] < least:
        return []
    return [_Place(float(z[y, x]), place.scale, place.mirrored, (x / _GRID, y / _GRID))]


def _sighting(total: np.ndarray, place: _Place) -> Sighting:
    """Read the bits at a place, after the shift was fitted between the tried ones."""
    known = lattice()
    read = _read(_spectrum(total, place.scale), place.mirrored)

    def turned(x: float, y: float) -> np.ndarray:
        turn: np.ndarray = read * np.exp(2j * np.pi * (known.across * x + known.down * y))
        return turn

    steps = np.linspace(-0.75, 0.75, 7) / _GRID
    shifts = [(place.shift[0] + x, place.shift[1] + y) for x in steps for y in steps]
    best = max((turned(*shift) for shift in shifts), key=lambda turn: float(turn.real.sum()))
    votes = np.bincount(known.bit, best.imag, BITS)
    noise = np.sqrt(np.bincount(known.bit, np.abs(read) ** 2, BITS) / 2)
    return Sighting(place.z, votes / np.maximum(noise, 1e-12), place.scale[0], place.mirrored)
