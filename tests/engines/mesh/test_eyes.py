from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from vivant.engines.mesh import MeshEngine, MeshSettings, eyes, glasses
from vivant.engines.mesh.seam import thin
from vivant.landmarks import LEFT_EYE, LEFT_IRIS, RIGHT_EYE, RIGHT_IRIS
from vivant.types import FaceCrop, Motion

GREYS = np.array([0.299, 0.587, 0.114])
LOWER, UPPER = np.arange(1, 8), -np.arange(1, 8)


@pytest.fixture(scope="module")
def engine() -> MeshEngine:
    return MeshEngine(MeshSettings(size=448))


@pytest.fixture(scope="module")
def face(engine: MeshEngine, cut_for) -> FaceCrop:
    return cut_for(engine)


def painted(face: FaceCrop, eyeball=(240, 240, 235), iris=(60, 40, 30)) -> FaceCrop:
    """A face of one colour whose eyes are as plain as can be."""
    image = np.full_like(face.image, (205, 165, 145))
    for ring, circle in ((RIGHT_EYE, RIGHT_IRIS), (LEFT_EYE, LEFT_IRIS)):
        edge = np.round(face.landmarks[list(ring), :2]).astype(np.int32)
        mask = cv2.fillPoly(np.zeros(image.shape[:2], np.uint8), [edge], 1)
        disc = np.round(face.landmarks[list(circle[1:]), :2]).astype(np.int32)
        inner = cv2.fillPoly(np.zeros_like(mask), [disc[[0, 1, 2, 3]]], 1) & mask
        image[mask > 0], image[inner > 0] = eyeball, iris
    return replace(face, image=image)


def shut(shape: np.ndarray, left: float = 0.0) -> np.ndarray:
    """Bring the lids together until only the share `left` of the opening is left."""
    moved = shape.copy()
    for ring in (RIGHT_EYE, LEFT_EYE):
        edge = np.array(ring)
        gap = (1 - left) * (shape[edge[LOWER]] - shape[edge[UPPER]])
        moved[edge[LOWER]] -= 0.15 * gap
        moved[edge[UPPER]] += 0.85 * gap
    return moved


def draw(engine: MeshEngine, face: FaceCrop, shape: np.ndarray) -> np.ndarray:
    encoded = engine.encode(face)
    (drawn,) = engine.render(encoded, [Motion({**encoded.face.pack(), "shape": shape})])
    return drawn.image


def around(face: FaceCrop, image: np.ndarray, row: int = 1) -> np.ndarray:
    """Return the colours inside the `row`-th ring around each eye."""
    mask = np.zeros(image.shape[:2], np.uint8)
    for rings in (eyes.RIGHT_LIDS, eyes.LEFT_LIDS):
        cv2.fillPoly(mask, [np.round(face.landmarks[rings[row], :2]).astype(np.int32)], 1)
    return image[mask > 0].astype(float)


def test_closed_lids_leave_no_white_and_meet_in_a_dark_line(
    engine: MeshEngine, face: FaceCrop
) -> None:
    plain = painted(face)
    skin = np.array([205, 165, 145]) @ GREYS
    closed = around(plain, draw(engine, plain, shut(engine.encode(plain).face.shape))) @ GREYS
    assert (around(plain, plain.image) @ GREYS > skin + 15).mean() > 0.1
    assert (closed > skin + 15).mean() < 0.01
    assert 0.01 < (closed < skin - 30).mean() < 0.35


def test_half_closed_lids_do_not_squeeze_the_eyeball(engine: MeshEngine, face: FaceCrop) -> None:
    encoded = engine.encode(face)
    shape = shut(encoded.face.shape, 0.7)
    drawn = draw(engine, face, shape)
    edge = encoded.face.draw(shape, engine.size)[list(RIGHT_EYE), :2]
    x, y = edge.mean(axis=0).astype(int)
    part = (slice(y - 2, y + 3), slice(x - 4, x + 5))
    assert np.abs(drawn[part].astype(int) - face.image[part]).mean() < 12


def looking(engine: MeshEngine, face: FaceCrop) -> np.ndarray:
    shape = engine.encode(face).face.shape.copy()
    shape[[*RIGHT_IRIS, *LEFT_IRIS], 0] += 0.4
    return draw(engine, face, shape)


