from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from vivant.errors import MissingWeights, SettingsError, WeightsError
from vivant.faces import crop as cropping
from vivant.types import FaceCrop

torch = pytest.importorskip("torch", reason="learned engines need the extra learned")
pytest.importorskip("safetensors", reason="learned engines need the extra learned")

import made  # noqa: E402

from vivant import engines, samples  # noqa: E402
from vivant.animation.loop import animate  # noqa: E402
from vivant.engines.fpn import FpnEngine, FpnSettings, eager  # noqa: E402
from vivant.engines.fpn.network import build  # noqa: E402
from vivant.engines.fpn.normalise import interocular, similarity  # noqa: E402
from vivant.engines.layers import stored  # noqa: E402
from vivant.landmarks import LEFT_EYE, RIGHT_EYE  # noqa: E402


@pytest.fixture(scope="module")
def weights(tmp_path_factory) -> Path:
    return made.fpn(tmp_path_factory.mktemp("fpn"))


@pytest.fixture(scope="module")
def engine(weights: Path) -> FpnEngine:
    return FpnEngine(FpnSettings(weights=str(weights)))


def crop(engine: FpnEngine, seed: int) -> FaceCrop:
    """A smooth picture that nothing has looked for a face in."""
    rng = np.random.default_rng(seed)
    image = rng.integers(0, 256, (8, 8, 3), np.uint8).repeat(16, 0).repeat(16, 1)
    return FaceCrop(image, None, None, None, np.eye(3))


@torch.no_grad()
def test_absolute_draws_the_target_with_the_source_as_the_generator_does(engine, weights):
    target, source = crop(engine, 0), crop(engine, 1)
    (drawn,) = engine.render(engine.encode(target), [engine.motion(source)])
    config, tensors = stored.read(weights)
    generator = build(config)["generator"].eval()
    stored.restore(generator, "generator", tensors)
    first, second = (
        torch.from_numpy(face.image).permute(2, 0, 1)[None] / 127.5 - 1 for face in (source, target)
    )
    wanted = (generator(first, second)[0].permute(1, 2, 0).numpy() + 1) * 127.5
    assert np.abs(drawn.image - wanted).max() < 0.51


def test_rest_is_the_portrait_seen_as_a_source(engine):
    portrait = crop(engine, 0)
    encoded = engine.encode(portrait)
    rest, seen = engine.rest(encoded), engine.motion(portrait)
    assert set(rest.arrays) == {"pixels.4", "pixels.8", "pixels.16", "pixels.32"}
    for name, array in rest.arrays.items():
        np.testing.assert_array_equal(array, seen.arrays[name])


def test_relative_adds_the_change_of_what_is_seen(engine):
    encoded = engine.encode(crop(engine, 0))
    was, now = (engine.motion(crop(engine, seed)) for seed in (1, 2))
    carried = engine.relative(encoded, was, now)
    still = engine.relative(encoded, now, now)
    for name, own in engine.rest(encoded).arrays.items():
        np.testing.assert_array_equal(still.arrays[name], own)
        change = now.arrays[name] - was.arrays[name]
        np.testing.assert_allclose(carried.arrays[name], own + change, atol=1e-6)


@pytest.mark.parametrize("normalise", ["similarity", "interocular"])
def test_faces_lie_where_the_thesis_normalisation_puts_them(weights, found, normalise):
    opened = FpnEngine(FpnSettings(weights=str(weights), normalise=normalise))
    points = found.landmarks[:, :2].astype(np.float64)
    right, left = points[list(RIGHT_EYE)].mean(axis=0), points[list(LEFT_EYE)].mean(axis=0)
    cut = cropping.crop_from_face(found, opened.crop, opened.size)
    if normalise == "interocular":
        wanted, within = interocular(right, left, opened.size), 0.6
    else:
        five = np.stack([right, left, points[1], points[61], points[291]])
        wanted, within = similarity(five, opened.size), 0.02 * opened.size
    for point in (right, left):
        apart = (cut - wanted) @ [*point, 1.0]
        assert np.abs(apart).max() < within


def test_an_unknown_normalisation_is_refused():
    with pytest.raises(SettingsError, match="normalise must be one of similarity, interocular"):
        engines.open_engine("fpn", {"normalise": "affine"})


def test_without_weights_it_says_what_is_needed():
    with pytest.raises(MissingWeights, match="published none") as caught:
        engines.open_engine("fpn")
    assert caught.value.engine == "fpn"


def test_other_files_and_sizes_are_refused_with_what_is_wrong(weights, tmp_path):
    config, tensors = stored.read(weights)
    file = tmp_path / "other.safetensors"
    stored.write(file, {**config, "size": 100}, tensors)
    with pytest.raises(SettingsError, match="size must be a multiple of 32, got 100"):
        eager.load(file)
    del tensors["generator.last.bias"]
    stored.write(file, config, tensors)
    with pytest.raises(WeightsError, match=r"1 tensors are missing.*last\.bias"):
        eager.load(file)


def test_it_animates_a_portrait_with_a_video(engine):
    end = Fraction(1, 5)
    frames = list(animate(samples.portrait(), samples.driving(), engine=engine, end=end))
    assert len(frames) >= 4
    assert not np.array_equal(frames[0].image, frames[-1].image)
    assert np.array_equal(frames[0].image[-40:], frames[-1].image[-40:])
