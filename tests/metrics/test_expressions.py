from __future__ import annotations

import numpy as np
import pytest

from vivant.action_units import PRESENCE_NAMES, intensities, presences
from vivant.errors import ShapeError, Undefined
from vivant.metrics.action_unit_correlation import ActionUnitCorrelation, action_unit_correlations
from vivant.metrics.action_unit_presence import ActionUnitPresence
from vivant.metrics.action_units import ActionUnits, action_units
from vivant.metrics.expression_distance import ExpressionDistance, expression_distance
from vivant.metrics.f1 import f1


def faces(seed: int = 0, frames: int = 30) -> tuple[np.ndarray, np.ndarray]:
    """Scores of a drawn and a true face over time."""
    true, noise = np.random.default_rng(seed).uniform(0, 1, (2, frames, 52))
    true = true**3
    return np.clip(true + 0.4 * (noise - 0.5), 0, 1), true


def test_expression_distance_is_that_of_the_definition_without_neutral():
    drawn, true = (scores[0] for scores in faces())
    expected = sum(abs(drawn[index] - true[index]) for index in range(1, 52)) / 51
    assert expression_distance(drawn, true) == pytest.approx(expected)
    true[0] = 1 - drawn[0]
    assert expression_distance(drawn, true) == pytest.approx(expected)
    assert expression_distance(true, true) == 0


def test_action_units_are_compared_on_their_scale():
    drawn, true = faces()
    total = ActionUnits()
    for mine, theirs in zip(drawn, true, strict=True):
        total.update(mine, theirs)
    errors = np.abs(intensities(drawn) - intensities(true))
    assert total.compute() == pytest.approx(errors.mean())
    np.testing.assert_allclose(list(total.units().values()), errors.mean(axis=0))
    assert action_units(drawn[0], drawn[0]) == 0


def test_f1_of_presence_is_counted_unit_by_unit():
    drawn, true = faces(1)
    total = ActionUnitPresence()
    for mine, theirs in zip(drawn, true, strict=True):
        total.update(mine, theirs)
    expected = {}
    for index, name in enumerate(PRESENCE_NAMES):
        mine = {frame for frame in range(30) if presences(drawn[frame])[index]}
        theirs = {frame for frame in range(30) if presences(true[frame])[index]}
        if mine or theirs:
            expected[name] = 2 * len(mine & theirs) / (len(mine) + len(theirs))
    assert total.units() == pytest.approx(expected)
    assert total.compute() == pytest.approx(np.mean(list(expected.values())))


def test_f1_is_that_of_scikit_learns_definition():
    assert f1(3, 0, 0) == 1
    assert f1(0, 3, 2) == 0
    precision, recall = 4 / 5, 4 / 7
    assert f1(4, 1, 3) == pytest.approx(2 * precision * recall / (precision + recall))
    with pytest.raises(Undefined, match="nothing to find"):
        f1(0, 0, 0)


def test_units_that_never_act_have_no_f1():
    total = ActionUnitPresence()
    total.update(np.zeros(52), np.zeros(52))
    assert total.units() == {}
    with pytest.raises(Undefined, match="no unit acts"):
        total.compute()


def test_correlation_is_numpys_of_those_units_that_move():
    drawn, true = faces(2, 60)
    found = action_unit_correlations(drawn, true)
    mine, theirs = intensities(drawn), intensities(true)
    moving = [index for index in range(17) if theirs[:, index].std() > 0.25]
    expected = [np.corrcoef(mine[:, index], theirs[:, index])[0, 1] for index in moving]
    np.testing.assert_allclose(list(found.values()), expected)
    still = action_unit_correlations(np.tile(drawn[0], (60, 1)), true)
    assert set(still.values()) == {0.0}


def test_correlations_of_performances_stay_apart_when_merged():
    totals = []
    for seed in range(2):
        total = ActionUnitCorrelation()
        for mine, theirs in zip(*faces(seed), strict=True):
            total.update(mine, theirs)
        totals.append(total)
    apart = [total.compute() for total in totals]
    assert apart[0] != apart[1]
    totals[0].merge(totals[1])
    assert totals[0].compute() == pytest.approx(np.mean(apart))


def test_a_driver_that_stands_still_has_no_correlation():
    total = ActionUnitCorrelation()
    with pytest.raises(Undefined, match="no unit of the driver moves"):
        total.compute()
    for _ in range(5):
        total.update(np.ones(52), np.zeros(52))
    with pytest.raises(Undefined):
        total.compute()


@pytest.mark.parametrize("cls", [ExpressionDistance, ActionUnits, ActionUnitPresence])
def test_halves_merged_are_the_whole(cls):
    whole, left, right = cls(), cls(), cls()
    for index, (mine, theirs) in enumerate(zip(*faces(), strict=True)):
        whole.update(mine, theirs)
        (left if index < 11 else right).update(mine, theirs)
    left.merge(right)
    assert left.compute() == pytest.approx(whole.compute())
    if cls is not ExpressionDistance:
        assert left.units() == pytest.approx(whole.units())


@pytest.mark.parametrize(
    "cls", [ExpressionDistance, ActionUnits, ActionUnitPresence, ActionUnitCorrelation]
)
def test_bytes_of_the_wrong_kind_are_refused_by_name(cls):
    with pytest.raises(ShapeError, match=r"52.*\(51,\)"):
        cls().update(np.zeros(51), np.zeros(51))
    with pytest.raises(ShapeError):
        cls().update(np.zeros(52), np.zeros(51))
    with pytest.raises(ShapeError, match="not finite"):
        cls().update(np.zeros(52), np.full(52, np.nan))
    small = cls()
    single = np.random.default_rng(0).uniform(0, 1, (2, 52)).astype(np.float32)
    small.update(*single)
