from __future__ import annotations

import numpy as np
import pytest

from vivant.errors import FaceIndexError, SettingsError
from vivant.faces.select import choose, left_to_right
from vivant.types import Face, Pose


def face(x: float, y: float, size: float) -> Face:
    """Return a face whose box starts at (x, y)."""
    corners = np.array([[x, y, 0], [x + size, y + size, 0]], np.float32)
    landmarks = corners[np.arange(478) % 2]
    return Face(landmarks, np.zeros(52, np.float32), Pose(np.eye(3), np.zeros(3), 1.0), 1.0)


MIDDLE, LEFT, RIGHT = face(100, 50, 80), face(10, 20, 60), face(150, 60, 70)
FACES = (MIDDLE, LEFT, RIGHT)


def test_the_largest_is_the_one_with_the_largest_box():
    assert choose(FACES, "largest", "portrait.png") is MIDDLE


@pytest.mark.parametrize("wanted", [1, "1", " 1 "])
def test_an_index_counts_from_the_left(wanted):
    assert left_to_right(FACES) == (LEFT, MIDDLE, RIGHT)
    assert choose(FACES, wanted, "portrait.png") is MIDDLE


@pytest.mark.parametrize("wanted", ["12,30", "12.5, 30.0"])
def test_a_position_chooses_the_face_around_it(wanted):
    assert choose(FACES, wanted, "portrait.png") is LEFT


def test_where_boxes_overlap_the_nearest_middle_is_chosen():
    assert choose(FACES, "178,95", "portrait.png") is RIGHT
    assert choose(FACES, "152,95", "portrait.png") is MIDDLE


@pytest.mark.parametrize("wanted", [3, "7", "300,300", "-5,10"])
def test_a_face_that_is_not_there_is_an_error_that_counts_them(wanted):
    with pytest.raises(FaceIndexError, match=r"portrait\.png: .* 3 faces") as caught:
        choose(FACES, wanted, "portrait.png")
    assert caught.value.found == 3


def test_without_faces_even_the_largest_is_an_error():
    with pytest.raises(FaceIndexError):
        choose((), "largest", "portrait.png")


@pytest.mark.parametrize("wanted", ["biggest", "1,2,3", "a,b", "", "-1"])
def test_what_is_not_understood_is_an_error_that_lists_the_forms(wanted):
    with pytest.raises(SettingsError, match="'largest', an index from 0, or a position"):
        choose(FACES, wanted, "portrait.png")
