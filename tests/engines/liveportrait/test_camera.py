from __future__ import annotations

import cases
import numpy as np
import pytest

from vivant.engines.liveportrait import camera

POSE = ("kp", "t", "exp", "scale", "pitch", "yaw", "roll")


@pytest.fixture(scope="module")
def case() -> cases.Case:
    return cases.carried("liveportrait/A_small")


def test_bins_are_degrees(case):
    case.check("camera.degree_from_bins", camera.degrees(case.arrays["camera.bins"]), 1e-3)


def test_the_head_turns_as_recorded(case):
    angles = (case.arrays[f"camera.{name}"] for name in camera.ANGLES)
    case.check("camera.rotation", camera.rotation(*angles), 1e-5)


def test_key_points_stand_where_they_were_recorded(case):
    info = {name: case.arrays[f"camera.{name}"] for name in POSE}
    case.check("camera.transformed", camera.transformed(info), 1e-5)


def test_an_answer_in_bins_and_flat_gives_the_same_as_one_in_shape(case):
    raw = {name: case.arrays[f"camera.{name}"] for name in POSE}
    raw |= {name: raw[name].reshape(len(raw[name]), -1) for name in ("kp", "exp")}
    bins = ("camera.bins", "camera.bins_yaw", "camera.bins_roll")
    raw |= {name: case.arrays[bin_] for name, bin_ in zip(camera.ANGLES, bins, strict=True)}
    case.check("camera.transformed_from_bins", camera.transformed(raw), 1e-5)


def test_pictures_are_cut_off_and_not_rounded(case):
    drawn = camera.picture(case.arrays["parse_output.in"])
    assert drawn.dtype == np.uint8
    np.testing.assert_array_equal(drawn, case.arrays["parse_output.out"])


def test_no_expression_no_turn_and_no_shift_are_the_canonical_points():
    kp = np.random.default_rng(1).random((1, 5, 3), np.float32)
    zero = np.zeros((1, 1), np.float32)
    info = {"kp": kp, "exp": 0 * kp, "t": np.zeros((1, 3)), "scale": zero + 1}
    info |= dict.fromkeys(camera.ANGLES, zero)
    np.testing.assert_allclose(camera.transformed(info), kp, atol=1e-7)
    np.testing.assert_array_equal(camera.stitched(kp, np.zeros((1, 17))), kp)
