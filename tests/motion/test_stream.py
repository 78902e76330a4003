from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from vivant.landmarks import SCORE_NAMES
from vivant.motion.neutral import unrest
from vivant.motion.stream import LEAVE_SECONDS, RETURN_SECONDS, Stream
from vivant.types import Pose

FRONTAL = Pose(np.eye(3), np.zeros(3), 1.0)


def test_easing_to_rest_and_back_takes_its_time_at_any_rate() -> None:
    for rate in (10, 25, 60):
        stream, step = Stream(), Fraction(1, rate)
        for index in range(rate + 1):
            away = stream.ease(index * step, present=False)
            if index * step < LEAVE_SECONDS * 0.9:
                assert away < 1
        assert away == 1
        start = stream.time
        assert start is not None
        index = 0
        while stream.ease(start + (index := index + 1) * step, present=True) > 0:
            assert index * step < RETURN_SECONDS + 2 * step
        assert index * step >= RETURN_SECONDS * 0.99


def test_a_present_face_is_followed_at_once() -> None:
    assert Stream().ease(Fraction(0), present=True) == 0


def test_open_mouths_closed_eyes_and_turned_heads_are_further_from_rest() -> None:
    rest = unrest(np.zeros(52), FRONTAL)
    for name in ("jawOpen", "eyeBlinkLeft", "mouthSmileRight", "browInnerUp"):
        scores = np.zeros(52)
        scores[SCORE_NAMES.index(name)] = 0.8
        assert unrest(scores, FRONTAL) > rest, name
    c, s = np.cos(0.3), np.sin(0.3)
    turned = Pose(np.array([[c, 0, -s], [0, 1, 0], [s, 0, c]]), np.zeros(3), 1.0)
    assert unrest(np.zeros(52), turned) == pytest.approx(np.degrees(0.3) / 20)
    assert unrest(np.zeros(52), turned, turned) == pytest.approx(0, abs=1e-6)
