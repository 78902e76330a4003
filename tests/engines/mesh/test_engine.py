from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from vivant.engines import Scalable
from vivant.engines.mesh import MeshEngine, MeshSettings, mouth
from vivant.engines.mesh.drawing import Canvas, soften_torn
from vivant.engines.mesh.layers import background_plate, person_mask, separate
from vivant.engines.mesh.shape import PosedShape
from vivant.errors import ShapeError
from vivant.types import FaceCrop, Motion


@pytest.fixture(scope="module")
def engine() -> MeshEngine:
    return MeshEngine()


@pytest.fixture(scope="module")
def portrait(engine: MeshEngine, cut_for) -> FaceCrop:
    return cut_for(engine)


def with_shape(encoded, change: dict[int, tuple[float, float]]) -> Motion:
    shape = encoded.face.shape.copy()
    for index, (dx, dy) in change.items():
        shape[index, :2] += (dx, dy)
    return Motion({**encoded.face.pack(), "shape": shape})


def turned(encoded, degrees: float) -> Motion:
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    turn = np.array([[c, 0, -s], [0, 1, 0], [s, 0, c]], np.float32)
    return Motion({**encoded.face.pack(), "rotation": turn @ encoded.face.rotation})


def test_at_rest_not_one_pixel_is_drawn(engine: MeshEngine, portrait: FaceCrop) -> None:
    encoded = engine.encode(portrait)
    (drawn,) = engine.render(encoded, [engine.rest(encoded)])
    assert drawn.alpha is not None
    assert not drawn.alpha.any()
    np.testing.assert_array_equal(drawn.image, portrait.image)


def test_a_moving_chin_leaves_eyes_and_background_pixel_identical(
    engine: MeshEngine, portrait: FaceCrop
) -> None:
    encoded = engine.encode(portrait)
    lower = dict.fromkeys((152, 148, 377, 176, 400, 17, 18, 200, 199, 175), (0.0, 0.4))
    (drawn,) = engine.render(encoded, [with_shape(encoded, lower)])
    assert drawn.alpha is not None
    eyes = portrait.landmarks[[33, 263, 159, 386], :2].astype(int)
    for x, y in [*eyes, (10, 10), (500, 10), (10, 500)]:
        assert drawn.alpha[y, x] == 0
    x, y = portrait.landmarks[152, :2].astype(int)
    assert drawn.alpha[y, x] == 255


def test_the_background_does_not_bend_when_the_head_turns(
    engine: MeshEngine, portrait: FaceCrop
) -> None:
    encoded = engine.encode(portrait)
    away = person_mask(portrait.image) < 0.01
    away = cv2.erode(away.astype(np.uint8), np.ones((61, 61), np.uint8)).astype(bool)
    assert away.mean() > 0.1
    for degrees in (-20, 20):
        (drawn,) = engine.render(encoded, [turned(encoded, degrees)])
        shown = np.where(drawn.alpha[..., None] > 0, drawn.image, portrait.image)
        assert np.abs(shown.astype(int) - portrait.image)[away].mean() < 1


def test_turning_the_head_moves_the_nose_to_that_side(
    engine: MeshEngine, portrait: FaceCrop
) -> None:
    encoded = engine.encode(portrait)
    before = encoded.face.draw(encoded.face.shape, engine.size)[1]
    for degrees in (15, -15):
        target = PosedShape.unpack(turned(encoded, degrees).arrays)
        nose = target.draw(target.shape, engine.size)[1]
        assert np.sign(nose[0] - before[0]) == np.sign(degrees)


def test_without_strength_nothing_moves_and_with_half_of_it_half_as_far(cut_for) -> None:
    portrait = cut_for(MeshEngine())
    landmarks = portrait.landmarks.copy()
    landmarks[:, 1] += np.linspace(-6, 6, len(landmarks))  # all of the face, in regions or not
    moved = replace(portrait, landmarks=landmarks)
    shapes = []
    for strength in (0.0, 0.5, 1.0):
        engine = MeshEngine(MeshSettings(strength=strength, emphasis=0))
        encoded = engine.encode(portrait)
        carried = engine.relative(encoded, engine.motion(portrait), engine.motion(moved))
        shapes.append(carried.arrays["shape"] - encoded.face.shape)
        if not strength:
            (drawn,) = engine.render(encoded, [carried])
            assert not drawn.alpha.any()
    cheek = 50  # in no region
    assert np.abs(shapes[2][cheek]).max() > 1e-3
    np.testing.assert_allclose(shapes[1][cheek], shapes[2][cheek] / 2, rtol=0.02, atol=1e-4)


def test_the_open_mouth_shows_the_drivers_inside(engine: MeshEngine, portrait: FaceCrop) -> None:
    encoded = engine.encode(portrait)
    motion = engine.motion(portrait)
    shape = motion.arrays["shape"].copy()
    shape[[14, 87, 317, 178, 402], 1] += 1.5
    white = np.full((*mouth.PATCH, 3), 255, np.float32)
    ring = motion.arrays["mouth.ring"].copy()
    ring[1:10, 1] += 20
    opened = Motion({**motion.arrays, "shape": shape, "pixels.mouth": white, "mouth.ring": ring})
    dark = Motion({**opened.arrays, "pixels.mouth": white * 0})
    lit, unlit = (drawn.image for drawn in engine.render(encoded, [opened, dark]))
    landmarks = encoded.face.draw(shape, engine.size)
    x, y = ((landmarks[13, :2] + landmarks[14, :2]) / 2).astype(int)
    assert int(lit[y, x].mean()) - int(unlit[y, x].mean()) > 80


