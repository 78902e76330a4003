from __future__ import annotations

import numpy as np
import pytest

from vivant.engines.fpn.normalise import five_of_68, interocular, normalised, similarity
from vivant.errors import ShapeError
from vivant.landmarks import LEFT_EYE, LIPS_OUTER, RIGHT_EYE
from vivant.types import Face

FACE = np.array([[100, 120], [164, 120], [132, 158], [106, 187], [158, 187]], float)


def moved(points: np.ndarray, turn: float, scale: float, shift: tuple[float, float]) -> np.ndarray:
    cos, sin = np.cos(turn), np.sin(turn)
    return points @ (scale * np.array([[cos, -sin], [sin, cos]])).T + shift


def carried(points: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    return points @ matrix[:2, :2].T + matrix[:2, 2]


def is_similarity(matrix: np.ndarray) -> bool:
    (a, b), (c, d) = matrix[:2, :2]
    return bool(np.isclose(a, d) and np.isclose(b, -c) and a * d - b * c > 0)


@pytest.mark.parametrize("way", ["similarity", "interocular"])
def test_where_a_face_was_and_how_large_and_turned_does_not_matter(way):
    def matrix(points: np.ndarray) -> np.ndarray:
        return similarity(points) if way == "similarity" else interocular(points[0], points[1])

    wanted = carried(FACE, matrix(FACE))
    for turn, scale, shift in ((0.4, 2.5, (300, -20)), (-1.2, 0.3, (5, 70))):
        points = moved(FACE, turn, scale, shift)
        assert is_similarity(matrix(points))
        np.testing.assert_allclose(carried(points, matrix(points)), wanted, atol=1e-9)


def test_similarity_is_the_best_of_all_similarities():
    # A face of the common shape is taken to the common places exactly.
    between, apart = FACE[:2].mean(axis=0), 64.0
    common = carried(FACE, similarity(FACE))
    shape = np.array([[-0.5, 0], [0.5, 0], [0, 0.6], [-0.4, 1.05], [0.4, 1.05]])
    wanted = carried(between + apart * shape, similarity(between + apart * shape))
    np.testing.assert_allclose(common, wanted, atol=1.5)
    points = FACE + np.random.default_rng(0).normal(0, 6, FACE.shape)
    best = similarity(points)

    def off(matrix: np.ndarray) -> float:
        return float(((carried(points, matrix) - wanted) ** 2).sum())

    for change in np.concatenate([np.eye(4), -np.eye(4)]):
        a, b, x, y = change * [1e-4, 1e-4, 1e-2, 1e-2]
        other = best.copy()
        other[:2, :2] += [[a, -b], [b, a]]
        other[:2, 2] += x, y
        assert off(other) > off(best)


def test_interocular_takes_the_eyes_to_fixed_places_whatever_the_face():
    wide = FACE + np.array([[0, 0], [0, 0], [5, 20], [-9, 30], [9, 30]])
    for points in (FACE, wide):
        eyes = carried(points[:2], interocular(points[0], points[1], size=256))
        np.testing.assert_allclose(eyes, [[91.66, 101.9], [163.34, 101.9]], atol=1e-6)
    least_squares = [carried(p, similarity(p))[:2] for p in (FACE, wide)]
    assert np.abs(least_squares[0] - least_squares[1]).max() > 1


def test_padding_shows_more_around_the_face():
    close, wide = similarity(FACE), similarity(FACE, padding=0.25)
    assert np.linalg.det(wide[:2, :2]) == pytest.approx(np.linalg.det(close[:2, :2]) / 1.5**2)
    middle = np.array([[127.5, 127.5]])
    frame_place = carried(middle, np.linalg.inv(close))
    np.testing.assert_allclose(carried(frame_place, wide), middle, atol=0.5)


def test_a_real_face_lies_upright_in_the_middle(hopper: np.ndarray, found: Face):
    points = found.landmarks[:, :2].astype(float)
    eyes = [points[list(ring)].mean(axis=0) for ring in (RIGHT_EYE, LEFT_EYE)]
    five = np.array([*eyes, points[4], points[LIPS_OUTER[0]], points[LIPS_OUTER[10]]])
    for matrix in (similarity(five), interocular(*eyes)):
        picture = normalised(hopper, matrix)
        assert picture.shape == (256, 256, 3)
        right, left, nose, *mouth = carried(five, matrix)
        assert abs(right[1] - left[1]) < 6
        assert right[0] < nose[0] < left[0]
        assert all(130 < corner[1] < 230 for corner in mouth)


def test_five_points_of_68():
    points = np.arange(136, dtype=float).reshape(68, 2)
    np.testing.assert_array_equal(
        five_of_68(points), [[77, 78], [89, 90], [60, 61], [96, 97], [108, 109]]
    )


def test_faces_without_extent_are_errors():
    with pytest.raises(ShapeError, match="one place"):
        similarity(np.zeros((5, 2)))
    with pytest.raises(ShapeError, match="one place"):
        interocular(np.zeros(2), np.zeros(2))
    with pytest.raises(ShapeError, match=r"\(68, 2\), finite"):
        five_of_68(np.zeros((5, 2)))
