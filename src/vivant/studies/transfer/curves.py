"""What changes with the strength of a transfer: means, slopes, and where identity is lost."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from vivant.metrics.dlib_face import SAME
from vivant.studies.intervals import estimate
from vivant.studies.transfer.strengths import ALL, COARSE, named

Row = Mapping[str, Any]

SAME_PERSON: Final = {"own": math.sqrt(2 - 2 * 0.363), "own_dlib": SAME}
"""Measure to the distance up to which the network's makers say: one person. SFace's makers
say so of a cosine of 0.363; the distance of unit vectors follows from it."""
_CURVES: Final = ("own", "foreign", "own_dlib", "foreign_dlib", "reached")


def curves(rows: Sequence[Row]) -> dict[str, Any]:
    """Return what the rows of one method say.

    Args:
        rows: with `strength`, `identity` and the measures.

    Returns:
        `curves`: measure to strength to its estimate; `slopes`: measure to the estimate of
        its least squares slope over 0 to 1; `lost`: measure of `SAME_PERSON` to the first
        strength at which its mean is beyond, None where it never is; `nearer`: the first
        strength at which results are nearer to the source than to themselves, or None;
        `between`: the estimate of the means' distance; `units`: expression to Action Unit
        to strength to mean intensity.
    """
    found = {name: _curve(rows, name) for name in _CURVES}
    between = [row for row in rows if "between" in row]
    return {
        "curves": {name: curve for name, curve in found.items() if curve},
        "slopes": {name: told for name in _CURVES if (told := _slope(rows, name))},
        "lost": {name: _beyond(found[name], most)
                 for name, most in SAME_PERSON.items() if found[name]},
        "nearer": _nearer(found),
        "between": _estimate(between, "between") if between else None,
        "units": _units(rows),
    }  # fmt: skip


def _estimate(rows: Sequence[Row], name: str) -> dict[str, Any]:
    return estimate([row[name] for row in rows], [row["identity"] for row in rows]).plain()


def _curve(rows: Sequence[Row], name: str) -> dict[str, dict[str, Any]]:
    groups = {
        named(strength): [row for row in rows
                          if row["strength"] == named(strength) and name in row]
        for strength in ALL
    }  # fmt: skip
    return {strength: _estimate(own, name) for strength, own in groups.items() if own}


def _slope(rows: Sequence[Row], name: str) -> dict[str, Any] | None:
    """Return the estimate, over transfers, of the slope of a measure over strength."""
    slopes, people = [], []
    coarse = {named(strength) for strength in COARSE}
    for pair in dict.fromkeys((row["expression"], row["target"]) for row in rows):
        own = [row for row in rows if (row["expression"], row["target"]) == pair
               and row["strength"] in coarse and name in row]  # fmt: skip
        if len(own) > 1:
            strengths = [float(row["strength"]) for row in own]
            slopes.append(float(np.polyfit(strengths, [row[name] for row in own], 1)[0]))
            people.append(own[0]["identity"])
    return estimate(slopes, people).plain() if slopes else None


def _beyond(curve: Mapping[str, Mapping[str, Any]], most: float) -> float | None:
    """Return the strength at which a mean first exceeds `most`, between two that were tried."""
    places = [(float(strength), told["mean"]) for strength, told in curve.items()]
    for (here, low), (there, high) in zip([(0.0, 0.0), *places], places, strict=False):
        if high > most:
            share = (most - low) / max(high - low, 1e-9)
            return round(float(here + (there - here) * share), 3)
    return None


def _nearer(found: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> float | None:
    for strength, told in found["own"].items():
        other = found["foreign"].get(strength)
        if other and told["mean"] > other["mean"]:
            return float(strength)
    return None


def _units(rows: Sequence[Row]) -> dict[str, dict[str, dict[str, float]]]:
    found: dict[str, dict[str, dict[str, float]]] = {}
    for expression in dict.fromkeys(row["expression"] for row in rows):
        own = [row for row in rows if row["expression"] == expression and "units" in row]
        for strength in map(named, ALL):
            here = [row["units"] for row in own if row["strength"] == strength]
            for unit in here[0] if here else ():
                mean = float(np.mean([units[unit] for units in here]))
                found.setdefault(expression, {}).setdefault(unit, {})[strength] = mean
    return found


def risen(units: Mapping[str, Mapping[str, float]], most: int) -> list[str]:
    """Return the Action Units that change the most from strength 0 to 1, the first the most.

    >>> risen({"AU12_r": {"0.0": 0.0, "1.0": 3.0}, "AU45_r": {"0.0": 1.0, "1.0": 0.5}}, 1)
    ['AU12_r']
    """
    changes = {
        unit: abs(curve[named(1.0)] - curve[named(0.0)])
        for unit, curve in units.items()
        if named(0.0) in curve and named(1.0) in curve
    }
    return sorted(changes, key=lambda unit: -changes[unit])[:most]
