from __future__ import annotations

import io

import cv2
import numpy as np
import pytest

from vivant import samples, weights
from vivant.faces.track import FaceTracker
from vivant.forensics import cropping
from vivant.forensics.small import FARTHEST, SCALE, SmallDetector
from vivant.forensics.traces import LARGEST, traces
from vivant.media import read_image


@pytest.fixture(scope="module")
def square():
    image = read_image(samples.portrait())
    return cropping.as_it_is(image, FaceTracker().detect(image)[0], scale=SCALE)


@pytest.fixture(scope="module")
def small():
    return SmallDetector()


def carried():
    with np.load(io.BytesIO(weights.read("detector")), allow_pickle=False) as held:
        return dict(held)


@pytest.mark.parametrize("side", [1, 20, 97, 300, LARGEST + 61])
def test_every_size_of_face_has_as_many_traces_as_there_are_weights(square, side):
    found = traces(cv2.resize(square, (side, side)))
    assert found.shape == carried()["weight"].shape
    assert found.dtype == np.float32
    assert np.isfinite(found).all()


def test_a_blank_face_has_finite_traces_and_an_answer(small):
    blank = traces(np.zeros((200, 200, 3), np.uint8))
    assert np.isfinite(blank).all()
    assert 0 <= small.judge_traces(blank) <= 1


def test_a_face_has_the_same_traces_in_the_mirror(square):
    even = cv2.resize(square, (192, 192))
    mirrored, upside_down = traces(even[:, ::-1]), traces(even[::-1])
    apart = np.abs(traces(even) - mirrored).mean()
    assert apart < 0.01 * np.abs(traces(even) - upside_down).mean()


def test_traces_see_an_interpolation_that_the_eye_does_not(square):
    shift = np.float32([[1, 0, 0.5], [0, 1, 0.5]])
    moved = cv2.warpAffine(square, shift, square.shape[:2], borderMode=cv2.BORDER_REFLECT)
    moved_whole = cv2.warpAffine(
        square, np.float32([[1, 0, 1], [0, 1, 1]]), square.shape[:2], borderMode=cv2.BORDER_REFLECT
    )
    still = traces(square)
    by_half, by_one = (np.abs(traces(one) - still).mean() for one in (moved, moved_whole))
    assert by_half > 2 * by_one


def test_it_answers_what_its_weights_say(small, square):
    held, found = carried(), traces(square)
    usual = np.clip((found - held["mean"]) / held["scale"], -FARTHEST, FARTHEST)
    logit = float((usual.astype(np.float64) * held["weight"]).sum() + held["offset"])
    assert small.judge_traces(found) == pytest.approx(1 / (1 + np.exp(-logit)), abs=1e-4)


def test_it_is_small():
    assert len(weights.read("detector")) < 1 << 18
