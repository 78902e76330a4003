from __future__ import annotations

import numpy as np
import pytest

from vivant.engines.liveportrait import camera, openness, sliders, transfer
from vivant.errors import SettingsError
from vivant.types import Pose

COUNT = 21


def motion(seed: int, **changed: np.ndarray) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    angles = rng.uniform(-20, 20, (3, 1)).astype(np.float32)
    return {
        "rotation": camera.rotation(*angles)[0],
        "expression": rng.normal(0, 0.02, (COUNT, 3)).astype(np.float32),
        "scale": rng.uniform(1, 1.5, 1).astype(np.float32),
        "shift": rng.normal(0, 0.1, 3).astype(np.float32),
    } | changed


def close(a, b) -> bool:
    return a.keys() == b.keys() and all(np.allclose(a[name], b[name], atol=1e-6) for name in a)


def test_key_points_stand_where_the_camera_puts_them():
    rng = np.random.default_rng(0)
    raw = {name: rng.uniform(-20, 20, (1, 1)) for name in camera.ANGLES} | {
        "kp": rng.normal(size=(1, COUNT, 3)), "exp": rng.normal(size=(1, COUNT, 3)),
        "t": rng.normal(size=(1, 3)), "scale": np.full((1, 1), 1.2),
    }  # fmt: skip
    info = camera.key_point_info(raw)
    placed = transfer.points(
        info["kp"][0],
        {
            "rotation": camera.rotation(*(info[name] for name in camera.ANGLES))[0],
            "expression": info["exp"][0],
            "scale": info["scale"][0],
            "shift": info["t"][0],
        },
    )
    np.testing.assert_allclose(placed, camera.transformed(raw)[0], atol=1e-5)


def test_the_change_is_the_papers():
    own, reference, now = motion(0), motion(1), motion(2)
    moved = transfer.relative(own, reference, now, transfer.Shares())
    turned = now["rotation"] @ reference["rotation"].T @ own["rotation"]
    np.testing.assert_allclose(moved["rotation"], turned, atol=1e-6)
    added = own["expression"] + now["expression"] - reference["expression"]
    np.testing.assert_allclose(moved["expression"], added, atol=1e-6)
    nearer = own["scale"] * now["scale"] / reference["scale"]
    np.testing.assert_allclose(moved["scale"], nearer, rtol=1e-6)
    shifted = own["shift"] + now["shift"] - reference["shift"]
    np.testing.assert_allclose(moved["shift"], shifted, atol=1e-6)


def test_no_change_of_the_driver_changes_nothing():
    own, now = motion(0), motion(1)
    assert close(transfer.relative(own, now, now, transfer.Shares()), own)


@pytest.mark.parametrize(
    ("region", "points"),
    [
        ("lips", transfer.LIPS),
        ("eyes", transfer.EYES),
        ("expression", [p for p in range(COUNT) if p not in transfer.LIPS + transfer.EYES]),
    ],
)
def test_a_region_moves_its_own_key_points(region, points):
    own, reference, now = motion(0), motion(1), motion(2)
    nothing = dict.fromkeys(("pose", "expression", "lips", "eyes"), 0.0)
    moved = transfer.relative(own, reference, now, transfer.Shares(**nothing | {region: 1.0}))
    change = np.abs(moved["expression"] - own["expression"]).max(axis=1)
    assert set(np.flatnonzero(change)) == set(points)
    for name in ("rotation", "scale", "shift"):
        np.testing.assert_allclose(moved[name], own[name], atol=1e-6)


def test_half_the_pose_is_half_the_turn():
    still = motion(0, rotation=np.eye(3, dtype=np.float32))
    turned = still | {"rotation": camera.rotation(np.zeros(1), np.full(1, 30.0), np.zeros(1))[0]}
    half = transfer.relative(still, still, turned, transfer.Shares(pose=0.5))
    wanted = camera.rotation(np.zeros(1), np.full(1, 15.0), np.zeros(1))[0]
    np.testing.assert_allclose(half["rotation"], wanted, atol=1e-6)


def test_blending_ends_at_both_ends_and_turns_evenly_between():
    a, b = motion(0), motion(1)
    assert close(transfer.blend(a, b, 0), a)
    assert close(transfer.blend(a, b, 1), b)
    between = transfer.blend(a, b, 0.3)["rotation"]
    np.testing.assert_allclose(between @ between.T, np.eye(3), atol=1e-5)


def test_shut_eyes_shut_and_lips_open_by_as_much():
    def at(eyes: float, lips: float) -> dict[str, np.ndarray]:
        return motion(0, eyes=np.full(1, eyes, np.float32), lips=np.full(1, lips, np.float32))

    own, reference = at(0.4, 0.02), at(0.3, 0.01)
    moved = transfer.relative(own, reference, at(0.0, 0.31), transfer.Shares())
    assert moved["eyes"] == 0
    assert moved["lips"] == pytest.approx(0.32)
    assert transfer.relative(own, reference, at(0.3, 0.0), transfer.Shares())["lips"] >= 0


def test_openness_is_a_share_of_the_width(found):
    landmarks = found.landmarks.copy()
    eyes, lips = openness.eyes(landmarks), openness.lips(landmarks)
    assert ((eyes > 0.1) & (eyes < 0.6)).all()
    np.testing.assert_allclose(openness.eyes(landmarks * 3), eyes, rtol=1e-5)
    landmarks[159] = landmarks[145]
    assert openness.eyes(landmarks)[0] == 0
    landmarks[14, 1] += 20
    assert openness.lips(landmarks)[0] > lips[0]


@pytest.mark.parametrize("name", ["yaw", "pitch", "roll"])
def test_the_head_turns_the_way_a_slider_says(name):
    still = motion(0, rotation=np.eye(3, dtype=np.float32))
    rotation = sliders.edited(still, {}, {name: 10.0})["rotation"]
    # key points are rows, a pose turns columns
    pose = Pose(rotation.T.astype(float), np.zeros(3), 1.0)
    angles = {"yaw": pose.yaw, "pitch": pose.pitch, "roll": pose.roll}
    assert angles == pytest.approx(dict.fromkeys(angles, 0.0) | {name: 10.0}, abs=1e-3)


def test_sliders_open_and_close():
    own = {"eyes": np.array([0.3, 0.4], np.float32), "lips": np.full(1, 0.1, np.float32)}
    found = sliders.edited(motion(0), own, {"eyes": -1.0, "lips": 0.5})
    assert found["eyes"] == 0
    assert found["lips"] == pytest.approx(0.4)
    assert sliders.edited(motion(0), own, {"eyes": 1.0})["eyes"] == pytest.approx(0.7)
    assert close(sliders.edited(motion(0), own, {"eyes": 0.0, "yaw": 0.0}), motion(0))


@pytest.mark.parametrize(
    ("controls", "told"),
    [
        ({"yow": 1.0}, "no slider 'yow'; did you mean 'yaw'"),
        ({"lips": 1.5}, r"lips must lie in \[-1, 1\], got 1.5"),
        ({"eyes": 0.5}, "'eyes' needs landmarks"),
    ],
)
def test_a_wrong_slider_says_what_is_wrong(controls, told):
    with pytest.raises(SettingsError, match=told):
        sliders.edited(motion(0), {}, controls)
