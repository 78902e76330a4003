"""How sure a preference is, against published numbers and a second implementation."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from scipy import stats

from vivant.errors import ShapeError, Undefined
from vivant.studies.people.preference import bradley_terry, over_people, sign_test, wilson


@pytest.mark.parametrize(
    ("successes", "trials", "ends"),
    [  # Newcombe 1998, doi:10.1002/(SICI)1097-0258(19980430)17:8<857, table I, method 3
        (81, 263, (0.2553, 0.3662)),
        (15, 148, (0.0624, 0.1605)),
        (0, 20, (0.0, 0.1611)),
        (1, 29, (0.0061, 0.1718)),
    ],
)
def test_wilson_gives_the_published_intervals(successes, trials, ends):
    assert wilson(successes, trials) == pytest.approx(ends, abs=5e-5)


def test_the_interval_of_nothing_is_undefined():
    with pytest.raises(Undefined, match="no trial"):
        wilson(0, 0)


@pytest.mark.parametrize(
    ("wins", "losses"), [(0, 0), (1, 0), (7, 3), (3, 7), (50, 50), (980, 1100)]
)
def test_the_sign_test_is_the_exact_binomial_test(wins, losses):
    wanted = stats.binomtest(wins, wins + losses).pvalue if wins + losses else 1.0
    assert sign_test(wins, losses) == pytest.approx(wanted, rel=1e-9)


BASEBALL = np.array([
    [0, 7, 9, 7, 7, 9, 11], [6, 0, 7, 5, 11, 9, 9], [4, 6, 0, 7, 7, 8, 12], [6, 8, 6, 0, 6, 7, 10],
    [6, 2, 6, 7, 0, 7, 12], [4, 4, 5, 6, 6, 0, 6], [2, 4, 1, 3, 1, 7, 0],
])  # fmt: skip
"""American League 1987, wins of row over column: Agresti 2002, Categorical Data Analysis, 10.6."""


def test_bradley_terry_gives_the_published_strengths():
    found = bradley_terry(BASEBALL)
    wanted = [1.581, 1.436, 1.294, 1.248, 1.108, 0.684, 0.0]
    assert found - found[-1] == pytest.approx(wanted, abs=1e-3)


def test_strengths_meet_their_own_condition_wins_are_what_they_foretell():
    strength = bradley_terry(BASEBALL)
    games = BASEBALL + BASEBALL.T
    chance = 1 / (1 + np.exp(strength[None, :] - strength[:, None]))
    assert (games * chance).sum(axis=1) == pytest.approx(BASEBALL.sum(axis=1), rel=1e-6)
    assert strength.mean() == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("wins", [[[0, 3], [0, 0]], [[0, 1, 0], [1, 0, 0], [0, 0, 0]]])
def test_who_only_won_or_never_played_has_no_strength(wins):
    with pytest.raises(Undefined, match="more answers would tell"):
        bradley_terry(np.array(wins))


@pytest.mark.parametrize("wins", [[[0, -1], [1, 0]], [[0, np.nan], [1, 0]], [[0]], [[0, 1]]])
def test_what_is_no_table_of_counts_is_refused(wins):
    with pytest.raises(ShapeError):
        bradley_terry(np.array(wins))


def test_people_are_drawn_whole():
    # Two people who each contradict themselves never, and each other always.
    sums, counts = [10.0, 0.0], [10, 10]
    assert over_people(sums, counts, draws=2000, seed=0) == (0.0, 1.0)
    many = over_people([1.0, 0.0] * 10, [1] * 20, draws=2000, seed=0)
    assert many[0] > 0.2
    assert many == over_people([1.0, 0.0] * 10, [1] * 20, draws=2000, seed=0)


def test_of_one_person_no_interval_is_told():
    assert over_people([3.0, 0.0], [4, 0], draws=100, seed=0) is None


def test_many_people_are_drawn_in_blocks_and_the_interval_is_that_of_all_at_once():
    rng = np.random.default_rng(3)
    counts = rng.integers(1, 9, 20_000)
    sums = counts * rng.random(20_000)
    tracemalloc.start()
    found = over_people(list(sums), list(counts), draws=200, seed=5)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 30 << 20
    chosen = np.random.default_rng(5).integers(0, 20_000, (200, 20_000))
    means = sums[chosen].sum(axis=1) / counts[chosen].sum(axis=1)
    assert found == pytest.approx(tuple(np.percentile(means, (2.5, 97.5))), rel=1e-12)