def test_a_closing_eye_is_covered_by_lid_and_not_by_a_squeezed_eye(
    engine: MeshEngine, portrait: FaceCrop
) -> None:
    encoded = engine.encode(portrait)
    upper = (246, 161, 160, 159, 158, 157, 173)
    lower = (7, 163, 144, 145, 153, 154, 155)
    shape = encoded.face.shape.copy()
    shape[list(upper), 1] = shape[list(lower), 1]
    (drawn,) = engine.render(encoded, [Motion({**encoded.face.pack(), "shape": shape})])
    x, y = portrait.landmarks[468, :2].astype(int)  # where the iris was
    part = (slice(y - 2, y + 3), slice(x - 2, x + 3))
    assert drawn.image[part].mean() > portrait.image[part].mean() + 15


def test_motions_do_not_depend_on_the_size_at_which_they_are_read(
    engine: MeshEngine, cut_for
) -> None:
    small = engine.at_size(300)
    assert small.size == 300
    a, b = (e.motion(cut_for(e)).arrays for e in (engine, small))
    for name in ("shape", "rotation", "translation", "scale"):
        np.testing.assert_allclose(a[name], b[name], atol=2e-3)
    assert np.abs(a["pixels.mouth"] - b["pixels.mouth"]).mean() < 12


def test_it_says_that_it_scales_and_holds_its_limits(engine: MeshEngine) -> None:
    assert isinstance(engine, Scalable)
    assert engine.at_size(5).size == 128
    assert engine.at_size(99999).size == 1280
    assert engine.at_size(301).size % 2 == 0


def test_a_face_without_landmarks_is_refused(engine: MeshEngine, portrait: FaceCrop) -> None:
    with pytest.raises(ShapeError, match="needs a face with landmarks"):
        engine.motion(replace(portrait, landmarks=None))


@pytest.mark.parametrize(
    "bad", [{"strength": 1.5}, {"strength": -0.1}, {"size": 15}, {"size": 333}]
)
def test_settings_out_of_range_are_refused(bad: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"mesh\."):
        MeshSettings(**bad)


def test_without_a_background_layer_the_whole_sheet_bends(cut_for) -> None:
    engine = MeshEngine(MeshSettings(background=False))
    encoded = engine.encode(cut_for(engine))
    assert encoded.layers is None
    (drawn,) = engine.render(encoded, [turned(encoded, 15)])
    assert (drawn.alpha > 0).mean() > 0.5


def test_without_a_person_there_are_no_layers(portrait: FaceCrop) -> None:
    grey = np.full_like(portrait.image, 128)
    assert separate(grey, portrait.landmarks, 2) is None
    assert separate(portrait.image, portrait.landmarks, 2) is not None


def test_the_plate_keeps_the_background_and_loses_the_person(portrait: FaceCrop) -> None:
    mask = person_mask(portrait.image)
    plate = background_plate(portrait.image, mask)
    far = cv2.dilate((mask > 0.05).astype(np.uint8), np.ones((41, 41), np.uint8)) == 0
    np.testing.assert_array_equal(plate[far], portrait.image[far])
    x, y = portrait.landmarks[1, :2].astype(int)
    assert np.abs(plate[y, x].astype(int) - portrait.image[y, x]).max() > 40


def test_edges_where_the_map_is_torn_are_softened_and_others_are_not() -> None:
    image = np.zeros((64, 64, 3), np.uint8)
    image[:, 32:] = 255
    image[::4, 30:32] = 255
    canvas = Canvas(image.copy(), np.zeros((64, 64), np.uint8))
    line = np.arange(32, dtype=np.float32) * 2
    sources = np.dstack(np.meshgrid(line, line))
    soften_torn(canvas, sources, 2)
    np.testing.assert_array_equal(canvas.image, image)
    sources[:, 16:, 0] += 30
    soften_torn(canvas, sources, 2)
    assert 0 < canvas.image[:, 30:33].mean(axis=(0, 2))[1] < 255
    np.testing.assert_array_equal(canvas.image[:, :24], image[:, :24])


def test_beside_the_person_the_plate_goes_on_as_a_mirror_would() -> None:
    image = np.zeros((256, 256, 3), np.uint8)
    image[::16] = image[1::16] = image[2::16] = 255  # stripes from side to side
    person = np.zeros((256, 256), np.float32)
    person[:, 100:] = 1
    image[person > 0] = 90
    plate = background_plate(image, person).astype(int)
    assert np.abs(plate[:, 104:112] - plate[:, 60:61]).mean() < 40
    assert plate[:, 104:112].std() > 40


def test_even_far_inside_the_person_the_plate_takes_the_backgrounds_colours() -> None:
    image = np.full((256, 256, 3), (40, 90, 200), np.uint8)
    person = np.zeros((256, 256), np.float32)
    person[40:, :230] = 1
    image[person > 0] = 0
    plate = background_plate(image, person)
    assert np.abs(plate.astype(int) - (40, 90, 200)).max() < 12
