from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from vivant.errors import PathRefused
from vivant.landmarks import LEFT_EYE, SCORE_NAMES
from vivant.motion.shipped import SIDE, shipped, shipped_names, shown_by

WANTED = {"rest", "nod", "shake", "smile", "blink", "surprise", "talk"}


def test_all_that_were_promised_are_there() -> None:
    assert set(shipped_names()) == WANTED
    for name in WANTED:
        assert shown_by(name)


@pytest.mark.parametrize("name", shipped_names())
def test_each_begins_at_rest_moves_smoothly_and_comes_back(name: str) -> None:
    performance = shipped(name)
    assert 2 <= performance.seconds <= 6
    assert performance.rest == 0
    first, last = performance.faces[0], performance.faces[-1]
    assert not first.scores.any()
    assert (first.pose.yaw, first.pose.pitch, first.pose.roll) == (0, 0, 0)
    assert np.abs(first.landmarks - last.landmarks).max() < 1.0
    points = np.array([face.landmarks for face in performance.faces])
    assert points[..., :2].min() > 0
    assert points[..., :2].max() < SIDE
    assert np.abs(np.diff(points, axis=0)).max() < 0.03 * SIDE
    assert np.ptp(points, axis=0).max() > 3


@pytest.mark.parametrize("name", shipped_names())
def test_scores_are_scores(name: str) -> None:
    scores = np.array([face.scores for face in shipped(name).faces])
    assert scores.min() >= 0
    assert scores.max() <= 1


def lid(face) -> float:  # type: ignore[no-untyped-def]
    return float(face.landmarks[LEFT_EYE[4], 1] - face.landmarks[LEFT_EYE[12], 1])


def test_they_show_what_they_say() -> None:
    poses = {name: [face.pose for face in shipped(name).faces] for name in WANTED}
    assert min(pose.pitch for pose in poses["nod"]) < -8
    assert (
        max(pose.yaw for pose in poses["shake"]) > 8 > -8 > min(pose.yaw for pose in poses["shake"])
    )
    peak = {name: np.max([face.scores for face in shipped(name).faces], axis=0) for name in WANTED}
    assert peak["smile"][SCORE_NAMES.index("mouthSmileLeft")] > 0.7
    assert peak["surprise"][SCORE_NAMES.index("browInnerUp")] > 0.7
    assert peak["talk"][SCORE_NAMES.index("jawOpen")] > 0.3
    lids = [lid(face) for face in shipped("blink").faces]
    assert min(lids) < 0.2 * lids[0]
    assert sum(a >= 0.5 * lids[0] > b for a, b in pairwise(lids)) == 3


def test_an_unknown_name_offers_the_nearest() -> None:
    with pytest.raises(PathRefused, match="did you mean 'smile'"):
        shipped("smiel")
