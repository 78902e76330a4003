from __future__ import annotations

import numpy as np
import pytest

from vivant.engines.mesh import MeshEngine, MeshSettings
from vivant.engines.mesh.engine import EncodedPortrait, sheet_map
from vivant.engines.mesh.shape import PosedShape
from vivant.faces import crop as cropping
from vivant.faces.track import FaceTracker
from vivant.landmarks import LEFT_EYE, LIPS_OUTER
from vivant.media import read_image
from vivant.samples import portrait
from vivant.training import sight


@pytest.fixture(scope="module")
def encoded() -> EncodedPortrait:
    image = read_image(portrait())
    (face,) = FaceTracker().detect(image)
    engine = MeshEngine(MeshSettings(size=256))
    crop = cropping.crop_from_face(face, engine.crop, engine.size)
    return engine.encode(cropping.face_crop(image, face, crop, engine.size))


def turned(encoded: EncodedPortrait, degrees: float) -> PosedShape:
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    turn = np.array([[c, 0, -s], [0, 1, 0], [s, 0, c]], np.float32)
    arrays = {**encoded.face.pack(), "rotation": turn @ encoded.face.rotation}
    return PosedShape.unpack(arrays)


def moved(encoded: EncodedPortrait, degrees: float) -> np.ndarray:
    return sight.displacement(sheet_map(encoded, turned(encoded, degrees)), 256)


def test_at_rest_the_network_has_nothing_to_say(encoded: EncodedPortrait) -> None:
    assert sight.say(moved(encoded, 0)) == 0


def test_it_may_say_more_the_more_the_head_turns(encoded: EncodedPortrait) -> None:
    much = [sight.say(moved(encoded, angle)) for angle in (0.5, 2, 10)]
    assert 0 < 4 * much[0] < 2 * much[1] < much[2] <= 1


def test_it_sees_the_portrait_and_what_the_mesh_makes_of_it(encoded: EncodedPortrait) -> None:
    person = None if encoded.layers is None else encoded.layers.person
    small = sight.Small.of(encoded.image, person, encoded.face)
    rest = sight.seen(small, moved(encoded, 0), encoded.face)
    assert rest.shape == (sight.CHANNELS, sight.SIDE, sight.SIDE)
    np.testing.assert_allclose(rest[3:6], rest[:3], atol=0.02)
    np.testing.assert_allclose(rest[10:13], rest[13:], atol=1e-6)
    turn = sight.seen(small, moved(encoded, 12), turned(encoded, 12))
    assert np.abs(turn[3:6] - turn[:3]).mean() > 0.01


def test_a_place_in_the_head_is_that_of_the_landmark_there(encoded: EncodedPortrait) -> None:
    places = sight.in_head(encoded.face)
    nose = encoded.face.draw(encoded.face.shape, 1)[1]
    x, y = (nose[:2] * sight.SIDE).astype(int)
    expected = encoded.face.undraw(np.array([[*nose[:2], encoded.face.translation[2]]]), 1)[0]
    np.testing.assert_allclose(places[:, y, x] * 10, expected, atol=0.5)


def test_eyes_and_lips_stay_where_the_landmarks_are(encoded: EncodedPortrait) -> None:
    landmarks = encoded.face.draw(encoded.face.shape, 1)
    free = sight.free(landmarks)
    for ring in (LEFT_EYE, LIPS_OUTER):
        x, y = (landmarks[list(ring), :2].mean(axis=0) * sight.OUT).astype(int)
        assert free[y, x] < 0.1
    assert free[2, 2] == 1


def test_nothing_changes_at_the_border_of_the_crop() -> None:
    rim = sight.rim()
    assert rim[0].max() < 0.1
    assert rim[32, 32] == 1
