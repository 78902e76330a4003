from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from vivant.action_units import INTENSITY_NAMES
from vivant.errors import MissingWeights, SettingsError, ShapeError, WeightsError
from vivant.landmarks import SCORE_NAMES
from vivant.types import FaceCrop

torch = pytest.importorskip("torch", reason="learned engines need the extra learned")
pytest.importorskip("safetensors", reason="learned engines need the extra learned")

import cases  # noqa: E402

from vivant import engines, samples  # noqa: E402
from vivant.animation.loop import animate  # noqa: E402
from vivant.engines import Editable, Engine  # noqa: E402
from vivant.engines.ganimation import (  # noqa: E402
    GanimationEngine,
    GanimationSettings,
    eager,
)
from vivant.engines.ganimation.network import build  # noqa: E402
from vivant.engines.layers import stored  # noqa: E402

SMILE = [SCORE_NAMES.index(f"mouthSmile{side}") for side in ("Left", "Right")]
AU12 = INTENSITY_NAMES.index("AU12")


def generator(units: int = 17):  # type: ignore[no-untyped-def]
    torch.manual_seed(4)
    config = {"generator": {"conv_dim": 4, "c_dim": units, "repeat_num": 1}}
    return build(config)["generator"]


@pytest.fixture(scope="module")
def engine() -> GanimationEngine:
    return GanimationEngine(network=eager.Network(generator()))


@pytest.fixture(scope="module")
def portrait(engine: GanimationEngine, cut_for) -> FaceCrop:
    return cut_for(engine)


def smiling(face: FaceCrop, score: float) -> FaceCrop:
    scores = np.zeros(len(SCORE_NAMES), np.float32) if face.scores is None else face.scores.copy()
    scores[SMILE] = score
    return replace(face, scores=scores)


def test_it_speaks_the_verbs_and_has_sliders(engine):
    assert isinstance(engine, Engine)
    assert isinstance(engine, Editable)


def test_a_smiling_driver_moves_the_smiles_unit(engine, portrait):
    straight, smile = engine.motion(smiling(portrait, 0)), engine.motion(smiling(portrait, 1))
    assert straight.arrays["units"][AU12] == 0
    assert smile.arrays["units"][AU12] == 1
    assert smile.arrays["units"].dtype == np.float32


def test_relative_adds_the_change_to_the_portraits_own_units(portrait):
    for strength in (1.0, 0.5):
        engine = GanimationEngine(GanimationSettings(strength=strength), eager.Network(generator()))
        encoded = engine.encode(smiling(portrait, 0.2))
        reference, motion = (engine.motion(smiling(portrait, score)) for score in (0.1, 0.5))
        carried = engine.relative(encoded, reference, motion).arrays["units"]
        assert carried[AU12] == pytest.approx(0.2 + strength * 0.4, abs=1e-6)
    strong = engine.relative(encoded, reference, engine.motion(smiling(portrait, 1)))
    assert strong.arrays["units"].max() <= 1


def test_no_change_is_rest_and_rest_is_the_portraits_own_units(engine, portrait):
    encoded = engine.encode(portrait)
    motion = engine.motion(smiling(portrait, 0.7))
    still = engine.relative(encoded, motion, motion)
    np.testing.assert_array_equal(still.arrays["units"], engine.rest(encoded).arrays["units"])
    own = engine.motion(portrait).arrays["units"]
    np.testing.assert_array_equal(still.arrays["units"], own)


def test_sliders_add_to_units_by_name(engine, portrait):
    encoded = engine.encode(portrait)
    motion = engine.motion(smiling(portrait, 0.2))
    edited = engine.edit(encoded, motion, {"AU12": 2.5, "AU45": -5}).arrays["units"]
    assert edited[AU12] == pytest.approx(0.7, abs=1e-6)
    assert edited[INTENSITY_NAMES.index("AU45")] == 0
    unchanged = engine.edit(encoded, motion, {"AU12": 0})
    np.testing.assert_array_equal(unchanged.arrays["units"], motion.arrays["units"])
    with pytest.raises(SettingsError, match="no Action Unit 'AU13'; did you mean"):
        engine.edit(encoded, motion, {"AU13": 1})
    with pytest.raises(SettingsError, match=r"AU12 must lie in \[-5, 5\], got 6"):
        engine.edit(encoded, motion, {"AU12": 6})


