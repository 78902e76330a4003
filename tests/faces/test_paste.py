from __future__ import annotations

import numpy as np
import pytest

from vivant.faces import crop as cropping
from vivant.faces.paste import Paster
from vivant.pixels import mix
from vivant.types import Drawn

RNG = np.random.default_rng(3)
PORTRAIT = RNG.integers(0, 256, (200, 300, 3), np.uint8)


def shift(x: float, y: float, scale: float = 1.0) -> np.ndarray:
    return np.array([[scale, 0, -x * scale], [0, scale, -y * scale], [0, 0, 1]])


@pytest.mark.parametrize("place", [(40, 30), (-20, -10), (250, 150), (280, -30), (1000, 0)])
def test_an_exact_crop_comes_back_to_its_own_pixels(place: tuple[int, int]) -> None:
    matrix = shift(*place)
    drawn = Drawn(cropping.cut(PORTRAIT, matrix, 64), np.full((64, 64), 255, np.uint8))
    np.testing.assert_array_equal(Paster(PORTRAIT, matrix, 64)(drawn), PORTRAIT)


def test_where_alpha_is_nought_the_portrait_stays() -> None:
    alpha = np.zeros((64, 64), np.uint8)
    alpha[20:30, 20:30] = 255
    image = np.full((64, 64, 3), 7, np.uint8)
    pasted = Paster(PORTRAIT, shift(100, 50), 64)(Drawn(image, alpha))
    changed = (pasted != PORTRAIT).any(axis=2)
    assert changed[70:80, 120:130].all()
    changed[70:80, 120:130] = False
    assert not changed.any()


def test_the_portrait_itself_is_not_touched() -> None:
    before = PORTRAIT.copy()
    Paster(PORTRAIT, shift(10, 10), 64)(Drawn(np.zeros((64, 64, 3), np.uint8)))
    np.testing.assert_array_equal(PORTRAIT, before)


def test_a_resampled_crop_lands_in_its_place_without_a_seam() -> None:
    y, x = np.mgrid[0:200, 0:300]
    smooth = np.dstack([x * 0.8, y * 1.2, (x + y) * 0.5]).astype(np.uint8)
    matrix = shift(60.3, 40.7, scale=0.5)
    drawn = Drawn(cropping.cut(smooth, matrix, 64))
    pasted = Paster(smooth, matrix, 64)(drawn)
    assert np.abs(pasted.astype(int) - smooth).max() <= 3


def test_without_alpha_the_drawing_fades_towards_its_border() -> None:
    grey = np.full((200, 300, 3), 100, np.uint8)
    pasted = Paster(grey, shift(100, 50), 64)(Drawn(np.full((64, 64, 3), 200, np.uint8)))
    assert pasted[82, 132].tolist() == [200, 200, 200]
    assert pasted[50, 132, 0] < 110
    assert np.abs(np.diff(pasted[50:114, 132, 0].astype(int))).max() < 50


def test_mixing_is_linear_in_alpha() -> None:
    below, above = np.full((1, 3, 3), 100, np.uint8), np.full((1, 3, 3), 200, np.uint8)
    mix(below, above, np.array([[0, 51, 255]], np.uint8))
    assert below[0, :, 0].tolist() == [100, 120, 200]
