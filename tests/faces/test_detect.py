from __future__ import annotations

import numpy as np
import pytest

from vivant.faces.detect import (
    _ANCHORS,
    SMALLEST_TILE,
    _merged,
    _shared,
    second_looks,
    whole,
)


def place(x: float, y: float, size: float) -> np.ndarray:
    return np.array([[x, y], [size, size], *[[x, y]] * 6])


def test_there_are_896_anchors_inside_the_square():
    assert _ANCHORS.shape == (896, 2)
    assert _ANCHORS.min() == pytest.approx(0.5 / 16)
    assert _ANCHORS.max() == pytest.approx(1 - 0.5 / 16)
    np.testing.assert_allclose(_ANCHORS.mean(axis=0), 0.5)


def test_boxes_of_one_face_are_averaged_by_score():
    places = np.array([place(0.50, 0.5, 0.2), place(0.54, 0.5, 0.2), place(0.9, 0.9, 0.1)])
    merged = list(_merged(places, np.array([0.6, 0.9, 0.7]), 0.3))
    assert [score for score, _ in merged] == [0.9, 0.7]
    assert merged[0][1][0, 0] == pytest.approx((0.6 * 0.50 + 0.9 * 0.54) / 1.5)
    np.testing.assert_allclose(merged[1][1], places[2])


def test_nothing_merges_into_nothing():
    assert list(_merged(np.zeros((0, 8, 2)), np.zeros(0), 0.3)) == []


def test_overlap_is_intersection_over_union():
    box = np.array([0.0, 0, 2, 2])
    boxes = np.array([[0.0, 0, 2, 2], [1, 0, 3, 2], [5, 5, 6, 6], [0, 0, 0, 0]])
    np.testing.assert_allclose(_shared(box, boxes), [1, 1 / 3, 0, 0])


@pytest.mark.parametrize("size", [(1080, 1920), (600, 512), (300, 4000), (20000, 500)])
def test_further_looks_cover_the_picture_and_stay_few(size):
    image = np.broadcast_to(np.zeros((1, 1, 3), np.uint8), (*size, 3))
    passes = list(second_looks(image))
    assert sum(len(regions) for regions in passes) < 400
    for regions in passes[1:]:
        assert all(region.side >= SMALLEST_TILE for region in regions)
        for point in ((0, 0), (size[1] - 1, size[0] - 1), (size[1] / 3, size[0] / 1.7)):
            assert any(
                abs(point[0] - region.x) <= region.side / 2
                and abs(point[1] - region.y) <= region.side / 2
                for region in regions
            )


def test_the_first_look_takes_the_whole_picture():
    region = whole(np.zeros((100, 301, 3), np.uint8))
    assert (region.x, region.y, region.side, region.angle) == (150, 49.5, 301, 0)
