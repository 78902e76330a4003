from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from vivant.errors import MissingWeights, ShapeError, WeightsError
from vivant.types import FaceCrop, Motion

torch = pytest.importorskip("torch", reason="the networks need the extra learned")
pytest.importorskip("safetensors", reason="the networks need the extra learned")

import cases  # noqa: E402

from vivant import engines, samples  # noqa: E402
from vivant.animation.loop import animate  # noqa: E402
from vivant.engines.base import Editable, Replacing  # noqa: E402
from vivant.engines.layers import stored  # noqa: E402
from vivant.engines.liveportrait import (  # noqa: E402
    LivePortraitEngine,
    LivePortraitSettings,
    eager,
)


@pytest.fixture(scope="module")
def case() -> cases.Case:
    return cases.carried("liveportrait/A_small")


@pytest.fixture(scope="module")
def weights(case, tmp_path_factory) -> str:
    return str(cases.kept(case, tmp_path_factory.mktemp("weights")))


@pytest.fixture(scope="module")
def engine(weights) -> LivePortraitEngine:
    return LivePortraitEngine(LivePortraitSettings(weights=weights))


@pytest.fixture(scope="module")
def portrait(engine, cut_for) -> FaceCrop:
    return cut_for(engine)


def recorded(case: cases.Case, name: str, number: int) -> FaceCrop:
    """A picture of the recorded case, in the size that the networks read."""
    pixels = case[name][number].permute(1, 2, 0).numpy() * 255
    return FaceCrop(pixels.round().astype(np.uint8), None, None, None, np.eye(3))


def other(portrait: FaceCrop, by: int = 5) -> FaceCrop:
    """Another driver: pixels and landmarks moved."""
    landmarks = portrait.landmarks.copy()
    landmarks[[14, 145, 374], 1] += by
    return replace(portrait, image=np.roll(portrait.image, by, axis=0), landmarks=landmarks)


@pytest.mark.parametrize("number", [0, 1])
def test_it_draws_the_recorded_picture(case, engine, number):
    encoded = engine.encode(recorded(case, "source", number))
    np.testing.assert_allclose(encoded.points, case.arrays["x_s"][number], atol=1e-5)
    driver = recorded(case, "driving", number)
    motion = dict(engine.motion(driver).arrays)
    # the recorded drivers' key points stand on their own faces, not on the portrait's
    between = engine.encode(driver).canonical - encoded.canonical
    motion["expression"] = motion["expression"] + between @ motion["rotation"]
    (drawn,) = engine.render(encoded, [Motion(motion)])
    wanted = (case["out"][number].permute(1, 2, 0) * 255).numpy()
    assert np.abs(drawn.image[::2, ::2] - wanted).max() < 1.1  # cut, not rounded


def test_it_draws_twice_the_side_that_it_reads(case, engine, weights, tmp_path):
    assert engine.size == 2 * case.config["image_size"]
    config, tensors = stored.read(weights)
    del config["image_size"]  # as in the public configuration
    stored.write(tmp_path / "public.safetensors", config, tensors)
    assert eager.load(tmp_path / "public.safetensors").size == 512


def test_a_finer_crop_is_made_smaller_before_it_is_read(engine):
    coarse = np.random.default_rng(0).integers(0, 256, (engine.size // 2,) * 2 + (3,), np.uint8)
    crops = [
        FaceCrop(image, None, None, None, np.eye(3))
        for image in (coarse, coarse.repeat(2, axis=0).repeat(2, axis=1))
    ]
    motions = [engine.motion(crop).arrays for crop in crops]
    for name, array in motions[0].items():
        np.testing.assert_array_equal(array, motions[1][name])


def test_what_is_drawn_fades_out_at_the_border(engine, portrait):
    encoded = engine.encode(portrait)
    (drawn,) = engine.render(encoded, [engine.rest(encoded)])
    middle = engine.size // 2
    assert drawn.alpha[middle, middle] == 255
    assert drawn.alpha[0].max() < 10
    assert (np.diff(drawn.alpha[middle, :middle].astype(int)) >= 0).all()


def test_it_needs_landmarks_only_to_measure_with(weights, engine, portrait):
    assert engine.needs == {"pixels"}
    bare = replace(portrait, landmarks=None)
    assert not engine.encode(bare).openness
    measuring = LivePortraitEngine(LivePortraitSettings(weights=weights, eye_retargeting=True))
    assert measuring.needs == {"pixels", "landmarks"}
    assert measuring.motion(portrait).arrays["eyes"].shape == (1,)
    with pytest.raises(ShapeError, match="needs a face with landmarks"):
        measuring.motion(bare)


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("pose", 0.0), ("expression", 0.0), ("lips", 0.0), ("multiplier", 0.5),
        ("stitching", False), ("eye_retargeting", True), ("lip_retargeting", True),
    ],
)  # fmt: skip
def test_every_option_changes_the_picture(engine, weights, portrait, option, value):
    changed = LivePortraitEngine(LivePortraitSettings(weights=weights, **{option: value}))
    drawn = []
    for one in (engine, changed):
        encoded = one.encode(portrait)
        motion = one.relative(encoded, one.motion(portrait), one.motion(other(portrait)))
        drawn.append(next(iter(one.render(encoded, [motion]))).image)
    assert (drawn[0] != drawn[1]).any()


