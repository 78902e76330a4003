"""Temporal jitter: how much what should stand still trembles."""

from __future__ import annotations

from typing import ClassVar, Self

import numpy as np

from vivant.errors import ShapeError
from vivant.metrics.checks import check_finite


def jitter(points: np.ndarray) -> float:
    """Return the standard deviation of points over time; lower is better.

    For drivers that stand still: of x and of y of every point over time, the
    mean over both and over the points.

    Args:
        points: (frames, count, 2), pixels.

    Returns:
        Pixels; it grows with the size of the picture: say which.

    Raises:
        ShapeError: the array has another shape, under two frames, or a number is not finite.

    >>> jitter(np.array([[[0.0, 5.0]], [[2.0, 5.0]]]))
    0.5
    """
    if points.ndim != 3 or points.shape[2] != 2 or points.shape[0] < 2 or not points.shape[1]:
        raise ShapeError(f"jitter wants (frames >= 2, count, 2), got {points.shape}")
    return float(check_finite("jitter", points, "drawn").std(axis=0).mean())


class Jitter:
    """Running `jitter`; keeps sums, not frames. All that is merged is one performance."""

    unit: ClassVar[str] = "pixels"
    higher_is_better: ClassVar[bool | None] = False

    def __init__(self) -> None:
        self._first: np.ndarray | None = None
        self._frames = 0
        self._sum: np.ndarray | float = 0.0
        self._squares: np.ndarray | float = 0.0

    def update(self, points: np.ndarray) -> None:
        """Add one frame: (count, 2) pixels."""
        if points.ndim != 2 or points.shape[1] != 2:
            raise ShapeError(f"jitter wants (count, 2), got {points.shape}")
        exact = check_finite("jitter", points, "drawn")
        if self._first is None:
            self._first = exact
        away = exact - self._first  # small numbers: their squares lose nothing
        self._frames += 1
        self._sum = self._sum + away
        self._squares = self._squares + away**2

    def merge(self, other: Self) -> None:
        """Take in other frames of the same points."""
        if other._first is None:
            return
        if self._first is None:
            self._first = other._first
        shift = other._first - self._first
        self._squares = (
            self._squares + other._squares + 2 * shift * other._sum + other._frames * shift**2
        )
        self._sum = self._sum + other._sum + other._frames * shift
        self._frames += other._frames

    def compute(self) -> float:
        """Return the jitter over all that was added.

        Raises:
            ValueError: fewer than two frames were added.
        """
        if self._frames < 2:
            raise ValueError("Jitter: fewer than two frames were added; call update() first")
        mean = np.asarray(self._sum) / self._frames
        spread = np.maximum(np.asarray(self._squares) / self._frames - mean**2, 0)
        return float(np.sqrt(spread).mean())
