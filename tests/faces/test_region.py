from __future__ import annotations

import cv2
import numpy as np
import pytest

from vivant.faces.region import LOOK_AROUND, Region, around, cut, inside, shared


@pytest.fixture(scope="module")
def ramp() -> np.ndarray:
    """Return a picture whose red is x / 8 and whose green is y / 8, unrounded."""
    y, x = np.mgrid[0:1200, 0:2000]
    return np.stack([x / 8, y / 8, 0 * x], axis=-1).astype(np.float32)


@pytest.mark.parametrize("side", [100, 300, 800, 1100])
@pytest.mark.parametrize("angle", [0.0, 0.4, -2.5])
def test_the_cut_shows_what_the_transform_says(ramp, side, angle):
    region = Region(970.3, 610.8, side, angle)
    shown = cut(ramp, region, 128, cv2.BORDER_REPLICATE)
    frame_from_crop = region.frame_from_crop(128)
    y, x = np.mgrid[0:128, 0:128]
    places = np.stack([x, y, np.ones_like(x)], axis=-1) @ frame_from_crop.T
    inside_picture = (places > 8).all(axis=-1) & (places < [1991, 1191]).all(axis=-1)
    apart = shown[..., :2] - places / 8
    assert np.abs(apart[inside_picture]).max() < 0.02, "a sixth of a pixel"


@pytest.mark.parametrize("side", [100, 900])
def test_beyond_the_picture_lies_the_border_that_was_asked_for(ramp, side):
    region = Region(2000 - 0.5, 600, side)
    black = cut(ramp, region, 128, cv2.BORDER_CONSTANT)
    stretched = cut(ramp, region, 128, cv2.BORDER_REPLICATE)
    assert (black[:, 70:] == 0).all()
    assert (stretched[:, 70:, 0] > 245).all()


def test_a_region_far_outside_is_still_drawn(ramp):
    for x, y in ((-5000, 600), (9000, 9000)):
        assert cut(ramp, Region(x, y, 900), 128, cv2.BORDER_REPLICATE).shape == (128, 128, 3)


@pytest.mark.parametrize("size", [(1, 1), (1, 900), (3, 3)])
def test_tiny_pictures_can_be_cut(size):
    image = np.full((*size, 3), 77, np.uint8)
    shown = cut(image, Region(0, 0, 900), 128, cv2.BORDER_REPLICATE)
    assert (shown == 77).all()


def test_shrinking_averages_noise_away():
    rng = np.random.default_rng(0)
    noise = rng.normal(128, 20, (1024, 1024, 1)).clip(0, 255).astype(np.uint8).repeat(3, axis=2)
    shown = cut(noise, Region(511.5, 511.5, 1024), 128, cv2.BORDER_REPLICATE)
    assert shown[8:-8, 8:-8, 0].std() < 5


def test_a_moved_region_shows_the_same_pixels_moved():
    rng = np.random.default_rng(0)
    image = cv2.GaussianBlur(rng.integers(0, 256, (1024, 1024, 3), np.uint8), (0, 0), 6)
    here = cut(image, Region(500, 500, 512), 128, cv2.BORDER_REPLICATE)
    there = cut(image, Region(508, 500, 512), 128, cv2.BORDER_REPLICATE)
    np.testing.assert_array_equal(here[:, 2:], there[:, :-2])


def test_the_next_look_is_level_with_the_eyes(tracker, portrait):
    (face,) = tracker.detect(portrait)
    region = around(face.landmarks)
    assert np.degrees(region.angle) == pytest.approx(face.pose.roll, abs=4)
    assert region.side == pytest.approx(LOOK_AROUND * max(face.box[2:]), rel=0.05)


def test_overlap_is_measured_both_ways():
    small, large = Region(0, 0, 2), Region(1, 1, 8)
    assert inside(small, large) == 1
    assert inside(large, small) == pytest.approx(4 / 64)
    assert shared(small, large) == shared(large, small) == pytest.approx(4 / 64)
    assert shared(small, Region(10, 0, 2)) == 0
