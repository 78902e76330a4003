from __future__ import annotations

import threading
from dataclasses import fields

import cv2
import numpy as np
import pytest

from vivant.errors import SettingsError, ShapeError
from vivant.faces.identity import remember
from vivant.faces.track import FaceTracker, TrackerSettings
from vivant.landmarks import LEFT_EYE, LIPS_INNER, RIGHT_EYE, SCORE_NAMES
from vivant.weights.canonical import canonical_face

EYES = (RIGHT_EYE[0], LEFT_EYE[0])


def mirror_index() -> np.ndarray:
    """Return for each of the 468 landmarks the one on the other side of the face."""
    vertices = canonical_face().vertices
    return np.linalg.norm(vertices[:, None] * [-1, 1, 1] - vertices, axis=2).argmin(axis=1)


def apart(a: np.ndarray, b: np.ndarray) -> float:
    """Return the mean distance of landmarks over the distance between the eyes."""
    eyes = np.linalg.norm(a[EYES[0], :2] - a[EYES[1], :2])
    return float(np.linalg.norm(a[:, :2] - b[:, :2], axis=1).mean() / eyes)


def warped(image: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    height, width = image.shape[:2]
    return cv2.warpAffine(image, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE)


def around_middle(angle: float, scale: float, shift: tuple[float, float]) -> np.ndarray:
    matrix = cv2.getRotationMatrix2D((223.0, 195.0), angle, scale)
    matrix[:, 2] += shift
    return matrix


@pytest.fixture(scope="module")
def face(tracker, portrait):
    (found,) = tracker.detect(portrait)
    return found


def test_the_sample_portrait_shows_one_face_looking_ahead(face):
    x, y, width, height = face.box
    assert 155 < x < 185
    assert 115 < y < 145
    assert 165 < width < 200
    assert 185 < height < 220
    assert abs(face.pose.yaw) < 8
    assert abs(face.pose.roll) < 8
    assert face.confidence > 0.99
    assert face.track == 0


def test_landmarks_lie_where_their_names_say(face):
    points = face.landmarks
    right, left = points[RIGHT_EYE[0]], points[LEFT_EYE[0]]
    mouth = points[LIPS_INNER, :2].mean(axis=0)
    assert right[0] < left[0]
    assert right[1] < mouth[1]
    assert points[1, 2] < min(right[2], left[2]), "z grows away from the camera"


def test_scores_tell_the_expression_of_the_portrait(face):
    scores = dict(zip(SCORE_NAMES, face.scores, strict=True))
    assert face.scores.min() >= 0
    assert face.scores.max() <= 1
    assert scores["jawOpen"] < 0.2
    assert scores["eyeBlinkLeft"] < 0.5


@pytest.mark.parametrize(
    ("angle", "scale", "shift"),
    [(0, 1, (7.3, -4.6)), (0, 0.6, (0, 0)), (0, 1.3, (30, 20)), (12, 1, (0, 0)), (-40, 1, (0, 0))],
)
def test_landmarks_move_with_the_picture(tracker, portrait, face, angle, scale, shift):
    matrix = around_middle(angle, scale, shift)
    (found,) = tracker.detect(warped(portrait, matrix))
    wanted = face.landmarks[:, :2] @ matrix[:, :2].T + matrix[:, 2]
    assert apart(wanted, found.landmarks) < 0.015
    assert np.abs((found.landmarks[:, :2] - wanted).mean(axis=0)).max() < 0.008 * face.box[2]


def test_mirroring_the_picture_mirrors_the_landmarks_to_a_fraction_of_a_pixel(
    tracker, portrait, face
):
    # Fails by a whole pixel where edges and centres of pixels are confused.
    (found,) = tracker.detect(np.ascontiguousarray(portrait[:, ::-1]))
    mirrored = found.landmarks[mirror_index()]
    across = face.landmarks[:468, 0] + mirrored[:, 0] - (portrait.shape[1] - 1)
    assert abs(across.mean()) < 0.3


def test_doubling_the_pixels_doubles_the_landmarks(tracker, portrait, face):
    doubled = portrait.repeat(2, axis=0).repeat(2, axis=1)
    (found,) = tracker.detect(doubled)
    # Pixel (x, y) covers 2x and 2x + 1: its centre goes to 2x + 0.5.
    difference = found.landmarks[:, :2] - (2 * face.landmarks[:, :2] + 0.5)
    assert np.abs(difference.mean(axis=0)).max() < 0.8


def test_no_face_gives_no_face_and_a_low_best_score(tracker, nobody):
    assert tracker.detect(nobody) == ()
    assert tracker.track(nobody, ()) == ()
    assert 0 <= tracker.best_score(nobody) < tracker.settings.detection_threshold


def test_the_best_score_of_a_portrait_is_high(tracker, portrait):
    assert tracker.best_score(portrait) > 0.9


@pytest.mark.parametrize("size", [(1, 1), (1, 500), (7, 3), (40, 40)])
def test_tiny_pictures_hold_no_face_and_do_no_harm(tracker, size):
    assert tracker.detect(np.zeros((*size, 3), np.uint8)) == ()


def test_a_face_too_small_for_the_first_look_is_found_by_a_second(tracker, portrait):
    canvas = np.full((1080, 1920, 3), 90, np.uint8)
    small = cv2.resize(portrait, (154, 180), interpolation=cv2.INTER_AREA)
    canvas[700:880, 1500:1654] = small
    (found,) = tracker.detect(canvas)
    x, y, width, _ = found.box
    assert 1500 < x < 1654
    assert 700 < y < 880
    assert 35 < width < 60


def test_a_face_that_fills_the_picture_is_found(tracker, portrait):
    part = np.ascontiguousarray(portrait[161:303, 201:324])
    assert tracker.best_score(part) < tracker.settings.detection_threshold, "not at first sight"
    (found,) = tracker.detect(part)
    assert found.box[2] > 150


def test_a_small_face_beside_a_large_one_is_found_when_asked_for(tracker, portrait):
    canvas = np.full((1000, 1400, 3), 90, np.uint8)
    canvas[100:700, 100:612] = portrait
    canvas[750:870, 1200:1302] = cv2.resize(portrait, (102, 120), interpolation=cv2.INTER_AREA)
    assert len(tracker.detect(canvas)) == 1
    large, small = tracker.detect(canvas, thorough=True)
    assert large.box[2] > 3 * small.box[2]
    assert (large.track, small.track) == (0, 1)


def test_following_a_still_face_keeps_it_where_it_is(tracker, portrait, face):
    seen = (face,)
    for _ in range(5):
        seen = tracker.track(portrait, seen)
    assert len(seen) == 1
    assert apart(face.landmarks, seen[0].landmarks) < 0.01
    assert seen[0].track == face.track


def test_a_moving_turning_growing_face_is_followed(tracker, portrait, face):
    seen = (face,)
    for step in range(1, 16):
        matrix = around_middle(-2.5 * step, 1 + 0.02 * step, (4 * step, 3 * step))
        seen = tracker.track(warped(portrait, matrix), seen)
        wanted = face.landmarks[:, :2] @ matrix[:, :2].T + matrix[:, 2]
        assert apart(wanted, seen[0].landmarks) < 0.03
    assert seen[0].track == face.track
    assert seen[0].pose.roll - face.pose.roll == pytest.approx(2.5 * 15, abs=3)


@pytest.mark.parametrize("step", [(0, 60), (70, 0), (-45, -45)])
def test_landmarks_do_not_trail_behind_a_face_that_jumps(tracker, portrait, face, step):
    seen = (face,)
    for count in (1, 2, 1, 0):
        matrix = around_middle(0, 0.8, (count * step[0], count * step[1]))
        seen = tracker.track(warped(portrait, matrix), seen)
        wanted = face.landmarks[:, :2] @ matrix[:, :2].T + matrix[:, 2]
        assert apart(wanted, seen[0].landmarks) < 0.02


def test_a_lost_face_is_known_again(tracker, portrait, nobody, face):
    held = (face,)
    empty = cv2.resize(nobody, (512, 600))
    for _ in range(3):
        seen = tracker.track(empty, held)
        assert seen == ()
        held = remember(held, seen)
    (back,) = tracker.track(warped(portrait, around_middle(0, 1, (40, 10))), held)
    assert back.track == face.track


def test_a_jump_across_the_picture_is_found_by_the_detector(tracker, portrait, face):
    canvas = np.full((700, 1500, 3), 90, np.uint8)
    canvas[50:650, 980:1492] = portrait
    (found,) = tracker.track(canvas, (face,))
    assert found.box[0] > 1000


def test_a_face_not_known_before_gets_the_next_number(tracker, portrait):
    canvas = np.full((600, 1300, 3), 90, np.uint8)
    canvas[:, :512] = portrait
    seen = tracker.track(canvas, (), faces=2)
    assert [one.track for one in seen] == [0]
    canvas[:, 700:1212] = cv2.convertScaleAbs(portrait[:, ::-1], alpha=0.8)
    seen = tracker.track(canvas, seen, faces=2)
    assert [one.track for one in seen] == [0, 1]
    assert seen[1].box[0] > 700


def test_no_more_faces_than_wanted_are_followed(tracker, portrait):
    canvas = np.concatenate([portrait, portrait], axis=1)
    assert len(tracker.detect(canvas)) == 2
    assert len(tracker.track(canvas, (), faces=1)) == 1


def test_the_tracker_remembers_nothing(tracker, portrait, face, nobody):
    first = tracker.track(portrait, (face,))
    tracker.track(nobody, (face,))
    tracker.detect(warped(portrait, around_middle(20, 0.8, (0, 0))))
    again = tracker.track(portrait, (face,))
    np.testing.assert_array_equal(first[0].landmarks, again[0].landmarks)
    np.testing.assert_array_equal(first[0].scores, again[0].scores)


def test_one_tracker_serves_many_threads(tracker, portrait, face):
    pictures = [warped(portrait, around_middle(5 * index, 1, (0, 0))) for index in range(4)]
    wanted = [tracker.track(picture, (face,))[0].landmarks for picture in pictures]
    wrong: list[int] = []

    def work(index: int) -> None:
        for _ in range(6):
            (found,) = tracker.track(pictures[index], (face,))
            if not np.array_equal(found.landmarks, wanted[index]):
                wrong.append(index)

    threads = [threading.Thread(target=work, args=(index,)) for index in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_a_picture_is_left_alone(tracker, portrait):
    given = portrait.copy()
    tracker.track(given, tracker.detect(given))
    np.testing.assert_array_equal(given, portrait)


def test_a_slice_of_a_larger_array_gives_the_same_as_its_copy(tracker, portrait):
    wide = np.concatenate([portrait, portrait], axis=1)
    part = wide[:, :512]
    assert not part.flags.c_contiguous
    (found,) = tracker.detect(part)
    (copied,) = tracker.detect(part.copy())
    np.testing.assert_array_equal(found.landmarks, copied.landmarks)


@pytest.mark.parametrize(
    "image", [np.zeros((9, 9), np.uint8), np.zeros((9, 9, 4), np.uint8), np.zeros((9, 9, 3))]
)
def test_what_is_no_picture_is_refused(tracker, image):
    with pytest.raises(ShapeError, match=r"FaceTracker\.detect"):
        tracker.detect(image)
    with pytest.raises(ShapeError, match=r"FaceTracker\.track"):
        tracker.track(image, ())


@pytest.mark.parametrize("name", [field.name for field in fields(TrackerSettings)])
def test_a_setting_out_of_range_is_refused(name):
    with pytest.raises(SettingsError, match=f"tracker.{name} must lie in"):
        TrackerSettings(**{name: -1})


def test_every_setting_changes_something(portrait):
    strict = FaceTracker(TrackerSettings(detection_threshold=1.0))
    assert strict.detect(portrait) == ()
    assert FaceTracker(TrackerSettings(presence_threshold=1.0)).detect(portrait) == ()
    twins = np.concatenate([portrait[:, 60:390], portrait[:, 60:390]], axis=1)
    assert len(FaceTracker(TrackerSettings(overlap=0.3)).detect(twins)) == 2
    usual, plain = FaceTracker(), FaceTracker(TrackerSettings(refine=0))
    (one,), (other,) = usual.detect(portrait), plain.detect(portrait)
    assert 0 < apart(one.landmarks, other.landmarks) < 0.03


def test_scores_are_read_only_where_they_are_asked_for(tracker, portrait):
    (found,) = tracker.detect(portrait)
    (with_scores,) = tracker.track(portrait, [found])
    (without,) = tracker.track(portrait, [found], scores=False)
    assert with_scores.scores is not None
    assert without.scores is None
    np.testing.assert_array_equal(with_scores.landmarks, without.landmarks)
