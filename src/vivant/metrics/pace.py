"""Frames a second, from the first drawn frame to the last."""

from __future__ import annotations

from typing import ClassVar, Self

from vivant.errors import ShapeError
from vivant.metrics.checks import check_measured


class Pace:
    """Running frames a second: all frames over all seconds, so that long runs count for more.

    The frames that are paid for before the first one appears (loading, reading
    the portrait) are told apart: `vivant.metrics.first_frame`.
    """

    unit: ClassVar[str] = "frames/s"
    higher_is_better: ClassVar[bool | None] = True

    def __init__(self) -> None:
        self._frames = 0
        self._seconds = 0.0

    def update(self, frames: int, seconds: float) -> None:
        """Add one run: how many frames were drawn, and in what time.

        Raises:
            ShapeError: `frames` is negative, or `seconds` is not finite and positive.
        """
        check_measured("Pace: seconds", seconds)
        if frames < 0:
            raise ShapeError(f"Pace: frames must not be negative, got {frames}")
        self._frames += frames
        self._seconds += seconds

    def merge(self, other: Self) -> None:
        """Take in what another process has measured."""
        self._frames += other._frames
        self._seconds += other._seconds

    def compute(self) -> float:
        """Return the frames a second.

        Raises:
            ValueError: nothing was added.

        >>> pace = Pace()
        >>> pace.update(50, 2.0)
        >>> pace.update(25, 1.0)
        >>> pace.compute()
        25.0
        """
        if not self._seconds:
            raise ValueError("Pace: nothing was added; call update() first")
        return self._frames / self._seconds
