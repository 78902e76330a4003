"""How late frames are, in memory that does not grow."""

from __future__ import annotations

import numpy as np
import pytest

from vivant.live.timing import Latencies


def test_percentiles_are_those_of_the_numbers_themselves() -> None:
    numbers = np.random.default_rng(3).gamma(4, 0.006, 5000)
    seen = Latencies()
    for number in numbers:
        seen.add(number)
    for share in (1, 50, 95, 99):
        assert seen.percentile(share) == pytest.approx(1e3 * np.percentile(numbers, share), abs=0.3)


def test_what_is_beyond_all_bounds_counts_as_late() -> None:
    seen = Latencies()
    seen.add(1e6)
    seen.add(-1.0)
    assert seen.count == 2
    assert seen.percentile(100) > 4000


def test_nothing_has_no_percentile() -> None:
    with pytest.raises(ValueError, match="no delay"):
        Latencies().percentile(50)
