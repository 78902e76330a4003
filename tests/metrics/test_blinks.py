from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vivant.errors import ShapeError, Undefined
from vivant.landmarks import SCORE_NAMES
from vivant.metrics.blink_agreement import (
    Blink,
    BlinkAgreement,
    blink_agreement,
    blinks,
    matched,
)

LEFT, RIGHT = SCORE_NAMES.index("eyeBlinkLeft"), SCORE_NAMES.index("eyeBlinkRight")


def blinking(*starts: int, frames: int = 60, peak: float = 0.8) -> np.ndarray:
    """Scores of a face that blinks for three frames from each start."""
    scores = np.full((frames, 52), 0.1)
    for start in starts:
        scores[start : start + 3, LEFT] = scores[start : start + 3, RIGHT] = peak
    return scores


def test_a_blink_that_trembles_at_the_limit_is_one():
    assert blinks(np.array([0.1, 0.52, 0.48, 0.51, 0.4, 0.36, 0.3])) == [Blink(1, 6)]


def test_eyes_closed_at_either_end_count():
    assert blinks(np.array([0.9, 0.9, 0.1, 0.1, 0.9])) == [Blink(0, 2), Blink(4, 5)]
    assert blinks(np.zeros(0)) == []
    assert blinks(np.full(9, 0.49)) == []


def test_copies_up_to_two_frames_off_are_hits():
    true = blinking(10, 30, 50)
    assert blink_agreement(true, true) == 1
    assert blink_agreement(blinking(12, 28, 50), true) == 1
    assert blink_agreement(blinking(13, 30, 50), true) == pytest.approx(2 / 3)
    assert blink_agreement(blinking(13, 30, 50), true, tolerance=3) == 1
    assert blink_agreement(blinking(20), true) == 0
    assert blink_agreement(blinking(10), true) == pytest.approx(2 * 1 / (1 + 3))


def test_a_wink_and_a_timid_blink_are_none():
    true = blinking(10)
    wink = true.copy()
    wink[:, RIGHT] = 0.1
    assert blink_agreement(wink, true) == 0
    assert blink_agreement(blinking(10, peak=0.45), true) == 0


def best(drawn: list[int], true: list[int], tolerance: int) -> int:
    """Every way to pair them up, tried."""
    short, long = sorted([drawn, true], key=len)
    return max(
        sum(abs(a - b) <= tolerance for a, b in zip(short, order, strict=False))
        for order in permutations(long)
    )


@given(
    st.lists(st.integers(0, 12), max_size=5, unique=True),
    st.lists(st.integers(0, 12), max_size=5, unique=True),
    st.integers(0, 3),
)
def test_no_pairing_finds_more_hits(drawn, true, tolerance):
    mine, theirs = ([Blink(start, start + 1) for start in sorted(all_)] for all_ in (drawn, true))
    assert matched(mine, theirs, tolerance) == best(drawn, true, tolerance)


def test_frames_one_by_one_and_performances_merged_count_all_blinks():
    totals = []
    pairs = [
        (blinking(10), blinking(11, 40)),
        (blinking(5, 25), blinking(25)),
        (blinking(), blinking()),
    ]
    for drawn, true in pairs:
        total = BlinkAgreement()
        for mine, theirs in zip(drawn, true, strict=True):
            total.update(mine, theirs)
        totals.append(total)
    assert totals[0].compute() == blink_agreement(*pairs[0])
    assert totals[0].counts().tolist() == [1, 0, 1]
    totals[0].merge(totals[1])
    totals[0].merge(totals[2])
    assert totals[0].counts().tolist() == [2, 1, 1]
    assert totals[0].compute() == pytest.approx(2 / 3)


def test_where_nobody_blinks_there_is_no_agreement():
    with pytest.raises(Undefined, match="neither face blinks"):
        blink_agreement(blinking(), blinking())
    with pytest.raises(Undefined):
        BlinkAgreement().compute()


def test_what_are_no_scores_is_refused():
    with pytest.raises(ShapeError, match="52"):
        blink_agreement(np.zeros((5, 51)), np.zeros((5, 51)))
    with pytest.raises(ShapeError):
        blink_agreement(np.zeros((5, 52)), np.zeros((6, 52)))
    with pytest.raises(ShapeError):
        blinks(np.zeros((5, 2)))
    with pytest.raises(ShapeError, match="not finite"):
        BlinkAgreement().update(np.full(52, np.nan), np.zeros(52))
