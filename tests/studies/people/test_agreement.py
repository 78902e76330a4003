"""Krippendorff's alpha against his own worked example, and by a second way."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from vivant.errors import Undefined
from vivant.studies.people.agreement import alpha

NO = None
EXAMPLE = [
    [1, 2, 3, 3, 2, 1, 4, 1, 2, NO, NO, NO],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, NO, 3],
    [NO, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, NO],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, NO],
]
"""Krippendorff 2011, section C: four observers, twelve units."""
UNITS = [[value for value in unit if value is not None] for unit in zip(*EXAMPLE, strict=True)]


@pytest.mark.parametrize(("kind", "wanted"), [("nominal", 0.743), ("interval", 0.849)])
def test_it_gives_the_published_values(kind, wanted):
    assert alpha(UNITS, kind) == pytest.approx(wanted, abs=5e-4)


def naive(units, distance):
    """Alpha by its definition, pair by pair."""
    units = [unit for unit in units if len(unit) > 1]
    values = [value for unit in units for value in unit]
    inside = sum(
        sum(distance(a, b) for a, b in itertools.permutations(unit, 2)) / (len(unit) - 1)
        for unit in units
    ) / len(values)
    across = sum(distance(a, b) for a, b in itertools.permutations(values, 2))
    return 1 - inside / (across / (len(values) * (len(values) - 1)))


def test_it_is_what_the_definition_gives_pair_by_pair():
    rng = np.random.default_rng(0)
    units = [rng.integers(1, 6, rng.integers(0, 7)).tolist() for _ in range(40)]
    assert alpha(units, "nominal") == pytest.approx(naive(units, lambda a, b: float(a != b)))
    assert alpha(units, "interval") == pytest.approx(naive(units, lambda a, b: (a - b) ** 2))


def test_those_who_agree_have_one_and_those_who_contradict_less_than_none():
    assert alpha([["a", "a"], ["b", "b"]], "nominal") == 1
    assert alpha([["a", "b"], ["b", "a"]], "nominal") < 0


@pytest.mark.parametrize("units", [[], [["a"], ["b"]], [["a", "a"], ["a", "a"]]])
def test_where_there_is_nothing_to_agree_on_it_is_undefined(units):
    with pytest.raises(Undefined):
        alpha(units, "nominal")
