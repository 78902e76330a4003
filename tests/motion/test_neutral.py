from __future__ import annotations

from fractions import Fraction

import numpy as np

from vivant.motion.neutral import Neutral
from vivant.types import Motion


def motion(value: float) -> Motion:
    return Motion({"value": np.float32([value])})


def blend(a: Motion, b: Motion, share: float) -> Motion:
    return motion(float(a.arrays["value"][0] * (1 - share) + b.arrays["value"][0] * share))


def value(neutral: Neutral, time: float) -> float:
    return float(neutral.at(blend, Fraction(time)).arrays["value"][0])


def test_a_calmer_face_takes_over_little_by_little() -> None:
    neutral = Neutral.of(motion(0), unrest=2.0)
    assert value(neutral, 1) == 0
    neutral.see(motion(1), 1.0)
    first = value(neutral, 1.04)
    assert 0 < first < 0.1
    assert first < value(neutral, 1.5) < 1
    assert value(neutral, 5) == 1


def test_a_livelier_face_changes_nothing() -> None:
    neutral = Neutral.of(motion(0), unrest=2.0)
    neutral.see(motion(1), 3.0)
    assert value(neutral, 10) == 0


def test_a_face_that_was_asked_for_stays() -> None:
    neutral = Neutral.of(motion(0))
    neutral.see(motion(1), 0.0)
    assert value(neutral, 10) == 0
