from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from vivant.errors import MissingWeights, NoFaceFound, SettingsError, WeightsError
from vivant.types import FaceCrop

torch = pytest.importorskip("torch", reason="learned engines need the extra learned")
pytest.importorskip("safetensors", reason="learned engines need the extra learned")

import cases  # noqa: E402

from vivant import engines, samples  # noqa: E402
from vivant.animation.loop import animate  # noqa: E402
from vivant.engines import Editable  # noqa: E402
from vivant.engines.glow import GlowEngine, GlowSettings, eager  # noqa: E402
from vivant.engines.glow.network import build  # noqa: E402
from vivant.engines.layers import stored  # noqa: E402
from vivant.landmarks import LEFT_EYE, LIPS_OUTER, RIGHT_EYE  # noqa: E402
from vivant.media import read_image, write_image  # noqa: E402


@pytest.fixture(scope="module")
def weights(tmp_path_factory) -> Path:
    return cases.kept(cases.carried("glow/A_affine_lu"), tmp_path_factory.mktemp("glow"))


@pytest.fixture(scope="module")
def engine(weights: Path) -> GlowEngine:
    return GlowEngine(GlowSettings(weights=str(weights)))


@pytest.fixture(scope="module")
def portrait(engine: GlowEngine, cut_for) -> FaceCrop:
    return cut_for(engine)


def changed(face: FaceCrop, by: int) -> FaceCrop:
    """The same face, a patch of it lighter."""
    image = face.image.astype(int)
    image[12:20, 12:20] += by
    return FaceCrop(image.clip(0, 255).astype(np.uint8), None, None, None, np.eye(3))


def codes(motion) -> list[np.ndarray]:  # type: ignore[no-untyped-def]
    return [array for name, array in motion.arrays.items() if name.startswith("pixels.")]


def test_the_side_is_the_checkpoints(engine):
    assert engine.size == 32
    assert isinstance(engine, Editable)


def test_without_a_change_every_pixel_of_the_portrait_stays(engine, portrait):
    encoded = engine.encode(portrait)
    (drawn,) = engine.render(encoded, [engine.rest(encoded)])
    assert np.abs(drawn.image.astype(int) - portrait.image).max() <= 1
    assert not drawn.alpha.any()


def test_what_changes_is_shown_and_fades_out_before_the_border(engine, portrait):
    encoded = engine.encode(portrait)
    (drawn,) = engine.render(encoded, [engine.motion(changed(portrait, 60))])
    assert drawn.alpha[12:20, 12:20].mean() > 200
    assert drawn.alpha[0].max() < 140


def test_relative_is_the_portrait_and_alpha_of_the_drivers_change(weights, portrait):
    drawn = {}
    for alpha in (0.0, 0.25, 1.0):
        engine = GlowEngine(GlowSettings(weights=str(weights), alpha=alpha))
        encoded = engine.encode(portrait)
        was, now = engine.motion(portrait), engine.motion(changed(portrait, 40))
        carried = engine.relative(encoded, was, now)
        assert carried.arrays["alpha"][0] == alpha
        for own, before, after, got in zip(
            encoded.codes, codes(was), codes(now), codes(carried), strict=True
        ):
            np.testing.assert_allclose(got, own + after - before, atol=1e-4)
        (drawn[alpha],) = engine.render(encoded, [carried])
    assert np.abs(drawn[0.0].image.astype(int) - portrait.image).max() <= 1
    # The portrait is the driver here: all of the change gives the driver's picture.
    wanted = changed(portrait, 40).image
    assert np.abs(drawn[1.0].image.astype(int) - wanted).max() <= 1
    assert not np.array_equal(drawn[0.25].image, drawn[1.0].image)


def test_the_slider_sets_the_strength(engine, weights, portrait):
    encoded = engine.encode(portrait)
    motion = engine.motion(changed(portrait, 40))
    stronger = GlowEngine(GlowSettings(weights=str(weights), alpha=0.8))
    (wanted,) = stronger.render(encoded, [stronger.motion(changed(portrait, 40))])
    (drawn,) = engine.render(encoded, [engine.edit(encoded, motion, {"alpha": 0.8})])
    np.testing.assert_array_equal(drawn.image, wanted.image)
    assert motion.arrays["alpha"][0] == 0.5
    with pytest.raises(SettingsError, match="no slider 'smile'; the engine glow has 'alpha'"):
        engine.edit(encoded, motion, {"smile": 1})
    with pytest.raises(SettingsError, match=r"alpha must lie in \[-2, 2\], got 3"):
        engine.edit(encoded, motion, {"alpha": 3})
    with pytest.raises(SettingsError, match="driver_pictures must be a list of files"):
        engines.open_engine("glow", {"driver_pictures": "a.jpg"})
    with pytest.raises(SettingsError, match=r"glow\.alpha must lie in \[-2, 2\], got 3"):
        engines.open_engine("glow", {"alpha": 3})