def test_it_draws_its_size_and_what_the_units_say(engine, portrait):
    encoded = engine.encode(portrait)
    motions = [engine.motion(smiling(portrait, score)) for score in (0.0, 1.0)]
    first, second = engine.render(encoded, motions)
    assert first.image.shape == (128, 128, 3)
    assert first.alpha.shape == (128, 128)
    assert not np.array_equal(first.image, second.image)
    (again,) = engine.render(encoded, motions[1:])
    np.testing.assert_array_equal(second.image, again.image)


@pytest.mark.parametrize("attention", [1.0, 0.0])
def test_attention_says_where_the_portrait_stays(portrait, attention):
    drawing = generator()
    torch.nn.init.zeros_(drawing.img_reg[0].weight)  # grey

    class Fixed(torch.nn.Module):
        def forward(self, features):  # type: ignore[no-untyped-def]
            return torch.full_like(features[:, :1], attention)

    drawing.attetion_reg = Fixed()
    engine = GanimationEngine(network=eager.Network(drawing))
    (drawn,) = engine.render(engine.encode(portrait), [engine.motion(portrait)])
    if attention:
        np.testing.assert_array_equal(drawn.image, portrait.image)
        assert not drawn.alpha.any()
    else:
        assert (drawn.image == 128).all()
        assert (drawn.alpha[8:-8, 8:-8] == 255).all()
        assert drawn.alpha[0].max() < 20  # no square shows where it is put back


def test_a_portrait_without_scores_is_at_rest_but_a_driver_needs_them(engine, portrait):
    blind = replace(portrait, scores=None, landmarks=None, pose=None)
    assert not engine.rest(engine.encode(blind)).arrays["units"].any()
    with pytest.raises(ShapeError, match="expression scores"):
        engine.motion(blind)


def test_without_weights_it_says_what_is_needed():
    with pytest.raises(MissingWeights, match=r"id_G.*authors published none") as caught:
        engines.open_engine("ganimation")
    assert caught.value.engine == "ganimation"


def test_weights_come_from_a_file(tmp_path: Path, portrait):
    small = cases.carried("ganimation/A_small")
    opened = GanimationEngine(GanimationSettings(weights=str(cases.kept(small, tmp_path))))
    built = build(small.config)["generator"]
    small.load(built, "G")
    wanted = GanimationEngine(network=eager.Network(built))
    motion = opened.motion(portrait)
    (drawn,) = opened.render(opened.encode(portrait), [motion])
    (same,) = wanted.render(wanted.encode(portrait), [motion])
    np.testing.assert_array_equal(drawn.image, same.image)


def test_other_files_are_refused_with_what_is_wrong(tmp_path: Path):
    small = cases.carried("ganimation/A_small")
    config, tensors = stored.read(cases.kept(small, tmp_path))
    file = tmp_path / "other.safetensors"
    del tensors["generator.main.1.bias"]
    stored.write(file, config, tensors)
    with pytest.raises(WeightsError, match=r"1 tensors are missing.*main\.1\.bias"):
        eager.load(file)
    file.write_text("<html>not found</html>" * 100)
    with pytest.raises(WeightsError, match="cannot be read"):
        eager.load(file)


def test_a_generator_of_other_units_is_refused():
    with pytest.raises(WeightsError, match="draws 12 Action Units, vivant reads 17"):
        eager.Network(generator(12))


def test_it_animates_a_portrait_with_a_video_and_by_sliders(tmp_path: Path):
    weights = cases.kept(cases.carried("ganimation/A_small"), tmp_path)
    opened = engines.open_engine("ganimation", {"weights": str(weights)})
    end = Fraction(1, 5)
    driven, edited = (
        list(
            animate(
                samples.portrait(), samples.driving(), engine=opened, end=end, controls=controls
            )
        )
        for controls in ({}, {"AU12": 5})
    )
    assert len(driven) >= 4
    assert not np.array_equal(driven[-1].image, edited[-1].image)
    assert np.array_equal(driven[-1].image[:20, :20], edited[-1].image[:20, :20])


def test_settings_out_of_range_are_refused():
    with pytest.raises(ValueError, match=r"strength must lie in \[0, 1.5\], got 2"):
        GanimationSettings(strength=2)
