"""How late frames are: a histogram, so that an hour needs no more memory than a second."""

from __future__ import annotations

import numpy as np

_BIN = 0.1
"""Milliseconds."""
_BINS = 50_000
"""Five seconds; what is later counts as that."""


class Latencies:
    """Collects delays; a tenth of a millisecond is the smallest difference it tells.

    >>> seen = Latencies()
    >>> for seconds in (0.010, 0.020, 0.030):
    ...     seen.add(seconds)
    >>> seen.count, round(seen.percentile(50))
    (3, 20)
    """

    def __init__(self) -> None:
        self._bins = np.zeros(_BINS, np.int64)

    def add(self, seconds: float) -> None:
        """Take in one delay."""
        self._bins[min(max(int(1e3 * seconds / _BIN), 0), _BINS - 1)] += 1

    @property
    def count(self) -> int:
        """How many were taken in."""
        return int(self._bins.sum())

    def percentile(self, share: float) -> float:
        """Return the delay in milliseconds that `share` percent do not exceed.

        Raises:
            ValueError: nothing was taken in.
        """
        if not self.count:
            raise ValueError("Latencies.percentile: no delay was taken in")
        place = np.searchsorted(np.cumsum(self._bins), share / 100 * self.count)
        return float((place + 0.5) * _BIN)
