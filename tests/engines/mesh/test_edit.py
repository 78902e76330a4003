from __future__ import annotations

import math

import numpy as np
import pytest

from vivant.engines import Editable
from vivant.engines.mesh import MeshEngine, MeshSettings
from vivant.engines.mesh.edit import SLIDERS, checked
from vivant.engines.mesh.shape import PosedShape
from vivant.engines.mesh.transfer import LEFT_LID_PAIRS, LIP_PAIRS, RIGHT_LID_PAIRS
from vivant.errors import SettingsError
from vivant.landmarks import LEFT_BROW, LEFT_IRIS, LIPS_INNER
from vivant.types import FaceCrop, Pose


@pytest.fixture(scope="module")
def engine() -> MeshEngine:
    return MeshEngine(MeshSettings(size=256, background=False))


@pytest.fixture(scope="module")
def portrait(engine: MeshEngine, cut_for) -> FaceCrop:
    return cut_for(engine)


@pytest.fixture(scope="module")
def set_to(engine: MeshEngine, portrait: FaceCrop):  # type: ignore[no-untyped-def]
    """Return a function that gives the portrait's face under some sliders."""
    encoded = engine.encode(portrait)

    def face(**controls: float) -> PosedShape:
        motion = engine.edit(encoded, engine.rest(encoded), controls)
        return PosedShape.unpack(motion.arrays)

    return face


def gap(face: PosedShape, pairs: np.ndarray) -> float:
    return float((face.shape[pairs[:, 0], 1] - face.shape[pairs[:, 1], 1]).mean())


def test_the_engine_is_editable(engine: MeshEngine) -> None:
    assert isinstance(engine, Editable)


def test_sliders_at_0_change_nothing(set_to) -> None:
    as_it_is = set_to()
    for face in (set_to(**dict.fromkeys(SLIDERS, 0.0)), set_to(smile=0)):
        for name, array in as_it_is.pack().items():
            np.testing.assert_array_equal(face.pack()[name], array)


@pytest.mark.parametrize("name", SLIDERS)
def test_every_slider_moves_the_face_from_end_to_end(set_to, name: str) -> None:
    slider, rest = SLIDERS[name], set_to().draw(set_to().shape, 256)
    for end in {slider.low, slider.high} - {0, -1 if name == "lips" else 0}:
        face = set_to(**{name: end})
        moved = np.abs(face.draw(face.shape, 256) - rest)[:, :2].max()
        assert 0.8 < moved < 60


def test_eyes_close_and_open_one_at_a_time_too(set_to) -> None:
    rest = {side: gap(set_to(), pairs) for side, pairs in LIDS.items()}
    for side, pairs in LIDS.items():
        assert gap(set_to(eyes=-1), pairs) < 0.15 * rest[side]
        assert gap(set_to(eyes=1), pairs) > 1.15 * rest[side]
        other = "right" if side == "left" else "left"
        wink = set_to(**{f"wink_{side}": 1})
        assert gap(wink, pairs) < 0.15 * rest[side]
        assert gap(wink, LIDS[other]) > 0.8 * rest[other]


LIDS = {"left": LEFT_LID_PAIRS, "right": RIGHT_LID_PAIRS}


def test_the_mouth_opens_and_an_open_one_closes(engine, portrait, set_to) -> None:
    rest, wide = gap(set_to(), LIP_PAIRS), gap(set_to(lips=1), LIP_PAIRS)
    assert wide > rest + 0.8
    encoded = engine.encode(portrait)
    opened = engine.edit(encoded, engine.rest(encoded), {"lips": 1})
    closed = PosedShape.unpack(engine.edit(encoded, opened, {"lips": -1}).arrays)
    assert gap(closed, LIP_PAIRS) < rest + 0.25 * (wide - rest)


def test_smile_brows_mouth_and_gaze_go_where_they_say(set_to) -> None:
    corners = [LIPS_INNER[0], LIPS_INNER[10]]
    rest = set_to().shape

    def change(**controls: float) -> np.ndarray:
        return set_to(**controls).shape - rest

    assert (change(smile=1)[corners, 1] < -0.2).all()
    assert (change(smile=-1)[corners, 1] > 0.05).all()
    assert change(brows=1)[list(LEFT_BROW), 1].mean() < -0.2
    assert change(brows=-1)[list(LEFT_BROW), 1].mean() > 0.1
    assert np.ptp(set_to(wide=1).shape[corners, 0]) > 1.05 * np.ptp(rest[corners, 0])
    assert np.ptp(set_to(pucker=1).shape[corners, 0]) < 0.92 * np.ptp(rest[corners, 0])
    assert change(gaze_x=1)[LEFT_IRIS[0], 0] > 0.1
    assert change(gaze_x=-1)[LEFT_IRIS[0], 0] < -0.1
    assert change(gaze_y=1)[LEFT_IRIS[0], 1] < -0.03
    assert change(gaze_y=-1)[LEFT_IRIS[0], 1] > 0.03


def test_half_a_slider_is_between(set_to) -> None:
    none, half, full = (set_to(smile=value).shape[61, 1] for value in (0, 0.5, 1))
    assert none > half > full


@pytest.mark.parametrize(
    ("name", "value"), [("yaw", 20), ("yaw", -20), ("pitch", 10), ("roll", -15)]
)
def test_the_head_turns_by_that_many_degrees(set_to, name: str, value: float) -> None:
    def angles(face: PosedShape) -> Pose:
        return Pose(face.rotation.astype(float), np.zeros(3), 1.0)

    turned, rest = angles(set_to(**{name: value})), angles(set_to())
    assert getattr(turned, name) - getattr(rest, name) == pytest.approx(value, abs=2)


@pytest.mark.parametrize(
    ("controls", "said"),
    [
        ({"smil": 1}, "did you mean 'smile'"),
        ({"smile": 1.01}, "smile must lie in"),
        ({"pucker": -0.5}, "pucker must lie in"),
        ({"yaw": 31}, "yaw must lie in"),
        ({"yaw": math.nan}, "yaw must lie in"),
        ({"eyes": math.inf}, "eyes must lie in"),
    ],
)
def test_what_is_unknown_or_out_of_range_is_refused(set_to, controls, said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        set_to(**controls)
    with pytest.raises(SettingsError, match=said):
        checked(controls)


def test_an_edit_leaves_its_motion_alone(engine, portrait) -> None:
    encoded = engine.encode(portrait)
    motion = engine.motion(portrait)
    before = {name: array.copy() for name, array in motion.arrays.items()}
    changed = engine.edit(encoded, motion, {"smile": 0.5, "yaw": 5})
    for name, array in before.items():
        np.testing.assert_array_equal(motion.arrays[name], array)
    assert all(array.dtype == np.float32 for array in changed.arrays.values())
    np.testing.assert_array_equal(changed.arrays["pixels.mouth"], before["pixels.mouth"])