def test_the_iris_moves_with_the_gaze_and_the_lids_stay(engine: MeshEngine, face: FaceCrop) -> None:
    plain = painted(face)
    drawn = looking(engine, plain)
    changed = np.abs(drawn.astype(int) - plain.image).sum(axis=2) > 30
    inside = np.zeros(changed.shape, np.uint8)
    for ring in (RIGHT_EYE, LEFT_EYE):
        cv2.fillPoly(inside, [np.round(face.landmarks[list(ring), :2]).astype(np.int32)], 1)
    assert changed[inside > 0].mean() > 0.05
    assert not changed[cv2.dilate(inside, np.ones((5, 5), np.uint8)) == 0].any()


def test_blank_eyes_stay_blank(engine: MeshEngine, face: FaceCrop) -> None:
    stone = painted(face, eyeball=(200, 200, 200), iris=(198, 198, 198))
    right, left = engine.encode(stone).eyes
    assert right.iris == left.iris == 0
    np.testing.assert_array_equal(looking(engine, stone), stone.image)


def test_eyes_drawn_larger_than_life_hardly_blink(engine: MeshEngine, face: FaceCrop) -> None:
    points = face.landmarks.copy()
    for iris in (RIGHT_IRIS, LEFT_IRIS):
        points[list(iris[1:])] += 0.6 * (points[list(iris[1:])] - points[iris[0]])
    cartoon = engine.encode(replace(face, landmarks=points))
    grown = engine.encode(face)
    assert [eye.drawn for eye in cartoon.eyes] == [1, 1]
    assert [eye.drawn for eye in grown.eyes] == [0, 0]
    closed = replace(grown.face, shape=shut(grown.face.shape))
    assert eyes.steady(grown.face, closed, grown.eyes) is closed
    held = eyes.steady(cartoon.face, closed, cartoon.eyes).shape
    gap = [shape[145, 1] - shape[159, 1] for shape in (cartoon.face.shape, held)]
    assert gap[1] == pytest.approx(0.7 * gap[0], rel=0.01)


def test_a_frame_across_the_nose_is_told_from_a_bare_one(face: FaceCrop) -> None:
    bare = np.full_like(face.image, (205, 165, 145))
    assert glasses.worn(replace(face, image=bare)) == 0
    a, b = (tuple(int(v) for v in face.landmarks[i, :2]) for i in (133, 362))
    framed = cv2.line(bare.copy(), a, b, (40, 30, 25), 5)
    assert glasses.worn(replace(face, image=framed)) == 1


def test_glasses_with_a_bridge_like_skin_are_told_by_their_arms(face: FaceCrop) -> None:
    assert glasses.worn(face) > 0.9, "the sample portrait wears them"
    bare = np.full_like(face.image, (205, 165, 145))
    one, both = bare.copy(), bare.copy()
    for number, (eye, ear) in enumerate(((33, 127), (263, 356))):
        ends = [tuple(int(v) for v in face.landmarks[i, :2]) for i in (eye, ear)]
        for image in (both, one) if number == 0 else (both,):
            cv2.line(image, *ends, (60, 45, 40), 5)
    assert glasses.worn(replace(face, image=one)) == 0
    assert glasses.worn(replace(face, image=both)) == 1


def test_behind_glasses_brows_are_held_and_lids_are_not(engine: MeshEngine, face: FaceCrop) -> None:
    portrait = engine.encode(face).face
    moved = replace(portrait, shape=portrait.shape + np.float32(0.5))
    held = glasses.steady(portrait, moved, 1.0).shape - portrait.shape
    assert np.abs(held[[65, 295, 230, 450]]).max() < 0.2
    np.testing.assert_allclose(held[[159, 145, 386, 374, 13, 152, 468]], 0.5, atol=1e-5)
    assert glasses.steady(portrait, moved, 0.0) is moved


def test_glasses_are_held_only_where_that_is_asked(face: FaceCrop) -> None:
    image = face.image.copy()
    a, b = (tuple(int(v) for v in face.landmarks[i, :2]) for i in (133, 362))
    framed = replace(face, image=cv2.line(image, a, b, (0, 0, 0), 7))
    assert MeshEngine(MeshSettings(size=448)).encode(framed).glasses > 0.9
    assert MeshEngine(MeshSettings(size=448, glasses=False)).encode(framed).glasses == 0


def test_edges_are_near_at_the_corners_and_apart_between() -> None:
    turn = np.linspace(np.pi, -np.pi, 16, endpoint=False)
    ring = np.stack([20 + 10 * np.cos(turn), 10 - 5 * np.sin(turn)], axis=1)
    near = thin(ring, (5, 0, 30, 20), 3.0)[0]
    assert near[5] == near[25] == 1
    assert near[15] == 0
