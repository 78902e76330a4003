from __future__ import annotations

import numpy as np
import pytest

from vivant.errors import ShapeError
from vivant.landmarks import SCORE_NAMES
from vivant.metrics.background import BackgroundChange, background_change
from vivant.metrics.expression import MOVES, ExpressionAgreement, agreement, grouped
from vivant.metrics.jitter import Jitter, jitter

JAW, BLINK = SCORE_NAMES.index("jawOpen"), SCORE_NAMES.index("eyeBlinkLeft")


def performance(frames: int = 60, seed: int = 0) -> np.ndarray:
    """Scores in which jaw and left lid move, and nothing else does."""
    scores = np.full((frames, len(SCORE_NAMES)), 0.1)
    rng = np.random.default_rng(seed)
    scores[:, JAW] = 0.4 + 0.3 * np.sin(np.arange(frames) / 4 + seed)
    scores[:, BLINK] = rng.uniform(0, 1, frames)
    scores[:, SCORE_NAMES.index("_neutral")] = rng.uniform(0, 1, frames)
    return scores


def test_only_scores_that_move_count_and_neutral_never_does():
    scores = performance()
    assert set(agreement(scores, scores)) == {"jawOpen", "eyeBlinkLeft"}
    assert agreement(scores, scores)["jawOpen"] == pytest.approx((1, 1))
    assert (scores[:, JAW].std() > MOVES) is np.True_


def test_correlation_and_slope_are_those_of_numpy():
    driver = performance()
    result = driver + np.random.default_rng(1).normal(0, 0.2, driver.shape)
    found = agreement(result, driver)["jawOpen"]
    assert found.correlation == pytest.approx(np.corrcoef(result[:, JAW], driver[:, JAW])[0, 1])
    assert found.slope == pytest.approx(np.polyfit(driver[:, JAW], result[:, JAW], 1)[0])


def test_a_result_that_stands_still_has_neither():
    driver = performance()
    assert agreement(np.full_like(driver, 0.3), driver)["jawOpen"] == pytest.approx((0, 0))


def test_a_timid_result_shows_in_the_slope_only():
    driver = performance()
    found = grouped(0.25 * driver, driver)
    assert found["jawOpen"].correlation == pytest.approx(1)
    assert found["jawOpen"].slope == pytest.approx(0.25)
    assert set(found) == {"jawOpen", "eyeBlink"}


def test_performances_merged_stay_apart():
    totals = []
    for seed in range(2):
        total = ExpressionAgreement()
        driver = performance(seed=seed)
        result = driver + np.random.default_rng(seed).normal(0, 0.1 + seed, driver.shape)
        for mine, theirs in zip(result, driver, strict=True):
            total.update(mine, theirs)
        totals.append(total)
    apart = [total.compute() for total in totals]
    totals[0].merge(totals[1])
    assert totals[0].compute() == pytest.approx(np.mean(apart))


def test_a_driver_that_stands_still_gives_no_agreement():
    total = ExpressionAgreement()
    assert agreement(np.zeros((5, 52)), np.zeros((5, 52))) == {}
    with pytest.raises(ValueError, match="no score of the driver moves"):
        total.compute()
    with pytest.raises(ShapeError, match="52"):
        agreement(np.zeros((5, 51)), np.zeros((5, 51)))


def test_background_change_counts_the_background_only():
    portrait = np.random.default_rng(0).integers(0, 200, (20, 30, 3), np.uint8)
    drawn = portrait.copy()
    drawn[5:10, 5:10] += 50
    drawn[0, 0] += 4
    behind = np.ones((20, 30), bool)
    behind[5:10, 5:10] = False
    assert background_change(drawn, portrait, behind) == pytest.approx(4 / behind.sum())
    with pytest.raises(ShapeError, match="0 pixels"):
        background_change(drawn, portrait, np.zeros((20, 30), bool))
    total = BackgroundChange()
    total.update(drawn, portrait, behind)
    total.update(portrait, portrait, behind)
    assert total.compute() == pytest.approx(2 / behind.sum())


def test_jitter_is_the_standard_deviation_over_time_in_one_go_or_in_parts():
    points = np.random.default_rng(0).normal(300, 0.1, (50, 7, 2))
    left, right = Jitter(), Jitter()
    for index, frame in enumerate(points):
        (left if index < 20 else right).update(frame)
    left.merge(right)
    assert jitter(points) == pytest.approx(points.std(axis=0).mean())
    assert left.compute() == pytest.approx(jitter(points), rel=1e-9)
    empty = Jitter()
    empty.merge(left)
    assert empty.compute() == pytest.approx(jitter(points), rel=1e-9)
    with pytest.raises(ValueError, match="two frames"):
        Jitter().compute()
    with pytest.raises(ShapeError):
        jitter(points[:1])
