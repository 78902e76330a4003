from __future__ import annotations

import math

import numpy as np
import pytest

from vivant.errors import ShapeError
from vivant.metrics.pose_error import PoseError, angle_errors, pose_error
from vivant.types import Pose, turned


def quaternion_angle(a: np.ndarray, b: np.ndarray) -> float:
    """The same angle a second way: by scipy's rotation vectors."""
    rotation = pytest.importorskip("scipy.spatial.transform").Rotation
    return math.degrees((rotation.from_matrix(a) * rotation.from_matrix(b).inv()).magnitude())


@pytest.mark.parametrize("seed", range(5))
def test_the_angle_is_that_of_scipy(seed):
    rng = np.random.default_rng(seed)
    a, b = (turned(*rng.uniform(-80, 80, 3)) for _ in range(2))
    assert pose_error(a, b) == pytest.approx(quaternion_angle(a, b))
    assert pose_error(a, b) == pytest.approx(pose_error(b, a))
    assert pose_error(Pose(a, np.zeros(3), 2.0), Pose(b, np.ones(3), 1.0)) == pose_error(a, b)


@pytest.mark.parametrize("degrees", [0.0, 1e-6, 0.01, 90.0, 179.999, 180.0])
def test_small_and_large_angles_keep_their_digits(degrees):
    assert pose_error(turned(0, 0, degrees), np.eye(3)) == pytest.approx(
        degrees, rel=1e-6, abs=1e-9
    )


def test_angles_take_the_short_way_round_and_keep_their_sign():
    errors = angle_errors(turned(170, 10, -170), turned(-170, 4, 170))
    assert errors == pytest.approx((-20, 6, 20))
    assert angle_errors(turned(5, 5, 5), turned(5, 5, 5)) == pytest.approx((0, 0, 0))


def test_float32_rotations_measure_the_same():
    a, b = turned(20, -10, 5), turned(-3, 8, 1)
    single = pose_error(a.astype(np.float32), b.astype(np.float32))
    assert single == pytest.approx(pose_error(a, b), abs=1e-4)


def test_halves_merged_are_the_whole_axis_by_axis():
    rng = np.random.default_rng(0)
    whole, left, right = PoseError(), PoseError(), PoseError()
    yaws = []
    for index in range(6):
        a, b = rng.uniform(-40, 40, (2, 3))
        yaws.append(abs(a[0] - b[0]))
        whole.update(turned(*a), turned(*b))
        (left if index < 2 else right).update(turned(*a), turned(*b))
    left.merge(right)
    assert left.compute() == pytest.approx(whole.compute())
    assert left.angles() == pytest.approx(whole.angles())
    assert left.angles().yaw == pytest.approx(np.mean(yaws))
    with pytest.raises(ValueError, match=r"call update\(\) first"):
        PoseError().angles()


@pytest.mark.parametrize(
    "wrong", [2 * np.eye(3), np.diag([1.0, 1.0, -1.0]), np.zeros((3, 3)), np.full((3, 3), np.nan)]
)
def test_what_is_no_rotation_is_refused(wrong):
    with pytest.raises(ShapeError):
        pose_error(wrong, np.eye(3))
    with pytest.raises(ShapeError):
        PoseError().update(np.eye(3), wrong)


def test_a_matrix_of_another_shape_is_refused():
    with pytest.raises(ShapeError, match="3, 3"):
        pose_error(np.eye(4), np.eye(4))
