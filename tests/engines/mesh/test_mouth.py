from __future__ import annotations

from itertools import islice

import cv2
import numpy as np
import pytest

from vivant import samples
from vivant.engines.mesh import MeshEngine, MeshSettings, interior, mouth
from vivant.faces import crop as cropping
from vivant.faces.track import FaceTracker
from vivant.landmarks import LIPS_INNER
from vivant.media import VideoReader
from vivant.types import FaceCrop, Motion

LAUGHING = 76
"""A frame of the sample in which the driver shows her teeth."""
GREYS = np.array([0.299, 0.587, 0.114])


@pytest.fixture(scope="module")
def engine() -> MeshEngine:
    return MeshEngine(MeshSettings(size=448))


@pytest.fixture(scope="module")
def closed(engine: MeshEngine, cut_for) -> FaceCrop:
    return cut_for(engine)


@pytest.fixture(scope="module")
def laughing(engine: MeshEngine) -> FaceCrop:
    with VideoReader(samples.driving()) as frames:
        image = next(islice(frames, LAUGHING, None)).image
    (face,) = FaceTracker().detect(image)
    matrix = cropping.crop_from_face(face, engine.crop, engine.size)
    return cropping.face_crop(image, face, matrix, engine.size)


def parted(shape: np.ndarray, by: float) -> np.ndarray:
    """Lower the lower lip and the chin, centimetres."""
    lower = [ring[i] for ring in mouth.LIPS.tolist() for i in range(1, 10)]
    moved = shape.copy()
    moved[[*lower, 152, 148, 377, 176, 400, 200, 199, 175, 18], 1] += by
    return moved


def brought_together(shape: np.ndarray, share: float = 1.0) -> np.ndarray:
    moved = shape.copy()
    lower, upper = np.arange(1, 10), -np.arange(1, 10)
    inner = mouth.LIPS[0]
    gap = share * (shape[inner[lower]] - shape[inner[upper]])
    for ring in mouth.LIPS:
        moved[ring[lower]] -= 0.6 * gap
        moved[ring[upper]] += 0.4 * gap
    return moved


def draw(engine: MeshEngine, face: FaceCrop, shape: np.ndarray) -> np.ndarray:
    encoded = engine.encode(face)
    (drawn,) = engine.render(encoded, [Motion({**encoded.face.pack(), "shape": shape})])
    return drawn.image


def between(
    engine: MeshEngine, face: FaceCrop, shape: np.ndarray, image: np.ndarray, ring=LIPS_INNER
) -> np.ndarray:
    """Return the colours inside a ring of the mouth."""
    points = engine.encode(face).face.draw(shape, engine.size)[list(ring), :2]
    mask = cv2.fillPoly(np.zeros(image.shape[:2], np.uint8), [np.round(points).astype(int)], 1)
    return image[mask > 0].astype(float)


def test_without_a_driver_to_be_seen_an_opening_mouth_shows_teeth_and_darkness(
    engine: MeshEngine, closed: FaceCrop
) -> None:
    shape = parted(engine.encode(closed).face.shape, 1.6)
    seen = between(engine, closed, shape, draw(engine, closed, shape)) @ GREYS
    assert np.percentile(seen, 3) < 60
    assert np.percentile(seen, 97) > 110


def test_the_setting_says_what_is_in_the_mouth(engine: MeshEngine, closed: FaceCrop) -> None:
    shape = parted(engine.encode(closed).face.shape, 1.6)
    white = np.full((*mouth.PATCH, 3), 255, np.float32)
    seen = {**engine.motion(closed).arrays, "shape": shape, "pixels.mouth": white}
    drawn = {}
    for kind in ("driver", "bank", "none"):
        other = MeshEngine(MeshSettings(size=448, mouth=kind))
        (picture,) = other.render(other.encode(closed), [Motion(seen)])
        drawn[kind] = (between(engine, closed, shape, picture.image) @ GREYS).mean()
    assert drawn["driver"] > drawn["bank"] + 50
    assert drawn["none"] > drawn["bank"] + 20
    with pytest.raises(ValueError, match=r"mesh\.mouth must be one of driver, bank, none"):
        MeshSettings(mouth="teeth")


def test_lips_that_close_cover_the_portraits_teeth(engine: MeshEngine, laughing: FaceCrop) -> None:
    encoded = engine.encode(laughing)
    shape = encoded.face.shape
    teeth = np.percentile(between(engine, laughing, shape, laughing.image) @ GREYS, 70)
    shut = brought_together(shape)
    lips = between(engine, laughing, shut, draw(engine, laughing, shut), mouth.LIPS[1]) @ GREYS
    assert len(lips) > 100
    assert (lips > teeth - 25).mean() < 0.01


def test_half_closed_lips_show_the_portraits_own_teeth_unsqueezed(
    engine: MeshEngine, laughing: FaceCrop
) -> None:
    encoded = engine.encode(laughing)
    half = brought_together(encoded.face.shape, 0.5)
    drawn = draw(engine, laughing, half)
    ring = encoded.face.draw(half, engine.size)[list(LIPS_INNER), :2]
    x, y = ring.mean(axis=0).astype(int)
    part = (slice(y - 3, y + 4), slice(x - 12, x + 13))
    assert np.abs(drawn[part].astype(int) - laughing.image[part]).mean() < 12


def test_upper_teeth_stay_where_they_are_and_lower_ones_go_with_the_jaw(
    engine: MeshEngine, closed: FaceCrop
) -> None:
    face = engine.encode(closed).face
    x, y = face.draw(face.shape, engine.size)[13, :2].astype(int)
    window = (x - 5, y - 20, 10, 80)
    rows = []
    for by in (1.0, 2.0):
        target = type(face)(parted(face.shape, by), face.rotation, face.translation, face.scale)
        rows.append(interior.draw((face, target), False, window, engine.size).mean(axis=1) @ GREYS)
    near, far = rows
    upper = np.flatnonzero(near > 120)[0]
    assert np.flatnonzero(far > 120)[0] == upper
    lower = [np.flatnonzero(row > 110)[-1] for row in rows]
    assert lower[1] - lower[0] > 0.5 * float(face.scale[0]) * engine.size
