from __future__ import annotations

import pytest

from vivant.errors import SettingsError, ShapeError

torch = pytest.importorskip("torch", reason="learned engines need the extra learned")
pytest.importorskip("safetensors", reason="learned engines need the extra learned")

import cases  # noqa: E402

from vivant.engines.glow.layers import ActNorm  # noqa: E402
from vivant.engines.glow.network import bare, bits_per_dimension, build  # noqa: E402

TINY = {"n_flow": 2, "n_block": 2, "filter_size": 8}


@pytest.fixture(scope="module", params=["A_affine_lu", "A_affine_nolu"])
def recorded(request) -> cases.Case:
    return cases.carried(f"glow/{request.param}")


@pytest.fixture(scope="module")
def glow(recorded: cases.Case):  # type: ignore[no-untyped-def]
    flow = build(recorded.config)["glow"]
    recorded.load(flow, "")
    return flow


def stirred(config):  # type: ignore[no-untyped-def]
    """Build a flow whose couplings do something: new ones do nothing."""
    torch.manual_seed(1)
    flow = build(config)["glow"]
    with torch.no_grad():
        for parameter in flow.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
        for module in flow.modules():
            if isinstance(module, ActNorm):
                module.initialized.fill_(1)
    return flow


@torch.no_grad()
def test_codes_and_likelihood_are_the_recorded_ones(recorded, glow):
    log_p, logdet, codes = glow(recorded["x"])
    recorded.check_share("log_p", log_p, 1e-5)
    recorded.check_share("logdet", logdet, 1e-5)
    for level, code in enumerate(codes):
        recorded.check(f"z.{level}", code, 1e-4)


@torch.no_grad()
def test_the_way_back_gives_the_recorded_pictures(recorded, glow):
    codes = [recorded[f"z.{level}"] for level in range(2)]
    recorded.check("reconstruction", glow.reverse(codes, reconstruct=True), 1e-4)
    recorded.check("x", glow.reverse(codes, reconstruct=True), 1e-4)
    noise = [recorded[f"eps.{level}"] for level in range(2)]
    recorded.check("sample", glow.reverse(noise), 1e-4)
    assert [tuple(each.shape[1:]) for each in noise] == glow.code_shapes(32)


@torch.no_grad()
def test_the_loss_is_the_recorded_one(recorded, glow):
    log_p, logdet, _ = glow(recorded["x"])
    bins = 2 ** recorded.config["n_bits"]
    side = recorded.config["img_size"]
    total, density, volume = bits_per_dimension(log_p.mean(), logdet.mean(), side, bins)
    recorded.check_share("loss.total", total, 1e-4)
    recorded.check_share("loss.log_p_bpd", density, 1e-4)
    recorded.check_share("loss.logdet_bpd", volume, 1e-4)


def test_new_actnorms_adapt_to_the_first_batch_as_recorded(recorded):
    flow = build(recorded.config)["glow"]
    recorded.load(flow, "")
    for module in flow.modules():
        if isinstance(module, ActNorm):
            module.loc.data.zero_()
            module.scale.data.fill_(1)
            module.initialized.fill_(0)
    flow(recorded["x"])
    adapted = flow.state_dict()
    names = [name for name in recorded.arrays if name.startswith("init.")]
    assert len(names) == 16
    for name in names:
        recorded.check(name, adapted[name.removeprefix("init.")], 1e-5)
    flow(recorded["x"] * 2)
    assert all(torch.equal(adapted[name], value) for name, value in flow.state_dict().items())


@pytest.mark.fixtures
@pytest.mark.parametrize(
    ("name", "config"),
    [("affine_lu", {}), ("affine_no_lu", {"conv_lu": False}), ("additive_lu", {"affine": False})],
)
def test_full_size_flows_have_the_public_names(name, config):
    full = cases.full("glow/fullsize_keys")
    with torch.device("meta"):  # names and shapes only
        flow = build(config)["glow"]
    assert cases.names(flow) == cases.keys(full, file=f"keys_{name}.json")


def test_without_lu_the_last_level_has_it_nevertheless():
    names = build(TINY | {"conv_lu": False})["glow"].state_dict()
    assert "blocks.0.flows.0.invconv.weight" in names
    assert "blocks.1.flows.0.invconv.w_p" in names


@pytest.mark.parametrize("affine", [True, False])
@pytest.mark.parametrize("conv_lu", [True, False])
@torch.no_grad()
def test_the_way_back_leads_to_the_picture(affine, conv_lu):
    flow = stirred(TINY | {"affine": affine, "conv_lu": conv_lu}).double()
    x = torch.rand(2, 3, 8, 8, dtype=torch.float64) - 0.5
    _, logdet, codes = flow(x)
    torch.testing.assert_close(flow.reverse(codes, reconstruct=True), x)
    assert logdet.shape == ((2,) if affine else ())
    assert sum(code.numel() for code in codes) == x.numel()


@pytest.mark.parametrize("affine", [True, False])
@pytest.mark.parametrize("conv_lu", [True, False])
def test_the_log_determinant_is_that_of_the_whole_flow(affine, conv_lu):
    flow = stirred(TINY | {"affine": affine, "conv_lu": conv_lu}).double()

    def codes(pixels):  # type: ignore[no-untyped-def]
        return torch.cat([code.flatten() for code in flow(pixels.reshape(1, 3, 8, 8))[2]])

    pixels = torch.rand(3 * 8 * 8, dtype=torch.float64) - 0.5
    jacobian = torch.autograd.functional.jacobian(codes, pixels)
    logdet = flow(pixels.reshape(1, 3, 8, 8))[1].squeeze()
    torch.testing.assert_close(torch.linalg.slogdet(jacobian)[1], logdet)


def test_weights_saved_from_several_gpus_load_without_their_prefix():
    flow = build(TINY)["glow"]
    saved = {f"module.{name}": value for name, value in flow.state_dict().items()}
    build(TINY)["glow"].load_state_dict(bare(saved))


@pytest.mark.parametrize(
    ("config", "told"),
    [
        ({"n_flwo": 2}, "unknown option 'n_flwo'; did you mean 'n_flow'"),
        ({"n_block": 0}, "n_block must be above 0, got 0"),
        ({"affine": "yes"}, "affine must be true or false, got 'yes'"),
    ],
)
def test_a_wrong_configuration_says_what_is_wrong(config, told):
    with pytest.raises(SettingsError, match=told):
        build(config)


def test_sides_that_cannot_be_halved_and_missing_codes_are_errors():
    flow = build(TINY)["glow"]
    with pytest.raises(ShapeError, match="multiples of 4"):
        flow(torch.zeros(1, 3, 10, 10))
    with pytest.raises(ShapeError, match="2 levels, got 1"):
        flow.reverse([torch.zeros(1, 6, 4, 4)])
