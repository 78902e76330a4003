"""How sure a mean is: intervals over people, not over frames.

Clips of one person are alike, and frames of one clip even more so. Who is drawn
again and again is therefore people: each draw takes as many identities as there
are, with repetition, and every row of each identity taken. Where rows are pairs of
a portrait and a driver, both are drawn: another study would have others of either.

With few people such intervals are too narrow. They are widened as Student's
distribution asks: by t / 1.96 and by the root of n / (n - 1), n the number of
identities (of the fewer, where two kinds are drawn).

Source: Efron & Tibshirani 1993, An Introduction to the Bootstrap, chapters 8 and 13;
Owen 2007, The pigeonhole bootstrap, doi:10.1214/07-AOAS122.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import numpy as np

DRAWS: Final = 2000
LEVEL: Final = 0.95
_BLOCK: Final = 100
"""Draws at a time: what is held does not grow with their number."""
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


_STUDENT: Final = (
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160,
    2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056,
    2.052, 2.048, 2.045, 2.042,
)  # fmt: skip
"""97.5 % of Student's distribution with 1, 2 ... degrees of freedom."""
_NORMAL: Final = 1.960


def widening(people: int) -> float:
    """Return by how much an interval over so many people is too narrow.

    >>> round(widening(2), 2), round(widening(10), 2), round(widening(1000), 3)
    (9.17, 1.22, 1.002)
    """
    freedom = people - 1
    known = freedom <= len(_STUDENT)
    student = _STUDENT[freedom - 1] if known else _NORMAL + 2.42 / freedom
    return student / _NORMAL * math.sqrt(people / freedom)


def interval(mean: float, draws: np.ndarray, people: int) -> tuple[float, float]:
    """Return the ends of the 95 % interval.

    Args:
        mean: of all rows.
        draws: the means of all draws, (draws,).
        people: how many identities were drawn from, at least 2.
    """
    low, high = np.quantile(draws, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    wider = widening(people)
    return mean - wider * (mean - float(low)), mean + wider * (float(high) - mean)


def estimate(
    values: Sequence[float],
    identities: Sequence[str],
    seed: int = 0,
    drivers: Sequence[str] | None = None,
) -> Estimate:
    """Return the mean of values with its interval over identities.

    Every row counts alike, so somebody with many clips counts more; the interval
    grows accordingly.

    Args:
        values: one a row; finite.
        identities: whom each row shows.
        seed: chooses the draws.
        drivers: who drives each row, where that is somebody else; then both are drawn.

    Raises:
        ValueError: there are none, or not as many of one as of the other.

    >>> estimate([1.0, 3.0], ["a", "a"])
    Estimate(mean=2.0, low=None, high=None, rows=2, identities=1)
    """
    if not len(values) or len(values) != len(identities):
        raise ValueError(f"estimate wants rows, got {len(values)} and {len(identities)} identities")
    kinds = [identities] if drivers is None else [identities, drivers]
    rng = np.random.default_rng(seed)
    counts = [len(set(kind)) for kind in kinds]
    mean = math.fsum(values) / len(values)
    if min(counts) < _FEWEST:
        return Estimate(mean, None, None, len(values), counts[0])
    places = [np.unique(np.asarray(kind), return_inverse=True)[1] for kind in kinds]
    exact = np.asarray(values, np.float64)
    blocks = [_drawn(exact, places, rng) for _ in range(DRAWS // _BLOCK)]
    low, high = interval(mean, np.concatenate(blocks), min(counts))
    return Estimate(mean, low, high, len(values), counts[0])


def _drawn(
    values: np.ndarray, places: Sequence[np.ndarray], rng: np.random.Generator
) -> np.ndarray:
    """Return the means of a block of draws; a draw that takes no row at all is left out.

    Args:
        values: (rows,).
        places: for each kind of people the number of each row's, (rows,).
        rng: chooses.
    """
    weights = np.ones((_BLOCK, len(values)))
    for place in places:
        people = int(place.max()) + 1
        times = rng.multinomial(people, np.full(people, 1 / people), size=_BLOCK)
        weights *= times[:, place]
    total = weights.sum(axis=1)
    taken = total > 0
    return np.asarray(weights[taken] @ values / total[taken])


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
            found[name] = _over(finite, [row[name] for row in finite], seed).plain()
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
            (mine[one][name] - theirs[one][name], mine[one])
            for one in shared
            if isinstance(theirs[one].get(name), float) and isinstance(mine[one].get(name), float)
        ]
        pairs = [pair for pair in pairs if math.isfinite(pair[0])]
        if not pairs:
            continue
        told = _over([row for _, row in pairs], [value for value, _ in pairs])
        found.append({
            "metric": name, "difference": told.mean, "low": told.low, "high": told.high,
            "pairs": told.rows, "identities": told.identities,
            "better": _better(told, directions.get(name)),
        })  # fmt: skip
    return found


def _over(rows: Sequence[Mapping[str, Any]], values: Sequence[float], seed: int = 0) -> Estimate:
    """Return the estimate over the people of rows, and over who drives, where rows tell."""
    drivers = None
    if all("driver_identity" in row for row in rows):
        drivers = [str(row["driver_identity"]) for row in rows]
    return estimate(values, [_who(row) for row in rows], seed, drivers)


def _better(told: Estimate, higher: bool | None) -> str | None:
    if told.low is None or told.high is None or higher is None or told.low <= 0 <= told.high:
        return None
    return "a" if (told.low > 0) == higher else "b"


def _who(row: Mapping[str, Any]) -> str:
    return str(row.get("identity", row.get("key", "")))
