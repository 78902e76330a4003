from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from vivant.errors import MissingWeights, SettingsError, WeightsError
from vivant.types import FaceCrop

torch = pytest.importorskip("torch", reason="the networks need the extra learned")
pytest.importorskip("safetensors", reason="the networks need the extra learned")

import cases  # noqa: E402
from safetensors.torch import load_file, save_file  # noqa: E402

from vivant import engines, samples  # noqa: E402
from vivant.animation.loop import animate  # noqa: E402
from vivant.engines.fomm import FommEngine, FommSettings, eager, network  # noqa: E402
from vivant.engines.layers import stored  # noqa: E402


@pytest.fixture(scope="module")
def case() -> cases.Case:
    return cases.carried("fomm/A_vox")


@pytest.fixture(scope="module")
def weights(case, tmp_path_factory):
    return cases.kept(case, tmp_path_factory.mktemp("weights"))


@pytest.fixture(scope="module")
def engine(weights) -> FommEngine:
    return FommEngine(FommSettings(weights=str(weights)))


def crop(engine: FommEngine, seed: int) -> FaceCrop:
    """A smooth picture that nothing has looked for a face in."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 256, (8, 8, 3), np.uint8)
    image = coarse.repeat(engine.size // 8, 0).repeat(engine.size // 8, 1)
    return FaceCrop(image, None, None, None, np.eye(3))


@torch.no_grad()
def test_it_draws_what_the_networks_draw(engine, weights):
    portrait, driving = crop(engine, 0), crop(engine, 1)
    (drawn,) = engine.render(engine.encode(portrait), [engine.motion(driving)])
    config, tensors = stored.read(weights)
    networks = network.build(config)
    for name, net in networks.items():
        stored.restore(net, name, tensors)
    source, driver = (
        torch.from_numpy(face.image).permute(2, 0, 1)[None] / 255 for face in (portrait, driving)
    )
    points = {
        name: networks["kp_detector"](image) for name, image in (("s", source), ("d", driver))
    }
    wanted = networks["generator"](source, kp_source=points["s"], kp_driving=points["d"])
    pixels = wanted["prediction"][0].permute(1, 2, 0).numpy() * 255
    assert np.abs(drawn.image - pixels).max() < 0.51
    assert drawn.alpha is None


def test_a_crop_given_by_hand_needs_no_landmarks(engine):
    assert engine.needs == {"pixels"}
    assert engine.motion(crop(engine, 0)).arrays["value"].shape == (10, 2)


def test_the_crop_stays_in_its_place_and_upright(engine):
    assert engine.crop.follow == "fixed"
    assert not engine.crop.rotate


def test_the_side_is_the_one_the_model_was_trained_for(case, tmp_path):
    assert eager.load(cases.kept(case, tmp_path)).size == 256
    config = {**case.config, "model_params": {**case.config["model_params"]}}
    finer = {**config["model_params"]["kp_detector_params"], "scale_factor": 0.125}
    config["model_params"]["kp_detector_params"] = finer
    networks = network.build(config)
    tensors = {
        f"{name}.{key}": value
        for name, net in networks.items()
        for key, value in net.state_dict().items()
    }
    stored.write(tmp_path / "finer.safetensors", config, tensors)
    assert eager.load(tmp_path / "finer.safetensors").size == 512


@pytest.mark.parametrize(("option", "off"), [("adapt_scale", False), ("relative_jacobian", False)])
def test_every_option_of_the_transfer_changes_something(engine, weights, option, off):
    other = FommEngine(FommSettings(weights=str(weights), **{option: off}))
    encoded = engine.encode(crop(engine, 0))
    reference, motion = (engine.motion(crop(engine, seed)) for seed in (1, 2))
    moved = [one.relative(encoded, reference, motion).arrays for one in (engine, other)]
    assert any(not np.allclose(moved[0][name], moved[1][name]) for name in moved[0])


def test_several_at_a_time_are_the_same_pictures(engine, weights):
    together = FommEngine(FommSettings(weights=str(weights), batch=2))
    encoded = engine.encode(crop(engine, 0))
    motions = [engine.motion(crop(engine, seed)) for seed in (1, 2, 3)]
    drawn = [[d.image.astype(int) for d in e.render(encoded, motions)] for e in (engine, together)]
    assert len(drawn[1]) == 3
    assert np.abs(np.array(drawn[0]) - np.array(drawn[1])).max() <= 1
    with pytest.raises(ValueError, match=r"fomm\.batch must be at least 1"):
        FommSettings(batch=0)


def test_it_animates_a_portrait_with_a_video(weights):
    opened = engines.open_engine("fomm", {"weights": str(weights)})
    end = Fraction(1, 5)
    frames = list(animate(samples.portrait(), samples.driving(), engine=opened, end=end))
    assert len(frames) >= 4
    assert not np.array_equal(frames[0].image, frames[-1].image)


def test_without_weights_it_says_what_is_needed():
    with pytest.raises(MissingWeights, match=r"vox-cpk\.pth\.tar.*first-order-model") as caught:
        engines.open_engine("fomm")
    assert caught.value.engine == "fomm"


@pytest.mark.parametrize("content", [b"", b"<html>not found</html>", b"\x80\x04\x95" * 99])
def test_a_file_of_another_kind_is_refused(tmp_path, content):
    file = tmp_path / "vox.safetensors"
    file.write_bytes(content)
    with pytest.raises(WeightsError, match=r"vox\.safetensors: cannot be read"):
        eager.load(file)


def test_a_truncated_file_is_refused(weights, tmp_path):
    whole = weights.read_bytes()
    cut = tmp_path / "cut.safetensors"
    cut.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(WeightsError, match="cannot be read"):
        eager.load(cut)


def test_a_file_without_configuration_is_refused(case, tmp_path):
    file = tmp_path / "bare.safetensors"
    save_file(load_file(case.folder / "weights.safetensors"), file)
    with pytest.raises(WeightsError, match="tells no configuration"):
        eager.load(file)


def test_weights_of_another_network_are_refused(case, tmp_path):
    tensors = load_file(case.folder / "weights.safetensors")
    file = tmp_path / "odd.safetensors"
    stored.write(file, case.config, {k: v for k, v in tensors.items() if "final" not in k})
    with pytest.raises(WeightsError, match=r"'generator': 2 tensors are missing.*final\.bias"):
        eager.load(file)
    other = cases.carried("fomm/A_nojac").config
    stored.write(file, other, tensors)
    with pytest.raises(WeightsError, match="do not fit the network 'kp_detector'"):
        eager.load(file)
    stored.write(file, {"seed": 1}, tensors)
    with pytest.raises(SettingsError, match="no section 'model_params'"):
        eager.load(file)
