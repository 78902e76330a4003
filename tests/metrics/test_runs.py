from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from vivant.errors import ShapeError
from vivant.metrics.catalogue import FACE, METRICS, RUN, TIME, about
from vivant.metrics.expression import agreement
from vivant.metrics.first_frame import FirstFrame
from vivant.metrics.jitter import Jitter, jitter
from vivant.metrics.missed import Missed, missed
from vivant.metrics.pace import Pace
from vivant.metrics.peak_memory import PeakMemory


def test_missed_frames_are_a_share_of_all_frames_of_all_clips():
    left, right = Missed(), Missed()
    for face in [True, False]:
        left.update(face)
    for face in [True] * 6:
        right.update(face)
    left.merge(right)
    assert left.compute() == missed([False] + 7 * [True]) == 1 / 8
    assert missed([True]) == 0
    assert missed([False]) == 1
    with pytest.raises(ValueError, match=r"call update\(\) first"):
        missed([])


def test_pace_is_all_frames_over_all_seconds():
    left, right = Pace(), Pace()
    left.update(100, 1.0)
    right.update(100, 9.0)
    left.merge(right)
    assert left.compute() == 20
    with pytest.raises(ShapeError, match="frames"):
        left.update(-1, 1.0)


def test_the_first_frame_is_a_mean_and_memory_a_most():
    first, peak, other = FirstFrame(), PeakMemory(), PeakMemory()
    for seconds in (1.0, 2.0):
        first.update(seconds)
    peak.update(300)
    other.update(500)
    peak.merge(other)
    assert first.compute() == 1.5
    assert peak.compute() == 500


@pytest.mark.parametrize("wrong", [0.0, -1.0, math.nan, math.inf])
def test_what_was_not_measured_is_refused(wrong):
    for add in (FirstFrame().update, PeakMemory().update, lambda value: Pace().update(3, value)):
        with pytest.raises(ShapeError, match="over 0"):
            add(wrong)


@pytest.mark.parametrize("cls", [Missed, Pace, FirstFrame, PeakMemory])
def test_nothing_added_is_an_error_that_says_what_to_do(cls):
    with pytest.raises(ValueError, match=r"call update\(\) first"):
        cls().compute()


def test_points_and_scores_over_time_that_are_not_finite_are_refused():
    points = np.full((3, 5, 2), np.nan)
    with pytest.raises(ShapeError, match="not finite"):
        jitter(points)
    with pytest.raises(ShapeError, match="not finite"):
        Jitter().update(points[0])
    with pytest.raises(ShapeError, match="not finite"):
        agreement(np.full((4, 52), np.inf), np.zeros((4, 52)))


@pytest.mark.parametrize("name", METRICS)
def test_every_metric_has_a_unit_a_direction_and_a_line_on_itself(name):
    cls = METRICS[name]
    assert cls.unit
    assert cls.higher_is_better in (True, False, None)
    assert callable(cls.merge)
    assert callable(cls.compute)
    assert about(name).endswith(".")


@pytest.mark.parametrize("name", FACE | TIME | RUN)
def test_every_metric_of_faces_and_videos_is_defined_in_the_docs(name):
    page = Path(__file__).parents[2] / "docs" / "metrics.md"
    arrow = {True: "↑", False: "↓"}[METRICS[name].higher_is_better]
    rows = [
        line for line in page.read_text(encoding="utf-8").splitlines() if f"| `{name}` |" in line
    ]
    assert len(rows) == 1
    assert rows[0].endswith(f"| {arrow} |")
