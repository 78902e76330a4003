from __future__ import annotations

import numpy as np
import pytest

from vivant.errors import ShapeError
from vivant.faces import crop as cropping
from vivant.types import Crop, Face, Pose


def face_at(x: float, y: float, side: float, roll: float = 0.0) -> Face:
    """A face whose landmarks fill a square around (x, y), turned by `roll` degrees."""
    rng = np.random.default_rng(1)
    local = rng.uniform(-0.5, 0.5, (478, 2)) * side
    local[:4] = np.array([[-0.5, -0.5], [0.5, -0.5], [0.5, 0.5], [-0.5, 0.5]]) * side
    c, s = np.cos(np.radians(roll)), np.sin(np.radians(roll))
    turn = np.array([[c, -s], [s, c]])
    points = np.column_stack([local @ turn.T + [x, y], np.zeros(478)])
    rotation = np.eye(3)
    rotation[:2, :2] = turn
    pose = Pose(rotation, np.array([x, y, 0.0]), side / 15)
    return Face(points.astype(np.float32), np.zeros(52, np.float32), pose, 1.0)


def test_a_box_crop_centres_the_face_at_the_wanted_scale() -> None:
    matrix = cropping.crop_from_face(face_at(100, 80, 40), Crop(scale=2.0), 160)
    corner = cropping.to_crop(np.array([[100.0, 80.0], [120.0, 80.0]]), matrix)
    np.testing.assert_allclose(corner, [[79.5, 79.5], [119.5, 79.5]], atol=1e-3)


def test_shift_moves_the_crop_down_by_its_side() -> None:
    matrix = cropping.crop_from_face(face_at(100, 80, 40), Crop(scale=2.0, shift_y=0.1), 160)
    np.testing.assert_allclose(
        cropping.to_crop(np.array([[100.0, 88.0]]), matrix), [[79.5, 79.5]], atol=1e-3
    )


@pytest.mark.parametrize("roll", [-25, 40])
def test_a_rotating_crop_sets_the_head_upright(roll: float) -> None:
    face = face_at(100, 80, 40, roll)
    matrix = cropping.crop_from_face(face, Crop(scale=2.0, rotate=True), 160)
    points = cropping.to_crop(face.landmarks[:2], matrix)
    assert points[0, 1] == pytest.approx(points[1, 1], abs=0.01)
    assert cropping.pose_in_crop(face.pose, matrix).roll == pytest.approx(0, abs=0.01)


def test_a_similarity_crop_sets_eyes_level_and_always_in_the_same_places() -> None:
    crop = Crop(scale=2.0, align="similarity")
    eyes = []
    for x, roll in ((100, 0), (300, 30)):
        face = face_at(x, 90, 60)
        landmarks = face.landmarks.copy()
        landmarks[[33, 133], :2] = [x - 15, 70]
        landmarks[[263, 362], :2] = [x + 15, 70]
        c, s = np.cos(np.radians(roll)), np.sin(np.radians(roll))
        landmarks[:, :2] = (landmarks[:, :2] - [x, 90]) @ np.array([[c, s], [-s, c]]) + [x, 90]
        turned = Face(landmarks, face.scores, face.pose, 1.0)
        matrix = cropping.crop_from_face(turned, crop, 128)
        eyes.append(cropping.to_crop(landmarks[[33, 263]], matrix)[:, :2])
    np.testing.assert_allclose(eyes[0], eyes[1], atol=0.1)


def test_within_the_frame_a_crop_is_shifted_and_then_shrunk() -> None:
    near_edge = cropping.crop_from_face(face_at(15, 50, 30), Crop(scale=2.0), 60, (200, 300))
    np.testing.assert_allclose(near_edge[:2], [[1, 0, 0], [0, 1, -20.0]], atol=0.6)
    large = cropping.crop_from_face(face_at(50, 50, 90), Crop(scale=2.0), 100, (100, 300))
    assert cropping.scale_of(large) == pytest.approx(1.0)


