from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from vivant.errors import SettingsError, ShapeError
from vivant.faces.pose import fit_pose
from vivant.landmarks import LEFT_EYE, RIGHT_EYE, SCORE_NAMES
from vivant.motion.performance import Performance, between, looped, mirrored


def test_it_tells_its_length_with_the_last_frame(performance: Performance) -> None:
    assert len(performance) == 6
    assert performance.seconds == 6 * Fraction(1001, 30000)
    assert replace(performance, rate=None).seconds == performance.seconds
    assert performance.missing == 1
    assert "six frames" in repr(performance)


@pytest.mark.parametrize(
    "change",
    [
        {"times": ()},
        {"times": (Fraction(0),) * 6},
        {"times": tuple(Fraction(index * 10**6) for index in range(6))},
        {"times": tuple(Fraction(index, 10**9 + 7) for index in range(6))},
        {"width": 0},
        {"height": 70_000},
        {"name": "two\nlines"},
        {"licence": "x" * 301},
    ],
)
def test_what_cannot_be_played_is_refused(performance: Performance, change) -> None:
    with pytest.raises(ShapeError):
        replace(performance, **change)


def test_faces_without_scores_are_refused(performance: Performance) -> None:
    plain = replace(performance.faces[0], scores=None)
    with pytest.raises(ShapeError, match="scores"):
        replace(performance, faces=(plain, *performance.faces[1:]))


def test_a_part_starts_at_its_own_zero(performance: Performance) -> None:
    part = between(performance, Fraction(1001, 30000), Fraction(4 * 1001, 30000))
    assert part.times == tuple(Fraction(1001 * index, 30000) for index in range(3))
    assert part.faces == performance.faces[1:4]
    assert between(performance, None, None) is performance
    with pytest.raises(SettingsError, match="nothing is left"):
        between(performance, Fraction(9), None)


def test_a_loop_goes_on_without_a_gap(performance: Performance) -> None:
    long = looped(performance, Fraction(1))
    assert set(np.diff(long.times)) == {Fraction(1001, 30000)}
    assert len(long) == 30
    assert long.faces[6:12] == performance.faces
    assert looped(performance, Fraction(1, 10)).faces == performance.faces[:3]
    for wrong in (Fraction(0), Fraction(-1), Fraction(3601)):
        with pytest.raises(SettingsError):
            looped(performance, wrong)


def test_the_mirrored_face_is_the_one_in_a_mirror(performance: Performance) -> None:
    before, after = performance.faces[0], mirrored(performance).faces[0]
    right, left = list(RIGHT_EYE), list(LEFT_EYE)
    expected = [639, 0, 0] + before.landmarks[left] * [-1, 1, 1]
    np.testing.assert_allclose(after.landmarks[right], expected, atol=1e-3)
    smile = SCORE_NAMES.index("mouthSmileLeft"), SCORE_NAMES.index("mouthSmileRight")
    assert after.scores[smile[0]] == before.scores[smile[1]]
    assert after.scores[SCORE_NAMES.index("jawOpen")] == before.scores[SCORE_NAMES.index("jawOpen")]
    assert after.pose.yaw == pytest.approx(-before.pose.yaw)
    fitted = fit_pose(after.landmarks)
    np.testing.assert_allclose(fitted.rotation, after.pose.rotation, atol=1e-4)
    np.testing.assert_allclose(fitted.translation, after.pose.translation, atol=1e-2)


def test_mirrored_twice_is_the_same(performance: Performance) -> None:
    again = mirrored(mirrored(performance))
    for one, two in zip(performance.faces, again.faces, strict=True):
        assert (one is None) == (two is None)
        if one is not None:
            np.testing.assert_allclose(one.landmarks, two.landmarks, atol=1e-3)
            np.testing.assert_array_equal(one.scores, two.scores)
