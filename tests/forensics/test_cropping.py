from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vivant import samples
from vivant.errors import ShapeError
from vivant.faces.track import FaceTracker
from vivant.forensics import cropping
from vivant.media import read_image

SIDES = st.integers(2, 500)


def as_published(x1, y1, x2, y2, width, height):
    """The square that FaceForensics' public code cuts around a box in whole pixels."""
    side = int(max(x2 - x1, y2 - y1) * 1.3)
    left = max((x1 + x2) // 2 - side // 2, 0)
    top = max((y1 + y2) // 2 - side // 2, 0)
    return left, top, min(height - top, width - left, side)


@given(st.integers(0, 300), st.integers(0, 300), SIDES, SIDES)
def test_the_square_is_that_of_the_public_code(x, y, wide, tall):
    width, height = 320, 340
    wanted = as_published(x, y, x + wide, y + tall, width, height)
    if wanted[2] < 1:
        with pytest.raises(ShapeError):
            cropping.square((x, y, wide, tall), 1.3, width, height)
        return
    assert cropping.square((x, y, wide, tall), 1.3, width, height) == wanted


def test_what_is_cut_is_the_face_at_the_size_asked_for():
    image = read_image(samples.portrait())
    (face, *_) = FaceTracker().detect(image)
    seen = cropping.cut(image, face, scale=1.3, size=299)
    assert seen.shape == (299, 299, 3)
    left, top, side = cropping.square(face.box, 1.3, image.shape[1], image.shape[0])
    part = image[top : top + side, left : left + side]
    np.testing.assert_allclose(seen.mean(axis=(0, 1)), part.mean(axis=(0, 1)), atol=1)
    x, y, wide, tall = face.box
    assert left <= x
    assert top <= y
    assert left + side >= x + wide
    assert side == pytest.approx(1.3 * max(wide, tall), abs=1)
