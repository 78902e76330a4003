from __future__ import annotations

from dataclasses import fields, replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vivant.errors import SettingsError, ShapeError
from vivant.faces.pose import fit_pose
from vivant.motion.smooth import OneEuroSettings, smooth, smooth_face
from vivant.types import Face
from vivant.weights.canonical import canonical_face

USUAL = OneEuroSettings()
STEP = Fraction(1, 25)
NOISE = 0.12
"""Trembling of real landmarks on a still 512x512 picture with noise sigma 2, pixels."""


def still(size: float = 250.0) -> np.ndarray:
    """Return the landmarks of a frontal face, `size` pixels high."""
    head = np.concatenate([canonical_face().vertices, np.zeros((10, 3))])
    return (head * (size / np.ptp(head[:, 1])) + [256.0, 256.0, 0.0]).astype(np.float32)


def run(sequence, times=None, settings=USUAL):
    state, smoothed = None, []
    for index, landmarks in enumerate(sequence):
        time = index * STEP if times is None else times[index]
        state, calm = smooth(state, landmarks, time, settings)
        smoothed.append(calm)
    return np.array(smoothed)


def noisy(count: int = 100, sigma: float = NOISE, size: float = 250.0) -> np.ndarray:
    rng = np.random.default_rng(0)
    return (still(size) + rng.normal(0, sigma, (count, 478, 3))).astype(np.float32)


def test_a_still_face_trembles_a_third_as_much_or_less():
    given, calm = noisy(), run(noisy())
    assert calm[25:, :, :2].std(axis=0).mean() < 0.33 * given[25:, :, :2].std(axis=0).mean()
    frame_to_frame = [np.abs(np.diff(array[25:], axis=0)).mean() for array in (calm, given)]
    assert frame_to_frame[0] < 0.15 * frame_to_frame[1]


def test_a_step_of_ten_pixels_is_nine_tenths_done_within_two_frames():
    moved = [*[still()] * 10, *[still() + np.float32([10, 0, 0])] * 3]
    reached = (run(moved)[10:, :, 0] - still()[:, 0]).mean(axis=1)
    assert reached[1] > 9.0, reached
    assert reached[2] < 10.01, "it does not shoot beyond"


def test_a_blink_of_few_landmarks_is_not_held_back():
    blink = still().copy()
    blink[[159, 160, 158], 1] += 6
    reached = run([*[still()] * 10, *[blink] * 2])[-1] - still()
    assert reached[159, 1] > 5.0
    assert np.abs(reached[152]).max() < 1e-3, "what stays still is not moved"


def test_a_steady_turn_lags_by_less_than_a_frame():
    frames = [still() + np.float32([4.0 * index, 0, 0]) for index in range(40)]
    lag = (np.array(frames)[-1] - run(frames)[-1])[:, 0].mean()
    assert 0 < lag < 4.0


def test_it_means_the_same_at_every_resolution():
    small, large = noisy(), noisy(sigma=NOISE * 4, size=1000.0)
    calm_small = run(small) - still()
    calm_large = run(large) - still(1000.0)
    np.testing.assert_allclose(calm_large, 4 * calm_small, atol=0.01)


def test_irregular_times_give_what_their_lengths_deserve():
    target = still() + np.float32([10, 0, 0])
    short = run([still(), target], [Fraction(0), Fraction(1, 100)])[-1]
    long = run([still(), target], [Fraction(0), Fraction(1, 2)])[-1]
    assert (short[:, 0] < long[:, 0]).all()
    times = list(np.cumsum(np.random.default_rng(0).integers(1, 9, 100)))
    uneven = run(noisy(), [Fraction(int(time), 100) for time in times])
    assert uneven[25:].std(axis=0).mean() < 0.4 * noisy()[25:].std(axis=0).mean()


@pytest.mark.parametrize("second", [Fraction(0), Fraction(-1)])
def test_a_time_that_does_not_advance_starts_anew(second):
    moved = still() + np.float32([50, 0, 0])
    np.testing.assert_array_equal(run([still(), moved], [Fraction(0), second])[-1], moved)


