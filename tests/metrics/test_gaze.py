from __future__ import annotations

import math

import numpy as np
import pytest

from vivant.errors import ShapeError, Undefined
from vivant.landmarks import LEFT_EYE, LEFT_IRIS, RIGHT_EYE, RIGHT_IRIS
from vivant.metrics.gaze_error import RADIUS, GazeError, gaze, gaze_error
from vivant.types import turned
from vivant.weights.canonical import canonical_face


def looking(right: float, down: float, *, opened: float = 0.4, yaw: float = 0.0) -> np.ndarray:
    """Landmarks of a head of which only the eyes are true: a ball in each, turned so."""
    points = np.zeros((478, 3))
    aim = np.array([math.sin(math.radians(right)), math.sin(math.radians(down)), 0.0])
    for middle, eye, iris in [(-60.0, RIGHT_EYE, RIGHT_IRIS), (60.0, LEFT_EYE, LEFT_IRIS)]:
        out = math.copysign(20, middle)
        points[eye[0]] = [middle + out, 0, 0]
        points[eye[8]] = [middle - out, 0, 0]
        points[eye[4]] = [middle, 20 * opened, 0]
        points[eye[12]] = [middle, -20 * opened, 0]
        points[list(iris)] = [middle, 0, 0] + 40 * RADIUS * aim
    return points @ turned(yaw, 0, 0).T + [200.0, 150.0, 0.0]


@pytest.mark.parametrize(("right", "down"), [(0, 0), (20, 0), (-25, 0), (0, 15), (0, -12)])
def test_a_ball_turned_by_an_angle_is_seen_to_look_there(right, down):
    for eye in gaze(looking(right, down)):
        assert eye == pytest.approx((right, down), abs=1e-9)


def test_the_angle_between_two_gazes_is_that_of_their_directions():
    drawn, true = looking(20, 0), looking(0, 15)
    cosine = math.cos(math.radians(20)) * math.cos(math.radians(15))
    assert gaze_error(drawn, true) == pytest.approx(math.degrees(math.acos(cosine)))
    assert gaze_error(true, true) == 0


@pytest.mark.parametrize(
    ("one", "other", "angle"),
    [((30, 25), (-30, 25), 60.0), ((30, 20), (0, 20), 30.16), ((30, 25), (30, 25), 0.0)],
)
def test_gazes_aside_and_down_at_once_are_apart_by_what_the_ball_turned(one, other, angle):
    assert gaze_error(looking(*one), looking(*other)) == pytest.approx(angle, abs=0.01)


def test_neither_size_nor_place_nor_lean_nor_turn_of_the_head_changes_the_gaze():
    true = looking(15, 0)
    assert gaze(3 * true + [7, 9, 0])[0] == pytest.approx((15, 0))
    assert gaze(true @ turned(0, 0, 30).T)[1] == pytest.approx((15, 0))
    assert gaze(looking(15, 0, yaw=25))[0].right == pytest.approx(15, abs=0.5)
    assert gaze(true.astype(np.float32))[0] == pytest.approx((15, 0), abs=1e-3)


def test_both_eyes_of_a_canonical_face_agree_on_the_side():
    face = np.zeros((478, 3))
    face[:468] = canonical_face().vertices
    for eye, iris in [(RIGHT_EYE, RIGHT_IRIS), (LEFT_EYE, LEFT_IRIS)]:
        face[list(iris)] = face[[eye[0], eye[8]]].mean(axis=0) + np.array([0.4, 0.1, 0])
    right, left = gaze(face)
    assert right.right > 5
    assert left.right == pytest.approx(right.right, abs=0.5)


def test_closed_eyes_are_left_out_and_counted():
    total = GazeError()
    total.update(looking(10, 0, opened=0.05), looking(0, 0))
    total.update(looking(10, 0), looking(0, 0))
    other = GazeError()
    other.update(looking(0, 0), looking(0, 0, opened=0.0))
    total.merge(other)
    assert (total.count, total.closed) == (1, 2)
    assert total.compute() == pytest.approx(10)
    with pytest.raises(Undefined, match="no eye is open"):
        gaze_error(looking(0, 0, opened=0.1), looking(0, 0))


def test_one_open_eye_is_enough():
    winks = looking(10, 0)
    winks[[LEFT_EYE[4], LEFT_EYE[12]]] = winks[LEFT_EYE[0]]
    assert gaze(winks)[1] is None
    assert gaze_error(winks, looking(0, 0)) == pytest.approx(10)


def test_what_are_no_landmarks_is_refused():
    good = looking(0, 0)
    with pytest.raises(ShapeError, match="478"):
        gaze_error(good[:468], good[:468])
    with pytest.raises(ShapeError):
        gaze_error(good[:, :2], good)
    with pytest.raises(ShapeError, match="not finite"):
        gaze_error(np.full_like(good, np.nan), good)
    with pytest.raises(Undefined):
        gaze_error(np.zeros((478, 3)), np.zeros((478, 3)))
