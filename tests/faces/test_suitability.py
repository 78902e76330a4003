from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from vivant import samples
from vivant.errors import FaceTooSmall, UnsuitablePortrait
from vivant.faces.suitability import Suitability, check, suitability
from vivant.faces.track import FaceTracker
from vivant.media import read_image
from vivant.types import Face

MASK = (
    227, 93, 132, 58, 172, 136, 150, 149, 176, 148, 152, 377, 400, 378, 379, 365, 397, 288, 361,
    323, 447, 347, 197, 118,
)  # fmt: skip
"""Around what a medical mask covers."""
GLASSES = (
    (46, 53, 52, 65, 55, 193, 122, 128, 121, 120, 119, 118, 117, 111, 143),
    (276, 283, 282, 295, 285, 417, 351, 357, 350, 349, 348, 347, 346, 340, 372),
)


@pytest.fixture(scope="module")
def tracker() -> FaceTracker:
    return FaceTracker()


@pytest.fixture(scope="module")
def picture() -> np.ndarray:
    return read_image(samples.portrait())


@pytest.fixture(scope="module")
def face(picture: np.ndarray, tracker: FaceTracker) -> Face:
    return tracker.detect(picture)[0]


def judge(image: np.ndarray, tracker: FaceTracker) -> Suitability:
    return suitability(image, tracker.detect(image)[0], tracker)


def names(judged: Suitability) -> list[str]:
    return [finding.name for finding in judged.findings]


def painted(picture: np.ndarray, face: Face, ids: tuple[int, ...], colour: int) -> np.ndarray:
    """Paint a softly edged patch over landmarks."""
    patch = np.zeros(picture.shape[:2], np.uint8)
    cv2.fillPoly(patch, [np.round(face.landmarks[list(ids), :2]).astype(np.int32)], 255)
    share = cv2.GaussianBlur(patch, (0, 0), 1.5)[..., None] / 255
    return np.round(picture * (1 - share) + colour * share).astype(np.uint8)


def turned(face: Face, yaw: float) -> Face:
    c, s = np.cos(np.radians(yaw)), np.sin(np.radians(yaw))
    turn = np.array([[c, 0, -s], [0, 1, 0], [s, 0, c]])
    return replace(face, pose=replace(face.pose, rotation=turn))


def test_the_sample_is_a_good_portrait(picture, tracker) -> None:
    judged = judge(picture, tracker)
    assert judged.score >= 9.5
    assert judged.advice == ()


def test_the_mark_is_ten_less_the_points_of_the_findings(picture, face, tracker) -> None:
    judged = suitability(picture, turned(face, 30), tracker)
    assert names(judged) == ["turn"]
    assert judged.score == pytest.approx(10 - judged.findings[0].points, abs=0.05)
    assert judged.advice == (judged.findings[0].advice,)


def test_small_faces_lose_points_and_are_told_how_small(picture, tracker) -> None:
    half, third = (
        cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        for scale in (0.5, 0.33)
    )
    scores = [judge(image, tracker).score for image in (picture, half, third)]
    assert sorted(scores, reverse=True) == scores
    assert re.match(r"The face is 6\d pixels wide", judge(third, tracker).advice[0])


def test_forty_pixels_are_refused(picture, tracker) -> None:
    tiny = cv2.resize(picture, None, fx=0.2, fy=0.2, interpolation=cv2.INTER_AREA)
    face = tracker.detect(tiny)[0]
    assert suitability(tiny, face, tracker).score == 0
    with pytest.raises(FaceTooSmall, match=r"tiny: the face is 3\d pixels wide"):
        check(tiny, face, tracker, "tiny")


