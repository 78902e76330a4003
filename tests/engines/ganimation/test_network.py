from __future__ import annotations

import pytest

from vivant.errors import SettingsError, ShapeError

torch = pytest.importorskip("torch", reason="learned engines need the extra learned")
pytest.importorskip("safetensors", reason="learned engines need the extra learned")

import cases  # noqa: E402

from vivant.engines.ganimation import quick  # noqa: E402
from vivant.engines.ganimation.network import build, composed, saturated  # noqa: E402

TINY = {
    "generator": {"conv_dim": 4, "c_dim": 3, "repeat_num": 1},
    "discriminator": {"image_size": 16, "conv_dim": 4, "c_dim": 3, "repeat_num": 3},
}


@pytest.fixture(scope="module")
def small() -> cases.Case:
    return cases.carried("ganimation/A_small")


@pytest.fixture(scope="module")
def networks(small: cases.Case):  # type: ignore[no-untyped-def]
    built = build(small.config)
    small.load(built["generator"], "G")
    small.load(built["discriminator"], "D")
    return built["generator"], built["discriminator"]


@torch.no_grad()
def test_the_generator_draws_the_recorded_faces(small, networks):
    picture, wanted = small["real_img"], small["desired_cond"]
    colours, mask = networks[0](picture, wanted)
    small.check("G.color", colours, 1e-4)
    small.check("G.mask", mask, 1e-4)
    small.check("G.composed", composed(picture, colours, mask), 1e-4)
    small.check("G.mask_saturated", saturated(mask), 1e-4)


@torch.no_grad()
def test_it_draws_them_back(small, networks):
    colours, mask = networks[0](small["G.composed"], small["real_cond"])
    small.check("G.rec_color", colours, 3e-4)
    small.check("G.rec_mask", mask, 3e-4)


@torch.no_grad()
@pytest.mark.parametrize(("picture", "answer"), [("real_img", "real"), ("G.composed", "fake")])
def test_the_discriminator_judges_as_recorded(small, networks, picture, answer):
    real, units = networks[1](small[picture])
    small.check(f"D.{answer}_prob", real, 1e-4)
    small.check(f"D.{answer}_aux", units, 1e-4)


@pytest.mark.fixtures
@torch.no_grad()
def test_full_size_networks_have_the_public_names_and_the_recorded_answers():
    full = cases.full("ganimation/A_fullsize")
    built = build(full.config)
    for letter, network in (("G", built["generator"]), ("D", built["discriminator"])):
        assert cases.names(network) == cases.keys(full, letter)
        full.load(network, "")
    picture = full["real_img"]
    colours, mask = built["generator"](picture, full["desired_cond"])
    drawn = composed(picture, colours, mask)
    real, units = built["discriminator"](drawn)
    for name, value in (("G.color", colours), ("G.mask", mask), ("G.composed", drawn)):
        full.check(name, value, 1e-4)
    full.check("D.fake_prob", real, 1e-4)
    full.check("D.fake_aux", units, 1e-4)


def test_a_mask_of_one_keeps_the_picture():
    picture, colours = torch.rand(2, 3, 4, 4), torch.rand(2, 3, 4, 4)
    assert torch.equal(composed(picture, colours, torch.ones(2, 1, 4, 4)), picture)
    assert torch.equal(composed(picture, colours, torch.zeros(2, 1, 4, 4)), colours)


def test_a_batch_of_one_loses_its_axis_at_the_discriminator_only():
    built = build(TINY)
    colours, mask = built["generator"](torch.zeros(1, 3, 16, 16), torch.zeros(1, 3))
    assert colours.shape == (1, 3, 16, 16)
    assert mask.shape == (1, 1, 16, 16)
    real, units = built["discriminator"](colours)
    assert real.shape == (2, 2)
    assert units.shape == (3,)


def test_other_action_units_than_wanted_are_an_error():
    with pytest.raises(ShapeError, match=r"\(1, 3\), got \(1, 17\)"):
        build(TINY)["generator"](torch.zeros(1, 3, 16, 16), torch.zeros(1, 17))


@pytest.mark.parametrize(
    ("config", "told"),
    [
        ({"generator": {"conv_dmi": 64}}, "unknown option 'conv_dmi'; did you mean 'conv_dim'"),
        ({"generater": {}}, "did you mean 'generator'"),
        ({"generator": 64}, "must hold options by name"),
        ({"generator": {"c_dim": "17"}}, "c_dim must be a whole number, got '17'"),
        ({"discriminator": {"image_size": 48}}, "at least 2.repeat_num = 64, got 48"),
    ],
)
def test_a_wrong_configuration_says_what_is_wrong(config, told):
    with pytest.raises(SettingsError, match=told):
        build(config)


def test_what_does_not_describe_the_network_is_left_out():
    built = build(TINY | {"seed": 3, "opt": {"lr": 1}, "n_params": {"G": 1}, "made_with": {}})
    assert set(built) == {"generator", "discriminator"}


@torch.no_grad()
def test_the_quick_order_of_work_draws_the_same():
    torch.manual_seed(0)
    generator = build({"generator": {"conv_dim": 8}})["generator"].eval()
    picture, units = torch.rand(1, 3, 32, 32) * 2 - 1, torch.rand(1, 17)
    got = quick.Draw(generator, 32)(quick.Read(generator)(picture), units)
    for mine, wanted in zip(got, generator(picture, units), strict=True):
        assert (mine - wanted).abs().max() < 1e-5
