from __future__ import annotations

import numpy as np
import pytest

from vivant.engines.mesh import MeshEngine, mouth
from vivant.engines.mesh.shape import PosedShape, blend, nearest_rotation
from vivant.engines.mesh.transfer import (
    LEFT_LID_PAIRS,
    LIP_PAIRS,
    RIGHT_LID_PAIRS,
    Strengths,
    relative,
)
from vivant.landmarks import LIPS_INNER, LIPS_OUTER, RIGHT_BROW, RIGHT_EYE

ALL = Strengths()


def turned(face: PosedShape, yaw: float) -> PosedShape:
    c, s = np.cos(np.radians(yaw)), np.sin(np.radians(yaw))
    turn = np.array([[c, 0, -s], [0, 1, 0], [s, 0, c]], np.float32)
    return PosedShape(face.shape, turn @ face.rotation, face.translation, face.scale)


def shaped(face: PosedShape, shape: np.ndarray) -> PosedShape:
    return PosedShape(shape, face.rotation, face.translation, face.scale)


@pytest.fixture(scope="module")
def face(cut_for) -> PosedShape:
    return PosedShape.of(cut_for(MeshEngine()))


def opened(face: PosedShape, centimetres: float) -> PosedShape:
    shape = face.shape.copy()
    shape[LIP_PAIRS[:, 0], 1] += centimetres
    return shaped(face, shape)


def gap(face: PosedShape, pairs: np.ndarray) -> float:
    return float((face.shape[pairs[:, 0], 1] - face.shape[pairs[:, 1], 1]).mean())


def test_taking_apart_and_drawing_are_inverse(cut_for, face: PosedShape) -> None:
    cut = cut_for(MeshEngine())
    np.testing.assert_allclose(face.draw(face.shape, 512), cut.landmarks, atol=0.02)
    np.testing.assert_allclose(face.undraw(cut.landmarks, 512), face.shape, atol=1e-3)


def test_a_turn_of_the_driver_turns_the_portrait_by_as_much(face: PosedShape) -> None:
    moved = relative(face, turned(face, 5), turned(face, 13), ALL)
    expected = turned(face, 8).rotation
    angle = np.degrees(np.arccos((np.trace(moved.rotation @ expected.T) - 1) / 2))
    assert angle < 0.3
    np.testing.assert_allclose(moved.shape, face.shape, atol=1e-4)


def test_no_turn_goes_beyond_the_largest(face: PosedShape) -> None:
    moved = relative(face, face, turned(face, 80), ALL)
    angle = np.degrees(np.arccos((np.trace(moved.rotation @ face.rotation.T) - 1) / 2))
    assert 30 < angle < 35.1


def test_the_mouth_opens_by_the_drivers_share_of_its_width(face: PosedShape) -> None:
    small = shaped(face, face.shape * np.float32(0.9))
    moved = relative(face, small, opened(small, 1.0), ALL)
    assert gap(moved, LIP_PAIRS) - gap(face, LIP_PAIRS) == pytest.approx(1 / 0.9, rel=0.05)
    assert mouth.opening(moved.shape) > mouth.opening(face.shape) + 0.1


def test_lips_meet_and_do_not_cross(face: PosedShape) -> None:
    moved = relative(face, opened(face, 1.0), face, ALL)
    openings = moved.shape[LIP_PAIRS[:, 0], 1] - moved.shape[LIP_PAIRS[:, 1], 1]
    own = face.shape[LIP_PAIRS[:, 0], 1] - face.shape[LIP_PAIRS[:, 1], 1]
    assert (openings >= np.minimum(own, 0) - 1e-5).all()


@pytest.mark.parametrize("pairs", [RIGHT_LID_PAIRS, LEFT_LID_PAIRS])
def test_closed_is_closed_on_another_face(face: PosedShape, pairs: np.ndarray) -> None:
    shape = face.shape.copy()
    shape[pairs[:, 1], 1] = shape[pairs[:, 0], 1]
    driver = shaped(face, shape * np.float32(1.1))
    reference = shaped(face, face.shape * np.float32(1.1))
    moved = relative(face, reference, driver, ALL)
    assert gap(moved, pairs) < 0.15 * gap(face, pairs)


def test_strength_scales_what_is_carried(face: PosedShape) -> None:
    driver = opened(turned(face, 10), 1.0)
    shares = (Strengths(*[share] * 7) for share in (0.0, 0.5, 1.0))
    none, half, whole = (relative(face, face, driver, share) for share in shares)
    np.testing.assert_allclose(none.shape, face.shape, atol=1e-5)
    np.testing.assert_allclose(none.rotation, face.rotation, atol=1e-5)
    grown = [gap(moved, LIP_PAIRS) - gap(face, LIP_PAIRS) for moved in (half, whole)]
    assert grown[0] == pytest.approx(grown[1] / 2, rel=0.02)


def test_a_region_without_strength_stays(face: PosedShape) -> None:
    driver = opened(turned(face, 10), 1.0)
    moved = relative(face, face, driver, Strengths(lips=0, jaw=0))
    assert gap(moved, LIP_PAIRS) - gap(face, LIP_PAIRS) < 0.15
    still = relative(face, face, driver, Strengths(pose=0))
    np.testing.assert_allclose(still.rotation, face.rotation, atol=1e-5)
    assert gap(still, LIP_PAIRS) > gap(face, LIP_PAIRS) + 0.5


def test_lips_keep_most_of_their_thickness(face: PosedShape) -> None:
    thin = face.shape.copy()
    outer, inner = list(LIPS_OUTER), list(LIPS_INNER)
    thin[outer] = thin[inner] + 0.1 * (thin[outer] - thin[inner])
    moved = relative(face, face, shaped(face, thin), ALL)
    own = np.linalg.norm(face.shape[outer] - face.shape[inner], axis=1)
    kept = np.linalg.norm(moved.shape[outer] - moved.shape[inner], axis=1)
    assert (kept >= 0.59 * own).all()


def test_blending_rotations_gives_rotations(face: PosedShape) -> None:
    between = blend(face, turned(face, 30), 0.5)
    np.testing.assert_allclose(between.rotation @ between.rotation.T, np.eye(3), atol=1e-5)
    np.testing.assert_allclose(between.rotation, turned(face, 15).rotation, atol=1e-3)
    assert np.linalg.det(nearest_rotation(-np.eye(3))) == pytest.approx(1)


def test_brows_do_not_sink_onto_the_eyes(face: PosedShape) -> None:
    brow, lid = list(RIGHT_BROW), list(RIGHT_EYE[9:])
    low = face.shape.copy()
    low[brow, 1] += 3.0
    moved = relative(face, face, shaped(face, low), ALL)
    room = face.shape[lid, 1].mean() - face.shape[brow, 1].mean()
    sunk = moved.shape[brow, 1].mean() - face.shape[brow, 1].mean()
    assert 0.1 * room < sunk < 0.5 * room