@pytest.mark.parametrize("side", ["left", "top", "bottom"])
def test_a_face_cut_by_the_edge_is_told(picture, face, tracker, side: str) -> None:
    x, y, width, height = (round(value) for value in face.box)
    cut = {
        "left": picture[:, x + width // 6 :],
        "top": picture[y + height // 6 :],
        "bottom": picture[: y + height - height // 6],
    }[side]
    judged = judge(np.ascontiguousarray(cut), tracker)
    assert judged.findings[0].name == "cut"
    assert judged.score < 8


def test_half_a_face_is_refused(picture, face, tracker) -> None:
    _, y, _, height = (round(value) for value in face.box)
    half = np.ascontiguousarray(picture[y + height // 2 - 15 :])
    moved = replace(face, landmarks=face.landmarks - np.float32([0, y + height // 2 - 15, 0]))
    with pytest.raises(UnsuitablePortrait, match=r"cuts off \d\d % of the face"):
        check(half, moved, tracker, "half")


def test_a_head_without_room_is_told(picture, face, tracker) -> None:
    close = np.ascontiguousarray(picture[round(face.box[1]) - 5 :])
    assert names(judge(close, tracker)) == ["room"]


def test_a_face_that_fills_the_picture_or_is_lost_in_it_is_told(picture, face, tracker) -> None:
    x, y, width, height = (round(value) for value in face.box)
    full = np.ascontiguousarray(picture[y - 20 : y + height + 20, x - 10 : x + width + 10])
    assert "share" in names(judge(full, tracker))
    lost = cv2.copyMakeBorder(picture, 800, 800, 800, 800, cv2.BORDER_REPLICATE)
    found = replace(face, landmarks=face.landmarks + np.float32([800, 800, 0]))
    assert "--frame crop" in suitability(lost, found, tracker).advice[0]


def test_a_profile_is_told_its_angle_and_refused(picture, face, tracker) -> None:
    judged = suitability(picture, turned(face, -50), tracker)
    assert "from the side: its turn reads 50 degrees" in judged.advice[0]
    assert judged.score <= 3
    with pytest.raises(UnsuitablePortrait, match="from the side"):
        check(picture, turned(face, -50), tracker, "portrait")
    check(picture, turned(face, 40), tracker, "portrait")


def test_a_turned_head_loses_points_by_its_angle(picture, face, tracker) -> None:
    scores = [suitability(picture, turned(face, yaw), tracker).score for yaw in (10, 25, 40)]
    assert scores[0] > scores[1] > scores[2]


def test_a_wide_mouth_is_told(picture, face, tracker) -> None:
    landmarks = face.landmarks.copy()
    landmarks[14, 1] += 30
    assert "mouth" in names(suitability(picture, replace(face, landmarks=landmarks), tracker))


def test_teeth_are_told(tracker) -> None:
    from vivant.media import VideoReader

    with VideoReader(samples.driving()) as reader:
        first = next(iter(reader)).image
    (mouth,) = [found for found in judge(first, tracker).findings if found.name == "mouth"]
    assert "Teeth" in mouth.advice


def test_closed_eyes_are_told(picture, face, tracker) -> None:
    landmarks = face.landmarks.copy()
    landmarks[159, 1] = landmarks[145, 1] - 1
    assert "lids" in names(suitability(picture, replace(face, landmarks=landmarks), tracker))


def test_blur_is_told(picture, face, tracker) -> None:
    blurred = cv2.GaussianBlur(picture, (0, 0), 4)
    assert "blur" in names(suitability(blurred, face, tracker))


def test_darkness_is_told(picture, tracker) -> None:
    dark = (picture // 8).astype(np.uint8)
    assert "light" in names(judge(dark, tracker))


@pytest.mark.parametrize("colour", [40, 190, 230])
def test_a_mask_is_told_and_refused(picture, face, tracker, colour: int) -> None:
    masked = painted(picture, face, MASK, colour)
    found = tracker.detect(masked)[0]
    judged = suitability(masked, found, tracker)
    assert judged.findings[0].name == "covered"
    assert judged.score <= 2
    with pytest.raises(UnsuitablePortrait, match="mouth is covered"):
        check(masked, found, tracker, "portrait")


def test_dark_glasses_are_told(picture, face, tracker) -> None:
    dark = painted(painted(picture, face, GLASSES[0], 25), face, GLASSES[1], 25)
    judged = judge(dark, tracker)
    assert judged.findings[0].name == "covered"
    assert "Both eyes" in judged.advice[0]


def test_a_hand_before_the_cheek_puts_the_tracker_in_doubt(picture, face, tracker) -> None:
    eyes = np.linalg.norm(face.landmarks[263, :2] - face.landmarks[33, :2])
    start, end = face.landmarks[159, :2], face.landmarks[152, :2] - [2 * eyes, 0]
    hidden = picture.copy()
    for finger in range(4):
        aside = np.array([0.0, 0.22 * eyes * finger])
        ends = [tuple(np.round(point + aside).astype(int).tolist()) for point in (start, end)]
        cv2.line(hidden, *ends, (90, 60, 45), round(0.24 * eyes))
        cv2.line(hidden, *ends, (200, 160, 140), round(0.19 * eyes))
    judged = judge(hidden, tracker)
    assert {"doubt", "covered"} & set(names(judged))
    assert judged.score < 9


def test_real_portraits_are_ordered_as_the_eye_does(data: Path, tracker) -> None:
    def score(name: str) -> float:
        return judge(read_image(data / "portraits" / f"{name}.jpg"), tracker).score

    good = [score(name) for name in ("p107_107", "p165_165", "p106_106", "p186_186")]
    poor = [score(name) for name in ("p082_082", "vm_motions_b_461", "p653_653", "az_f2_505")]
    assert min(good) > 9
    assert max(poor) < 5


@pytest.mark.parametrize("name", ["p082_082", "p525_525", "vm_motions_b_461"])
def test_real_profiles_and_covered_mouths_are_refused(data: Path, tracker, name: str) -> None:
    image = read_image(data / "portraits" / f"{name}.jpg")
    with pytest.raises(UnsuitablePortrait):
        check(image, tracker.detect(image)[0], tracker, name)
