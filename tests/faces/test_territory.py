from __future__ import annotations

import numpy as np

from vivant.faces.territory import territory
from vivant.types import Face, Pose

SHAPE = (100, 300)


def face(x: float, side: float) -> Face:
    points = np.zeros((478, 3), np.float32)
    points[:, :2] = [x, 50]
    points[0, :2] = [x - side / 2, 50 - side / 2]
    points[1, :2] = [x + side / 2, 50 + side / 2]
    return Face(points, None, Pose(np.eye(3), np.zeros(3), 1.0), 1.0)


def test_a_face_that_is_alone_owns_the_picture():
    mine = face(50, 40)
    assert territory(SHAPE, [mine], mine) is None


def test_two_faces_of_one_size_meet_half_way():
    left, right = face(100, 40), face(200, 40)
    mine, other = territory(SHAPE, [left, right], left), territory(SHAPE, [left, right], right)
    assert mine is not None
    assert other is not None
    assert mine[50, 100] == 255
    assert mine[50, 200] == 0
    assert abs(int(mine[50, 150]) - 128) <= 1
    assert np.abs(mine.astype(int) + other - 255).max() <= 1


def test_a_larger_face_owns_more():
    large, small = face(100, 80), face(200, 40)
    mine = territory(SHAPE, [large, small], large)
    assert mine is not None
    assert mine[50, 150] == 255
    assert mine[50, 190] == 0
