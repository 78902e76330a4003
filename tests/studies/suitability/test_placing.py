from __future__ import annotations

import numpy as np
import pytest

from vivant import samples
from vivant.landmarks import LEFT_EYE, RIGHT_EYE
from vivant.media import read_image
from vivant.studies.suitability.placing import POSITIONS, SIZES, Place, placed

SIDE, LENGTH = 256, 130.0


@pytest.fixture(scope="module")
def portrait(tracker):
    image = read_image(samples.portrait())
    return image, tracker.detect(image)[0]


@pytest.mark.parametrize("place", [SIZES[1], SIZES[2], SIZES[3], SIZES[4], *POSITIONS[1:4]])
def test_a_face_gets_the_size_and_the_place_that_were_asked(portrait, tracker, place):
    picture = placed(*portrait, place, LENGTH, SIDE)
    assert picture.shape == (SIDE, SIDE, 3)
    assert picture.dtype == np.uint8
    x, y, width, height = tracker.detect(picture)[0].box
    assert max(width, height) == pytest.approx(place.share * LENGTH, rel=0.08)
    near = 0.04 * SIDE
    middle = (SIDE - width) / 2
    wanted_x = {"left": 0.0, "right": SIDE - width}.get(place.where, middle)
    wanted_y = {"top": 0.0}.get(place.where, (SIDE - height) / 2)
    assert x == pytest.approx(wanted_x, abs=near)
    assert y == pytest.approx(wanted_y, abs=near)


def test_cut_leaves_the_eyes_and_takes_the_brows(portrait, tracker):
    (face, *_) = tracker.detect(placed(*portrait, POSITIONS[4], LENGTH, SIDE))
    eyes = face.landmarks[[*LEFT_EYE, *RIGHT_EYE], 1]
    assert -0.03 * SIDE < eyes.min() < 0.08 * SIDE
    assert face.landmarks[10, 1] < 0  # the forehead is above the picture


def test_what_lies_inside_stays_sharp_and_what_is_continued_is_smooth():
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 256, (64, 64, 3), np.uint8)
    from vivant.studies.suitability.placing import _shown

    picture = _shown(noise, np.array([96, 96]), 256)
    np.testing.assert_array_equal(picture[96:160, 96:160], noise)
    outside = picture[:40].astype(float)
    assert np.abs(np.diff(outside, axis=1)).mean() < 0.2 * np.abs(np.diff(noise, axis=1)).mean()
    np.testing.assert_allclose(picture[0, 0], noise[0, 0], atol=60)


def test_the_portrait_itself_is_left_alone(portrait):
    image, face = portrait
    before = image.copy()
    placed(image, face, Place("same"), LENGTH, SIDE)
    np.testing.assert_array_equal(image, before)
