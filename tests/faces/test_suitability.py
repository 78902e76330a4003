from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from vivant import samples
from vivant.faces.suitability import suitability
from vivant.faces.track import FaceTracker
from vivant.landmarks import SCORE_NAMES
from vivant.media import read_image
from vivant.types import Face


@pytest.fixture(scope="module")
def picture() -> np.ndarray:
    return read_image(samples.portrait())


@pytest.fixture(scope="module")
def face(picture: np.ndarray) -> Face:
    return FaceTracker().detect(picture)[0]


def advice(image: np.ndarray, face: Face) -> str:
    return " ".join(suitability(image, face).advice)


def test_the_sample_is_a_good_portrait(picture: np.ndarray, face: Face) -> None:
    judged = suitability(picture, face)
    assert judged.score >= 9
    assert judged.advice == ()


def test_small_faces_lose_points_and_are_told_how_small(picture: np.ndarray, face: Face) -> None:
    small = replace(face, landmarks=face.landmarks * np.float32(0.3))
    third = cv2.resize(picture, None, fx=0.3, fy=0.3, interpolation=cv2.INTER_AREA)
    judged = suitability(third, small)
    assert 2 < judged.score < 8
    assert "pixels wide" in judged.advice[0]
    tiny = replace(face, landmarks=face.landmarks * np.float32(0.1))
    assert suitability(picture, tiny).score == 0


def test_a_face_cut_by_the_edge_is_told(picture: np.ndarray, face: Face) -> None:
    x, _, width, _ = face.box
    cut = picture[:, round(x + width / 3) :]
    moved = face.landmarks - np.array([round(x + width / 3), 0, 0], np.float32)
    assert "cut by the edge" in advice(cut, replace(face, landmarks=moved))


def test_a_profile_is_told_its_angle(picture: np.ndarray, face: Face) -> None:
    c, s = np.cos(np.radians(70)), np.sin(np.radians(70))
    turn = np.array([[c, 0, -s], [0, 1, 0], [s, 0, c]])
    turned = replace(face, pose=replace(face.pose, rotation=turn))
    assert "from the side (70 degrees)" in advice(picture, turned)


def test_open_mouths_and_closed_eyes_are_told(picture: np.ndarray, face: Face) -> None:
    landmarks = face.landmarks.copy()
    landmarks[14, 1] += 20
    scores = face.scores.copy()
    scores[SCORE_NAMES.index("eyeBlinkLeft")] = 0.9
    told = advice(picture, replace(face, landmarks=landmarks, scores=scores))
    assert "mouth is open" in told
    assert "eye is closed" in told


def test_blur_is_told(picture: np.ndarray, face: Face) -> None:
    assert "blurred" in advice(cv2.GaussianBlur(picture, (0, 0), 7), face)
