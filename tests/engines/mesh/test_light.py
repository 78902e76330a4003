from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from vivant.engines.mesh import MeshEngine, MeshSettings, light
from vivant.engines.mesh.shape import PosedShape
from vivant.types import Drawn, FaceCrop, Motion

CREASE = (50, 205)
"""Two landmarks on a cheek; a fold is painted between them."""


@pytest.fixture(scope="module")
def engine() -> MeshEngine:
    return MeshEngine(MeshSettings(size=320))


@pytest.fixture(scope="module")
def face(engine: MeshEngine, cut_for) -> FaceCrop:
    return cut_for(engine)


SKIN = np.array([200.0, 160.0, 140.0])


def creased(face: FaceCrop, gain: float = 0.6) -> FaceCrop:
    """The same face, its cheek darkened along a line."""
    a, b = (tuple(int(v) for v in face.landmarks[i, :2]) for i in CREASE)
    mask = cv2.line(np.zeros(face.image.shape[:2], np.float32), a, b, 1.0, 4)
    mask = cv2.GaussianBlur(mask, (0, 0), 1.0)[..., None]
    image = face.image * (1 - (1 - gain) * mask)
    return replace(face, image=image.round().astype(np.uint8))


def carried(engine: MeshEngine, face: FaceCrop, driver: FaceCrop) -> tuple[Motion, Drawn]:
    encoded = engine.encode(face)
    motion = engine.relative(encoded, engine.motion(face), engine.motion(driver))
    (drawn,) = engine.render(encoded, [motion])
    return motion, drawn


def middle(face: FaceCrop) -> tuple[slice, slice]:
    x, y = face.landmarks[list(CREASE), :2].mean(axis=0).astype(int)
    return slice(y - 1, y + 2), slice(x - 1, x + 2)


def test_a_fold_in_the_drivers_skin_darkens_the_portrait_there(
    engine: MeshEngine, face: FaceCrop
) -> None:
    _, drawn = carried(engine, face, creased(face))
    there = middle(face)
    assert drawn.image[there].mean() < 0.9 * face.image[there].mean()
    assert drawn.alpha is not None
    assert drawn.alpha[there].all()


def test_brighter_light_on_the_whole_driver_changes_nothing(
    engine: MeshEngine, face: FaceCrop
) -> None:
    for gain in (0.7, 1.2):
        bright = np.clip(face.image * gain, 0, 255).astype(np.uint8)
        _, drawn = carried(engine, face, replace(face, image=bright))
        assert np.abs(drawn.image.astype(int) - face.image).mean() < 0.5


def test_eyes_brows_and_lips_take_no_light(engine: MeshEngine, face: FaceCrop) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (20, 20, 3)).astype(np.uint8)
    spots = cv2.resize(noise, face.image.shape[:2], interpolation=cv2.INTER_CUBIC)
    motion, _ = carried(engine, face, replace(face, image=spots))
    change = motion.arrays[light.LIGHT]
    assert np.abs(change).max() > 0.03
    flat = np.round(light._flat()).astype(int)
    for index in (159, 145, 386, 374, 105, 334, 13, 14, 61):
        assert abs(change[flat[index, 1], flat[index, 0]]) < 0.01, index


def test_noise_of_a_still_driver_does_not_flicker(engine: MeshEngine, face: FaceCrop) -> None:
    rng = np.random.default_rng(0)
    drawn = []
    for _ in range(8):
        noisy = creased(face).image + rng.normal(0, 2, face.image.shape)
        driver = replace(face, image=np.clip(noisy, 0, 255).round().astype(np.uint8))
        drawn.append(carried(engine, face, driver)[1].image.astype(float))
    assert np.std(drawn, axis=0).mean() < 0.1


@pytest.mark.parametrize("missing", ["strength", "pixels"])
def test_without_strength_or_pixels_there_is_no_light(face: FaceCrop, missing: str) -> None:
    engine = MeshEngine(MeshSettings(size=320, light=0.0 if missing == "strength" else 1.0))
    encoded = engine.encode(face)
    reference, motion = engine.motion(face), engine.motion(creased(face))
    if missing == "pixels":
        kept = {k: v for k, v in motion.arrays.items() if not k.startswith("pixels.")}
        motion = Motion(kept)
    carried = engine.relative(encoded, reference, motion)
    assert light.LIGHT not in carried.arrays
    (drawn,) = engine.render(encoded, [carried])
    np.testing.assert_array_equal(drawn.image[middle(face)], face.image[middle(face)])


def test_light_eases_to_rest(engine: MeshEngine, face: FaceCrop) -> None:
    motion, drawn = carried(engine, face, creased(face))
    encoded = engine.encode(face)
    rest = engine.rest(encoded)
    steps = [engine.blend(motion, rest, share) for share in (0.0, 0.5, 0.9)]
    there = middle(face)
    seen = [picture.image[there].mean() for picture in engine.render(encoded, steps)]
    assert seen[0] < seen[1] < seen[2] < face.image[there].mean() + 0.5
    np.testing.assert_array_equal(light.blend(rest.arrays, rest.arrays, 0.5) == {}, True)
    assert drawn.image[there].mean() == pytest.approx(seen[0])


def test_a_turned_head_is_trusted_less(engine: MeshEngine, face: FaceCrop) -> None:
    driver = engine.motion(creased(face)).arrays
    reference = engine.motion(face).arrays
    straight = light.change(reference, driver, 1.0)[light.LIGHT]
    c, s = np.cos(np.radians(35)), np.sin(np.radians(35))
    turn = np.array([[c, 0, -s], [0, 1, 0], [s, 0, c]], np.float32)
    turned = {**driver, "rotation": turn @ driver["rotation"]}
    away = light.change(reference, turned, 1.0)[light.LIGHT]
    assert np.abs(away).max() < 0.3 * np.abs(straight).max()


def test_hair_over_the_forehead_of_a_portrait_takes_no_creases(
    engine: MeshEngine, face: FaceCrop
) -> None:
    flat = np.round(light._flat()).astype(int)
    u, v = flat[151, :2]
    posed = PosedShape.of(face)
    image = np.full_like(face.image, (200, 160, 140))
    bare = light.Relief.of(replace(face, image=image), posed, SKIN, 2).skin[v, u]
    x, y = face.landmarks[151, :2].astype(int)
    cv2.circle(image, (x, y), 16, (30, 20, 15), -1)
    covered = light.Relief.of(replace(face, image=image), posed, SKIN, 2).skin[v, u]
    assert bare > 0.8
    assert covered < 0.1


def test_dark_hair_that_falls_into_the_drivers_face_is_no_crease(
    engine: MeshEngine, face: FaceCrop
) -> None:
    x, y = face.landmarks[151, :2].astype(int)
    image = face.image.copy()
    cv2.circle(image, (int(x), int(y)), 9, (25, 18, 15), -1)
    fold, _ = carried(engine, face, creased(face))
    hair, _ = carried(engine, face, replace(face, image=image))
    deepest = [-float(motion.arrays[light.LIGHT].min()) for motion in (fold, hair)]
    assert deepest[1] < 0.6 * deepest[0]


def test_shadows_on_coloured_skin_are_not_grey(face: FaceCrop) -> None:
    posed = PosedShape.of(face)
    red, green, blue = light.Relief.of(face, posed, SKIN, 2).depth
    assert red < green < blue
    assert light.Relief.of(face, posed, np.full(3, 90.0), 2).depth == (1, 1, 1)


def test_light_out_of_range_is_refused() -> None:
    with pytest.raises(ValueError, match=r"mesh\.light must lie in \[0, 1\.5\]"):
        MeshSettings(light=2.0)
