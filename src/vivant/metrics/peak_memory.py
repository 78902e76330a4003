"""The most memory that a run took, its child processes included."""

from __future__ import annotations

from typing import ClassVar, Self

from vivant.metrics.checks import check_measured


class PeakMemory:
    """The largest of the peaks of several runs: what a machine must have."""

    unit: ClassVar[str] = "MB"
    higher_is_better: ClassVar[bool | None] = False

    def __init__(self) -> None:
        self._largest = 0.0

    def update(self, megabytes: float) -> None:
        """Add one run: its peak, in millions of bytes.

        Raises:
            ShapeError: the number is not finite and positive.
        """
        check_measured("PeakMemory: megabytes", megabytes)
        self._largest = max(self._largest, megabytes)

    def merge(self, other: Self) -> None:
        """Take in what another process has measured."""
        self._largest = max(self._largest, other._largest)

    def compute(self) -> float:
        """Return the largest peak.

        Raises:
            ValueError: nothing was added.

        >>> peak = PeakMemory()
        >>> peak.update(410.0), peak.update(380.5)
        (None, None)
        >>> peak.compute()
        410.0
        """
        if not self._largest:
            raise ValueError("PeakMemory: nothing was added; call update() first")
        return self._largest
