from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from vivant.faces.pose import fit_pose
from vivant.landmarks import LEFT_EYE, RIGHT_EYE
from vivant.studies.suitability.following import (
    MOVEMENTS,
    Trace,
    following,
    gap,
    lids,
    squeeze,
    turn,
)
from vivant.types import Face


@pytest.fixture(scope="module")
def face(speaker, tracker) -> Face:
    return tracker.detect(speaker[0].image)[0]


def moved(face: Face, points: np.ndarray) -> Face:
    points = points.astype(np.float32)
    return replace(face, landmarks=points, pose=fit_pose(points))


def scaled(face: Face, by: float) -> Face:
    return moved(face, face.landmarks * by)


def opened(face: Face, pixels: float) -> Face:
    points = face.landmarks.copy()
    points[14, 1] += pixels
    return moved(face, points)


def test_measures_do_not_depend_on_the_size_of_the_face(face):
    large = scaled(face, 2.5)
    for movement in MOVEMENTS.values():
        small_sees = movement.see(opened(face, 4), face)
        large_sees = movement.see(opened(large, 10), large)
        np.testing.assert_allclose(large_sees, small_sees, rtol=1e-3, atol=1e-3)


def test_lids_and_lips_are_read_where_they_are(face):
    closed = face.landmarks.copy()
    for ring in (RIGHT_EYE, LEFT_EYE):
        closed[list(ring), 1] = closed[list(ring), 1].mean()
    assert lids(moved(face, closed), face)[0] < 0.06 < 0.1 < lids(face, face)[0]
    assert gap(opened(face, 10), face)[0] > gap(face, face)[0] + 0.5


def test_a_turned_head_reads_its_angle(face):
    about_y, _ = cv2.Rodrigues(np.radians([0.0, 12.0, 0.0]))
    angle = turn(moved(face, face.landmarks @ about_y.T), face)
    assert np.linalg.norm(angle) == pytest.approx(12, abs=0.1)
    np.testing.assert_allclose(turn(face, face), 0, atol=1e-6)


def test_squeeze_is_what_the_driver_did_not_do(face):
    narrow = moved(face, face.landmarks * [0.9, 1, 1])
    assert squeeze((narrow, face), (face, face)) == pytest.approx(-np.log(0.9), abs=0.02)
    assert squeeze((narrow, face), (narrow, face)) == 0


def test_a_driver_that_stands_still_asks_nothing():
    still = following(np.ones((5, 2)), np.ones((5, 2)), 0.1)
    assert not still.asked
    small = following(np.ones((5, 1)), np.linspace(0, 0.01, 5)[:, None], 0.1)
    assert not small.asked


def test_a_trace_of_the_driver_against_itself_follows_fully(speaker, tracker):
    faces = [tracker.detect(frame.image)[0] for frame in speaker[:8]]
    trace = Trace(faces[0], faces[0])
    for one in faces:
        trace.update(one, one)
    trace.update(None, faces[0])
    assert (trace.frames, trace.lost) == (9, 1)
    assert trace.squeezed() == 0
    found = trace.compute()
    assert set(found) == set(MOVEMENTS)
    for name, told in found.items():
        assert told.correlation == pytest.approx(1), name
        assert told.slope == pytest.approx(1), name


def test_a_trace_without_faces_says_nothing(face):
    trace = Trace(face, face)
    trace.update(None, face)
    assert trace.compute() == {}
    assert trace.squeezed() == 0
