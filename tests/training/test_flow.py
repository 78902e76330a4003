from __future__ import annotations

import cv2
import numpy as np

from vivant.media import read_image
from vivant.samples import portrait
from vivant.training import flow


def test_a_shift_that_the_map_misses_is_wanted_back() -> None:
    picture = cv2.resize(read_image(portrait()), (256, 256), interpolation=cv2.INTER_AREA)
    truth = cv2.warpAffine(
        picture, np.array([[1.0, 0, 3], [0, 1, 0]]), (256, 256), borderMode=cv2.BORDER_REPLICATE
    )  # all lies 3 pixels further right than the map says
    line = np.arange(0, 256, 2) + 0.5
    dense = np.dstack(np.meshgrid(line, line)).astype(np.float32)
    wanted, trust = flow.wanted(picture, truth, dense, np.full((64, 64), 255, np.uint8))
    assert trust.mean() > 0.5
    middle = np.median(wanted[8:-8, 8:-8] * 256, axis=(0, 1))
    np.testing.assert_allclose(middle, [-3, 0], atol=0.3)


def test_what_is_not_known_is_not_trusted() -> None:
    picture = np.zeros((256, 256, 3), np.uint8)
    dense = np.zeros((128, 128, 2), np.float32)
    _, trust = flow.wanted(picture, picture, dense, np.zeros((64, 64), np.uint8))
    assert not trust.any()