def test_the_first_frame_is_left_alone_and_the_input_always():
    landmarks = noisy(2)
    before = landmarks.copy()
    state, first = smooth(None, landmarks[0], Fraction(0))
    smooth(state, landmarks[1], STEP)
    np.testing.assert_array_equal(first, before[0])
    np.testing.assert_array_equal(landmarks, before)


def test_state_is_a_value_so_a_stream_can_be_forked():
    frames = noisy(3)
    state, _ = smooth(None, frames[0], Fraction(0))
    _, once = smooth(state, frames[1], STEP)
    smooth(state, frames[2], STEP)
    np.testing.assert_array_equal(smooth(state, frames[1], STEP)[1], once)


@given(st.floats(-50, 50), st.floats(0.001, 3))
def test_the_result_lies_between_the_last_and_the_new(shift, seconds):
    moved = still() + np.float32([shift, 0, 0])
    result = run([still(), moved], [Fraction(0), Fraction(seconds)])[-1][:, 0]
    low, high = sorted((0.0, shift))
    offset = result - still()[:, 0]
    assert low - 1e-3 <= offset.min()
    assert offset.max() <= high + 1e-3


def face(landmarks: np.ndarray, scores: np.ndarray | None = None, track: int = 0) -> Face:
    values = np.zeros(52, np.float32) if scores is None else scores.astype(np.float32)
    return Face(landmarks, values, fit_pose(landmarks), 1.0, track)


def run_faces(faces, settings=USUAL):
    state, smoothed = None, []
    for index, one in enumerate(faces):
        state, calm = smooth_face(state, one, index * STEP, settings)
        smoothed.append(calm)
    return smoothed


def test_scores_are_calmed_and_a_quick_blink_passes():
    rng = np.random.default_rng(0)
    given = 0.3 + rng.normal(0, 0.01, (100, 52))
    calm = np.array([one.scores for one in run_faces([face(still(), row) for row in given])])
    assert calm[25:].std(axis=0).mean() < 0.5 * given[25:].std(axis=0).mean()
    blink = run_faces([face(still(), np.full(52, value)) for value in [0, 0, 0, 0.9, 0.9]])
    assert blink[-1].scores.min() > 0.75


def test_the_pose_goes_with_the_landmarks():
    turns = np.radians(np.linspace(0, 40, 30))
    frames = []
    for turn in turns:
        rotation = np.array(
            [[np.cos(turn), 0, -np.sin(turn)], [0, 1, 0], [np.sin(turn), 0, np.cos(turn)]]
        )
        frames.append(face(((still() - 256) @ rotation.T + 256).astype(np.float32)))
    for calm in run_faces(frames)[1:]:
        fitted = fit_pose(calm.landmarks)
        assert calm.pose.yaw == pytest.approx(fitted.yaw, abs=0.3)
        assert calm.pose.scale == pytest.approx(fitted.scale, rel=0.005)
        np.testing.assert_allclose(calm.pose.translation[:2], fitted.translation[:2], atol=0.5)


def test_another_track_starts_anew():
    moved = still() + np.float32([80, 0, 0])
    calm = run_faces([face(still()), face(moved, track=1)])[-1]
    np.testing.assert_array_equal(calm.landmarks, moved)
    assert calm.track == 1


@pytest.mark.parametrize("name", [field.name for field in fields(OneEuroSettings)])
def test_every_setting_changes_something(name):
    rng = np.random.default_rng(0)
    frames = [face(one, rng.uniform(0, 1, 52)) for one in noisy(4)]
    other = replace(USUAL, **{name: 3 * getattr(USUAL, name)})
    results = [run_faces(frames, settings)[-1] for settings in (USUAL, other)]
    same = [np.array_equal(getattr(results[0], of), getattr(results[1], of)) for of in _OUTPUTS]
    assert not all(same)


_OUTPUTS = ("landmarks", "scores")


@pytest.mark.parametrize("name", [field.name for field in fields(OneEuroSettings)])
@pytest.mark.parametrize("value", [-1.0, float("nan"), float("inf")])
def test_a_setting_out_of_range_is_refused(name, value):
    with pytest.raises(SettingsError, match=f"smoothing.{name}"):
        OneEuroSettings(**{name: value})


def test_another_shape_is_refused():
    with pytest.raises(ShapeError, match="478"):
        smooth(None, np.zeros((468, 3)), Fraction(0))