def test_a_crop_at_whole_pixels_copies_them() -> None:
    image = np.random.default_rng(0).integers(0, 256, (90, 120, 3), np.uint8)
    matrix = np.array([[1.002, 0, -20.3], [0, 1.002, -11.2], [0, 0, 1]])
    exact = cropping.snapped(matrix, 64)
    left, top = (-exact[:2, 2]).astype(int)
    np.testing.assert_array_equal(exact[:2, :2], np.eye(2))
    np.testing.assert_array_equal(
        cropping.cut(image, exact, 64), image[top : top + 64, left : left + 64]
    )
    turned = np.array([[0.8, 0.6, 0], [-0.6, 0.8, 0], [0, 0, 1]])
    np.testing.assert_array_equal(cropping.snapped(turned, 64), turned)


@pytest.mark.parametrize("corner", [(-30, -20), (80, 60), (-200, 5), (500, 500), (-10, -300)])
def test_beyond_the_frame_the_edge_repeats(corner: tuple[int, int]) -> None:
    image = np.random.default_rng(0).integers(0, 256, (90, 120, 3), np.uint8)
    matrix = np.eye(3)
    matrix[:2, 2] = [-corner[0], -corner[1]]
    x = np.clip(np.arange(64) + corner[0], 0, 119)
    y = np.clip(np.arange(64) + corner[1], 0, 89)
    np.testing.assert_array_equal(cropping.cut(image, matrix, 64), image[y[:, None], x])


def test_points_of_another_shape_are_refused() -> None:
    with pytest.raises(ShapeError, match="must be"):
        cropping.to_crop(np.zeros(4), np.eye(3))


def test_landmarks_and_pose_go_into_the_crop_together() -> None:
    face = face_at(100, 80, 40)
    image = np.zeros((200, 200, 3), np.uint8)
    matrix = cropping.crop_from_face(face, Crop(scale=2.0), 160)
    cut = cropping.face_crop(image, face, matrix, 160)
    assert cut.pose is not None
    np.testing.assert_allclose(cut.pose.translation[:2], [79.5, 79.5], atol=1e-3)
    assert cut.pose.scale == pytest.approx(face.pose.scale * 2)
    np.testing.assert_allclose(cut.landmarks[0, :2], [39.5, 39.5], atol=1e-3)
    assert cropping.face_crop(image, None, matrix, 160).landmarks is None


def test_a_portrait_goes_on_beyond_its_edge_mirrored_and_then_stretched() -> None:
    picture = np.random.default_rng(0).integers(120, 136, (100, 100, 3), np.uint8)
    corner = np.array([[1, 0, 30], [0, 1, 0], [0, 0, 1.0]])
    crop = cropping.portrait_crop(picture, None, corner, 100).image
    np.testing.assert_array_equal(crop[:, 30:], picture[:, :70])
    near, far = crop[:, 29].astype(int), crop[:, 0].astype(int)
    assert np.abs(near - picture[:, 1]).mean() < 2  # the pixel next to the edge, mirrored
    assert np.abs(far - crop[:, 1]).max() <= 1  # far out, one colour a line
    assert np.abs(crop[:, 4].astype(int) - picture[:, 0]).mean() > 2  # and not the edge's own


def test_what_does_not_reach_the_edge_is_not_mirrored_beyond_it() -> None:
    picture = np.full((100, 100, 3), 200, np.uint8)
    picture[:, 2:] = 30  # a head two pixels from the edge
    corner = np.array([[1, 0, 30], [0, 1, 0], [0, 0, 1.0]])
    crop = cropping.portrait_crop(picture, None, corner, 100).image
    assert crop[:, :20].min() == 200


def test_a_portrait_crop_within_the_frame_is_a_plain_one() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (100, 100, 3), np.uint8)
    inside = np.array([[1, 0, -10], [0, 1, -20], [0, 0, 1.0]])
    crop = cropping.portrait_crop(picture, None, inside, 50).image
    np.testing.assert_array_equal(crop, picture[20:70, 10:60])
    assert not cropping.reaches_beyond(inside, 50, picture.shape)
