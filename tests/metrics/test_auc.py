from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vivant.errors import Undefined
from vivant.metrics.auc import Auc, auc

SCORES = st.lists(st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.5001, 1.0]), min_size=1, max_size=20)


@given(SCORES, SCORES)
def test_it_is_the_share_of_pairs_in_the_right_order_with_ties_halved(drawn, true):
    pairs = [(a > b) + 0.5 * (a == b) for a in drawn for b in true]
    assert auc(drawn, true) == pytest.approx(np.mean(pairs), abs=1e-12)


def test_it_is_the_area_under_the_curve_of_hits_over_false_alarms():
    rng = np.random.default_rng(0)
    drawn, true = rng.normal(1, 1, 400), rng.normal(0, 1, 300)
    thresholds = np.sort(np.concatenate([drawn, true]))[::-1]
    hits = [0.0, *((drawn >= edge).mean() for edge in thresholds)]
    alarms = [0.0, *((true >= edge).mean() for edge in thresholds)]
    assert auc(drawn, true) == pytest.approx(np.trapezoid(hits, alarms), abs=1e-12)


@given(SCORES, SCORES)
def test_only_the_order_counts_and_sides_are_alike(drawn, true):
    assert auc([math.exp(x) for x in drawn], [math.exp(x) for x in true]) == auc(drawn, true)
    assert auc(drawn, true) == pytest.approx(1 - auc(true, drawn))


def test_certain_and_blind_detectors_have_their_values():
    assert auc([0.9, 0.8], [0.2, 0.1]) == 1
    assert auc([0.1], [0.9]) == 0
    assert auc([0.5] * 3, [0.5] * 4) == 0.5


def test_merged_parts_are_the_whole():
    left, right = Auc(), Auc()
    for index, (score, drawn) in enumerate([(0.9, True), (0.4, False), (0.3, True), (0.1, False)]):
        (left if index % 2 else right).update(score, drawn=drawn)
    left.merge(right)
    assert left.count == 4
    assert left.compute() == auc([0.9, 0.3], [0.4, 0.1])


@pytest.mark.parametrize(("drawn", "true"), [([], [0.1]), ([0.1], []), ([], [])])
def test_without_both_kinds_it_is_undefined(drawn, true):
    with pytest.raises(Undefined, match="both kinds"):
        auc(drawn, true)
    with pytest.raises(Undefined):
        Auc().compute()


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_scores_that_are_no_numbers_are_refused(bad):
    with pytest.raises(ValueError, match="NaN or infinite"):
        auc([bad], [0.1])