@pytest.mark.parametrize(
    ("option", "told"),
    [
        ({"lips": 1.5}, r"liveportrait\.lips must lie in \[0, 1\]"),
        ({"multiplier": 3}, r"liveportrait\.multiplier must lie in \[0, 2\]"),
        ({"batch": 0}, r"liveportrait\.batch must be at least 1"),
    ],
)
def test_options_out_of_range_are_refused(option, told):
    with pytest.raises(ValueError, match=told):
        LivePortraitSettings(**option)


def test_measured_parts_at_rest_change_nothing(engine, weights, portrait):
    settings = LivePortraitSettings(weights=weights, eye_retargeting=True, lip_retargeting=True)
    measuring = LivePortraitEngine(settings)
    drawn = []
    for one in (engine, measuring):
        encoded = one.encode(portrait)
        drawn.append(next(iter(one.render(encoded, [one.rest(encoded)]))).image.astype(int))
    assert np.abs(drawn[0] - drawn[1]).max() <= 1


@pytest.mark.parametrize("control", ["eyes", "lips", "yaw"])
def test_a_slider_changes_the_picture_and_at_zero_does_not(engine, portrait, control):
    assert isinstance(engine, Editable)
    encoded = engine.encode(portrait)
    rest = engine.rest(encoded)
    motions = [rest, engine.edit(encoded, rest, {control: 1.0})]
    motions.append(engine.edit(encoded, rest, {control: 0.0}))
    still, moved, same = (drawn.image for drawn in engine.render(encoded, motions))
    assert (still != moved).any()
    np.testing.assert_array_equal(still, same)


def test_in_a_video_the_pose_stays_the_portraits(engine, portrait):
    assert isinstance(engine, Replacing)
    encoded = engine.encode(other(portrait, 9))
    neutral, reference, motion = (engine.motion(other(portrait, by)) for by in (0, 3, 6))
    moved = engine.replaced(encoded, neutral, reference, motion).arrays
    for name in ("rotation", "scale", "shift"):
        np.testing.assert_allclose(moved[name], encoded.motion[name], atol=1e-6)
    change = motion.arrays["expression"] - reference.arrays["expression"]
    wanted = neutral.arrays["expression"] + change
    np.testing.assert_allclose(moved["expression"], wanted, atol=1e-6)


def test_several_at_a_time_are_the_same_pictures(engine, weights, portrait):
    together = LivePortraitEngine(LivePortraitSettings(weights=weights, batch=2))
    encoded = engine.encode(portrait)
    motions = [engine.motion(other(portrait, by)) for by in (1, 4, 8)]
    drawn = [[d.image.astype(int) for d in e.render(encoded, motions)] for e in (engine, together)]
    assert len(drawn[1]) == 3
    assert np.abs(np.array(drawn[0]) - np.array(drawn[1])).max() <= 1


def test_without_weights_it_says_which_files_are_needed():
    with pytest.raises(MissingWeights, match=r"stitching_retargeting_module\.pth") as raised:
        engines.open_engine("liveportrait")
    assert "huggingface.co/KwaiVGI/LivePortrait" in str(raised.value)


def test_weights_without_stitching_are_refused(case, weights, tmp_path):
    config, tensors = stored.read(weights)
    del config["model_params"]["stitching_retargeting_module_params"]
    stored.write(tmp_path / "four.safetensors", config, tensors)
    with pytest.raises(WeightsError, match="all five of them"):
        engines.open_engine("liveportrait", {"weights": str(tmp_path / "four.safetensors")})


def test_a_video_drives_a_portrait(weights, hopper):
    opened = engines.open_engine("liveportrait", {"weights": weights})
    drawn = list(animate(hopper, samples.driving(), engine=opened, end=Fraction(1, 10)))
    assert drawn
    assert all(frame.image.shape == hopper.shape for frame in drawn)
    assert all((frame.image != hopper).any() for frame in drawn)
    corner = np.s_[:4, :4]
    assert all((frame.image[corner] == hopper[corner]).all() for frame in drawn)
