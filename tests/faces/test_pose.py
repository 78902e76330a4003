from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vivant.errors import ShapeError
from vivant.faces.pose import fit_pose
from vivant.weights.canonical import canonical_face

NOSE = 1


def turned(yaw: float = 0.0, pitch: float = 0.0, roll: float = 0.0) -> np.ndarray:
    """Return a rotation, degrees: first yaw, then pitch, then roll, each about a picture axis."""
    y, p, r = np.radians([yaw, pitch, roll])
    about_y = [[np.cos(y), 0, -np.sin(y)], [0, 1, 0], [np.sin(y), 0, np.cos(y)]]
    about_x = [[1, 0, 0], [0, np.cos(p), np.sin(p)], [0, -np.sin(p), np.cos(p)]]
    about_z = [[np.cos(r), -np.sin(r), 0], [np.sin(r), np.cos(r), 0], [0, 0, 1]]
    return np.array(about_z) @ np.array(about_x) @ np.array(about_y)


def seen(rotation: np.ndarray, scale: float = 12.0, shift=(200.0, 150.0, -30.0)) -> np.ndarray:
    return scale * canonical_face().vertices @ rotation.T + np.array(shift)


@pytest.mark.parametrize("degrees", [-60, -20, 5, 35, 75])
@pytest.mark.parametrize("angle", ["yaw", "pitch", "roll"])
def test_a_turn_about_one_axis_is_read_exactly(angle, degrees):
    pose = fit_pose(seen(turned(**{angle: degrees})))
    wanted = dict.fromkeys(("yaw", "pitch", "roll"), 0.0) | {angle: degrees}
    for name, value in wanted.items():
        assert getattr(pose, name) == pytest.approx(value, abs=1e-6), name


def test_the_signs_are_as_documented():
    frontal = seen(np.eye(3))[NOSE]
    assert seen(turned(yaw=30))[NOSE, 0] > frontal[0], "the nose points to the picture's right"
    assert seen(turned(pitch=30))[NOSE, 1] < frontal[1], "the face looks up"
    forehead, chin = seen(turned(roll=30))[[10, 152]]
    assert forehead[0] > chin[0], "the head leans clockwise"


@given(
    st.floats(-80, 80), st.floats(-80, 80), st.floats(-180, 180), st.floats(0.5, 60),
    st.floats(-2000, 2000),
)  # fmt: skip
def test_any_similarity_is_recovered(yaw, pitch, roll, scale, shift):
    rotation = turned(yaw, pitch, roll)
    pose = fit_pose(seen(rotation, scale, (shift, -shift, shift / 2)))
    np.testing.assert_allclose(pose.rotation, rotation, atol=1e-6)
    assert pose.scale == pytest.approx(scale, rel=1e-6)
    np.testing.assert_allclose(pose.translation, [shift, -shift, shift / 2], atol=1e-4)


def test_the_result_is_a_rotation_even_for_a_mirror_image():
    pose = fit_pose(seen(turned(yaw=20)) * [1, 1, -1])
    np.testing.assert_allclose(pose.rotation @ pose.rotation.T, np.eye(3), atol=1e-9)
    assert np.linalg.det(pose.rotation) == pytest.approx(1)


def test_the_irises_are_ignored_and_the_mouth_moves_nothing():
    points = np.concatenate([seen(turned(yaw=10)), np.full((10, 3), 1e6)])
    points[[13, 14, 17, 0]] += [0, 25, 0]
    assert fit_pose(points).yaw == pytest.approx(10, abs=1e-6)


def test_a_mirrored_picture_flips_yaw_and_roll(tracker, portrait):
    (face,) = tracker.detect(portrait)
    (mirrored,) = tracker.detect(np.ascontiguousarray(portrait[:, ::-1]))
    assert mirrored.pose.yaw == pytest.approx(-face.pose.yaw, abs=1.5)
    assert mirrored.pose.roll == pytest.approx(-face.pose.roll, abs=1.5)
    assert mirrored.pose.pitch == pytest.approx(face.pose.pitch, abs=1.5)


def test_another_shape_is_refused():
    with pytest.raises(ShapeError, match="478"):
        fit_pose(np.zeros((68, 3)))
