from __future__ import annotations

import numpy as np
import pytest

from vivant.errors import SettingsError
from vivant.studies.self import disguise as d
from vivant.studies.self.disguise import Disguise, disguised, frame_from_true
from vivant.studies.self.proportions import Placed, Proportions
from vivant.studies.self.study import SelfStudy
from vivant.studies.settings import SelfSettings
from vivant.studies.study import Method
from vivant.types import Pose
from vivant.weights.canonical import canonical_face


def turned(yaw: float, roll: float, shift: tuple[float, float] = (128.0, 120.0)) -> Pose:
    y, r = np.radians([yaw, roll])
    about_y = np.array([[np.cos(y), 0, -np.sin(y)], [0, 1, 0], [np.sin(y), 0, np.cos(y)]])
    about_z = np.array([[np.cos(r), -np.sin(r), 0], [np.sin(r), np.cos(r), 0], [0, 0, 1]])
    return Pose(about_z @ about_y, np.array([*shift, 0.0]), 8.0)


def drawn(pose: Pose) -> np.ndarray:
    """The canonical face in that pose, (468, 3) pixels."""
    return canonical_face().vertices @ pose.rotation.T * pose.scale + pose.translation


@pytest.fixture(scope="module", params=range(5))
def field(request) -> Proportions:
    return Proportions.chosen(np.random.default_rng(request.param), 0.08)


def test_the_field_moves_the_face_by_what_was_asked_or_less_and_cannot_fold(field):
    assert 0.03 < field.largest() <= 0.08 + 1e-9
    assert field.steepness() < 0.6


def test_the_field_is_the_same_on_the_left_and_on_the_right(field):
    points = canonical_face().vertices[:, :2]
    mirrored = field(points * [-1, 1]) * [-1, 1]
    np.testing.assert_allclose(mirrored, field(points), atol=1e-9)


def test_the_field_neither_scales_nor_shifts_the_face(field):
    points = canonical_face().vertices[:, :2]
    inside = np.hypot(points[:, 0], points[:, 1] - points[:, 1].mean()) < 8
    moved = field(points)
    centred = points - points.mean(axis=0)
    growth = (moved * centred).sum() / (centred**2).sum()
    assert inside.any()
    assert abs(growth) < 0.01
    assert np.abs(moved.mean(axis=0)).max() < 0.05


def test_far_from_the_face_nothing_moves(field):
    assert not field(np.array([[40.0, 0.0], [0.0, -50.0]])).any()


@pytest.mark.parametrize(("yaw", "roll"), [(0, 0), (25, 0), (-30, 15)])
def test_what_was_moved_is_found_again(field, yaw, roll):
    pose = turned(yaw, roll)
    placed = Placed.of(field, pose, drawn(pose))
    points = np.stack(np.meshgrid(np.arange(0.0, 256, 16), np.arange(0.0, 256, 16)), axis=-1)
    np.testing.assert_allclose(placed.backward(placed.forward(points)), points, atol=0.25)
    face = drawn(pose)[:, :2]
    np.testing.assert_allclose(placed.backward(placed.forward(face)), face, atol=0.02)


def test_the_change_turns_and_wanders_with_the_head(field):
    still, moved = turned(20, 0), turned(20, 30, (100.0, 140.0))
    first = Placed.of(field, still, drawn(still)).displacement(drawn(still)[:, :2])
    then = Placed.of(field, moved, drawn(moved)).displacement(drawn(moved)[:, :2])
    turn = turned(0, 30).rotation[:2, :2]
    np.testing.assert_allclose(then, first @ turn.T, atol=0.02)


def test_a_clip_has_one_disguise_and_others_have_others():
    first, again = Disguise.chosen(1, "anna"), Disguise.chosen(1, "anna")
    assert first.plain() == again.plain()
    np.testing.assert_array_equal(first.shapes, again.shapes)
    for other in (Disguise.chosen(2, "anna"), Disguise.chosen(1, "bob")):
        assert other.plain() != first.plain()


def test_every_disguise_stays_in_its_ranges():
    for seed in range(50):
        plain = Disguise.chosen(seed, "clip").plain()
        assert plain["proportions"] <= d.PROPORTIONS[1] + 1e-9
        assert d.SCALES[0] <= plain["scale"] <= d.SCALES[1]
        assert max(abs(plain["shift_x"]), abs(plain["shift_y"])) <= d.SHIFT
        assert d.GAMMAS[0] <= plain["gamma"] <= d.GAMMAS[1]


@pytest.fixture(scope="module")
def played(speaker, tracker):
    """A disguise, the disguised frames, and the landmarks on both sides."""
    disguise = Disguise.chosen(0, "speaker")
    frames = list(disguised(speaker, disguise, tracker))
    true = [tracker.detect(frame.image)[0] for frame in speaker]
    seen = [tracker.detect(frame.image)[0] for frame in frames]
    return disguise, frames, true, seen


def test_a_disguised_driver_is_grey_and_stands_before_another_background(played, speaker):
    _, frames, _, _ = played
    for frame, truth in zip(frames, speaker, strict=True):
        assert (frame.index, frame.time) == (truth.index, truth.time)
        assert frame.image.shape == truth.image.shape
        np.testing.assert_array_equal(frame.image[..., 0], frame.image[..., 2])
    corners = np.array([frame.image[:16, :16, 0] for frame in frames]).astype(int)
    assert np.ptp(corners, axis=0).mean() < 12  # it stands still


def test_landmarks_lie_where_the_disguise_puts_them(played):
    disguise, frames, true, seen = played
    matrix = frame_from_true(disguise, *frames[0].image.shape[:2])
    for face, found in zip(true, seen, strict=True):
        placed = Placed.of(disguise.field, face.pose, face.landmarks)
        points = face.landmarks[:468, :2].astype(np.float64)
        told = placed.forward(points) @ matrix[:, :2].T + matrix[:, 2]
        apart = np.linalg.norm(told - found.landmarks[:468, :2], axis=1)
        assert apart.mean() < 0.03 * max(face.box[2:])


def test_the_performance_stays_what_it_was(played):
    disguise, _, true, seen = played
    before = np.array([face.landmarks[:468, :2] for face in true])
    after = np.array([face.landmarks[:468, :2] for face in seen]) / disguise.scale
    moved, shown = before[1:] - before[0], after[1:] - after[0]
    slope = (moved * shown).sum() / (moved**2).sum()
    assert slope == pytest.approx(1, abs=0.1)
    assert np.sqrt(((moved - shown) ** 2).mean()) < 0.4 * np.sqrt((moved**2).mean())


def test_a_disguise_does_not_drive_absolutely():
    with pytest.raises(SettingsError, match="absolutely"):
        SelfSettings(disguise=True, relative=False)


def test_a_disguised_study_measures_against_the_true_frames(clips):
    measured = []
    for disguise in (False, True):
        settings = SelfSettings(last=15, faces=False, disguise=disguise)
        study = SelfStudy.of(clips, (Method("mesh"),), settings)
        speaker = next(job for job in study.jobs() if job.key == "speaker")
        measured.append(study.measure(study.open(), speaker).rows)
    (row, still), (hidden, still_hidden) = measured
    assert still_hidden["l1"] == still["l1"]
    assert hidden["disguise"] == Disguise.chosen(0, "speaker").plain()
    assert 0.6 * row["l1"] < hidden["l1"] < 1.7 * row["l1"]
    assert hidden["l1"] != row["l1"]