def test_eyes_and_mouth_lie_where_aligned_celeba_pictures_have_them(engine, portrait):
    places = [
        portrait.landmarks[list(ring), :2].mean(axis=0) / engine.size
        for ring in (RIGHT_EYE, LEFT_EYE, LIPS_OUTER)
    ]
    # 178 pixels a side: eyes at (69.5, 91.5) and (107.5, 91.5), mouth at (89, 132)
    wanted = np.array([[69.5, 91.5], [107.5, 91.5], [89, 132]]) / 178
    assert np.abs(places - wanted).max() < 0.03


def test_without_weights_it_says_what_is_needed():
    with pytest.raises(MissingWeights, match=r"model_200001\.pt.*glow-pytorch") as caught:
        engines.open_engine("glow")
    assert caught.value.engine == "glow"


def test_other_files_are_refused_with_what_is_wrong(weights, tmp_path):
    config, tensors = stored.read(weights)
    file = tmp_path / "other.safetensors"
    stored.write(file, {**config, "img_size": 30}, tensors)
    with pytest.raises(SettingsError, match="img_size must be a multiple of 4, got 30"):
        eager.load(file)
    new = build(config)["glow"].state_dict()
    stored.write(file, config, {f"glow.{name}": value for name, value in new.items()})
    with pytest.raises(WeightsError, match="never seen a picture"):
        eager.load(file)
    del tensors["glow.blocks.0.prior.scale"]
    stored.write(file, config, tensors)
    with pytest.raises(WeightsError, match=r"1 tensors are missing.*prior\.scale"):
        eager.load(file)


def test_it_animates_a_portrait_with_a_video(weights):
    opened = engines.open_engine("glow", {"weights": str(weights)})
    end = Fraction(1, 5)
    still, driven = (
        list(
            animate(
                samples.portrait(), samples.driving(), engine=opened, end=end, controls=controls
            )
        )
        for controls in ({"alpha": 0.0}, {})
    )
    assert len(driven) >= 4
    assert np.array_equal(still[0].image, still[-1].image)
    assert not np.array_equal(driven[-1].image, still[-1].image)


def test_known_people_are_the_means_of_their_pictures(engine, portrait):
    pictures = [changed(portrait, by) for by in (30, 60)]
    knowing = engine.knowing(pictures, pictures)
    encoded = knowing.encode(portrait)
    all_codes = [codes(engine.motion(face)) for face in (portrait, *pictures)]
    for mean, *each in zip(encoded.codes, *all_codes, strict=True):
        np.testing.assert_allclose(mean, np.mean(each, axis=0), atol=1e-5)
    rest = engine.motion(portrait)
    assert engine.reference(encoded, rest) is rest
    for mean, *each in zip(codes(knowing.reference(encoded, rest)), *all_codes[1:], strict=True):
        np.testing.assert_allclose(mean, np.mean(each, axis=0), atol=1e-5)


def test_pictures_are_found_cut_and_read_as_the_settings_name_them(weights, tmp_path):
    def drawn(**more):  # type: ignore[no-untyped-def]
        opened = engines.open_engine("glow", {"weights": str(weights), **more})
        end = Fraction(1, 10)
        frames = animate(samples.portrait(), samples.driving(), engine=opened, end=end)
        return next(iter(frames)).image

    hopper, driver = read_image(samples.portrait()), tmp_path / "driver.png"
    write_image(driver, np.ascontiguousarray(hopper[:, ::-1]))
    alone = drawn()
    # The same picture again: the mean is that of the portrait alone.
    same = drawn(portrait_pictures=(str(samples.portrait()),))
    assert np.abs(same.astype(int) - alone).max() <= 1
    assert not np.array_equal(drawn(driver_pictures=(str(driver),)), alone)
    empty = tmp_path / "grey.png"
    write_image(empty, np.full((64, 64, 3), 128, np.uint8))
    with pytest.raises(NoFaceFound, match=r"grey\.png"):
        drawn(portrait_pictures=(str(empty),))
