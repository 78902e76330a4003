"""How sure a mean is: intervals over people, not over frames.

Clips of one person are alike, and frames of one clip even more so. Who is drawn
again and again is therefore people: each draw takes as many identities as there
are, with repetition, and every row of each identity taken.

Source: Efron & Tibshirani 1993, An Introduction to the Bootstrap, chapters 8 and 13.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import numpy as np

DRAWS: Final = 2000
LEVEL: Final = 0.95
_FEWEST: Final = 2
"""Under so many identities there is no interval."""


class Estimate(NamedTuple):
    """A mean and its 95 % interval."""

    mean: float
    low: float | None
    """None where fewer than two people were measured."""
    high: float | None
    rows: int
    identities: int

    def plain(self) -> dict[str, Any]:
        """Return it for `results.json`."""
        return self._asdict()


def estimate(values: Sequence[float], identities: Sequence[str], seed: int = 0) -> Estimate:
    """Return the mean of values with its interval over identities.

    Every row counts alike, so somebody with many clips counts more; the interval
    grows accordingly.

    Args:
        values: one a row; finite.
        identities: whom each row shows.
        seed: chooses the draws.

    Raises:
        ValueError: there are none, or not as many of one as of the other.

    >>> estimate([1.0, 3.0], ["a", "a"])
    Estimate(mean=2.0, low=None, high=None, rows=2, identities=1)
    """
    if not len(values) or len(values) != len(identities):
        raise ValueError(f"estimate wants rows, got {len(values)} and {len(identities)} identities")
    names, place = np.unique(np.asarray(identities), return_inverse=True)
    mean = math.fsum(values) / len(values)
    if len(names) < _FEWEST:
        return Estimate(mean, None, None, len(values), len(names))
    sums = np.bincount(place, np.asarray(values, np.float64))
    counts = np.bincount(place).astype(np.float64)
    drawn = np.random.default_rng(seed).integers(0, len(names), (DRAWS, len(names)))
    means = sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1)
    low, high = np.quantile(means, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Estimate(mean, float(low), float(high), len(values), len(names))


def summarised(rows: Sequence[Mapping[str, Any]], seed: int = 0) -> dict[str, dict[str, Any]]:
    """Return the estimate of each measure in rows of one engine, over the rows that have it.

    A measure is a finite float that stands in the row itself; whole numbers are counts.

    >>> summarised([{"identity": "a", "frames": 3, "l1": 0.5}])["l1"]["mean"]
    0.5
    """
    found = {}
    for name in measures(rows):
        with_it = [row for row in rows if isinstance(row.get(name), float)]
        finite = [row for row in with_it if math.isfinite(row[name])]
        if finite:
            told = estimate([row[name] for row in finite], [_who(row) for row in finite], seed)
            found[name] = told.plain()
            if len(finite) < len(with_it):  # such as the PSNR of what equals its target
                found[name]["infinite"] = len(with_it) - len(finite)
    return found


def measures(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the names of the measures in rows, in the order in which they come."""
    return list(dict.fromkeys(
        name for row in rows for name, value in row.items()
        if isinstance(value, float) and name != "seconds"
    ))  # fmt: skip


def compared(
    a: Sequence[Mapping[str, Any]],
    b: Sequence[Mapping[str, Any]],
    directions: Mapping[str, bool | None],
    key: str = "key",
) -> list[dict[str, Any]]:
    """Return, for each measure that both have, how `a` differs from `b` on the same work.

    Args:
        a: rows of one engine.
        b: rows of the other; those with the same `key` are pairs, others are left out.
        directions: measure to whether higher is better; None where neither is.
        key: the field by which rows are paired.

    Returns:
        For each measure `metric`, `difference` (mean of a - b), its interval `low` and
        `high`, `pairs`, `identities`, and `better`: `a` or `b` where the interval leaves 0
        out on that side, else None.
    """
    mine, theirs = ({row[key]: row for row in rows} for rows in (a, b))
    shared = [name for name in mine if name in theirs]
    found = []
    for name in measures([mine[one] for one in shared]):
        pairs = [
            (mine[one][name] - theirs[one][name], _who(mine[one]))
            for one in shared
            if isinstance(theirs[one].get(name), float) and isinstance(mine[one].get(name), float)
        ]
        pairs = [pair for pair in pairs if math.isfinite(pair[0])]
        if not pairs:
            continue
        told = estimate([value for value, _ in pairs], [who for _, who in pairs])
        found.append({
            "metric": name, "difference": told.mean, "low": told.low, "high": told.high,
            "pairs": told.rows, "identities": told.identities,
            "better": _better(told, directions.get(name)),
        })  # fmt: skip
    return found


def _better(told: Estimate, higher: bool | None) -> str | None:
    if told.low is None or told.high is None or higher is None or told.low <= 0 <= told.high:
        return None
    return "a" if (told.low > 0) == higher else "b"


def _who(row: Mapping[str, Any]) -> str:
    return str(row.get("identity", row.get("key", "")))
