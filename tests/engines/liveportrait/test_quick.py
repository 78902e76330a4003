"""The rearranged networks give what the published order of work gives."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="the networks need the extra learned")

import cases  # noqa: E402

from vivant.engines.layers.export import folded  # noqa: E402
from vivant.engines.layers.fourier import FourierConv3d  # noqa: E402
from vivant.engines.layers.grids import sample_volume  # noqa: E402
from vivant.engines.liveportrait import network, quick_warping  # noqa: E402
from vivant.engines.liveportrait.quick_decoder import QuickDecoder  # noqa: E402


@pytest.fixture(scope="module")
def networks():
    case = cases.carried("liveportrait/A_small")
    built = network.build(case.config)
    for name in ("warping_module", "spade_generator", "appearance_feature_extractor"):
        case.load(built[name], name)
    return built


@pytest.mark.parametrize(("kernel", "size"), [(7, (32, 32)), (7, (20, 33)), (3, (16, 16))])
def test_a_convolution_by_spectra_is_a_convolution(kernel, size):
    torch.manual_seed(0)
    conv = torch.nn.Conv3d(5, 3, kernel, padding=kernel // 2).requires_grad_(False)
    volume = torch.randn(1, 5, 4, *size)
    assert (FourierConv3d(conv, size)(volume) - conv(volume)).abs().max() < 1e-5


def test_rows_are_read_as_grid_sample_reads():
    torch.manual_seed(0)
    volume = torch.randn(1, 6, 4, 5, 7)
    places = torch.rand(1, 3, 4, 5, 3) * 3 - 1.5  # some far outside
    wanted = sample_volume(volume, places)[0].flatten(1).T
    kept = quick_warping.rows(volume)
    got = quick_warping.read_rows(kept, (4, 5, 7), places.reshape(-1, 3))
    assert (got - wanted).abs().max() < 1e-5


@torch.no_grad()
def test_the_warping_is_the_published_one(networks):
    warping, appearance = networks["warping_module"], networks["appearance_feature_extractor"]
    torch.manual_seed(0)
    image = torch.rand(1, 3, 64, 64)
    volume = appearance(image)
    count = warping.dense_motion_network.mask.out_channels - 1
    to, come = (torch.rand(1, count, 3) * 1.6 - 0.8 for _ in range(2))
    wanted = warping(volume, to, come)["out"]
    dense = warping.dense_motion_network
    kept, compressed = quick_warping.Read(appearance, warping)(image)
    seen = quick_warping.See()(compressed, to, come)
    features = quick_warping.Judge(dense)(seen)
    move = quick_warping.Move(dense, tuple(compressed.shape[-2:]))
    paint = quick_warping.Paint(warping, torch.nn.Identity())
    got = paint(*move(features, kept, to, come))
    assert (got - wanted).abs().max() < 1e-4


@torch.no_grad()
def test_the_decoder_is_the_published_one(networks):
    decoder = networks["spade_generator"]
    torch.manual_seed(0)
    features = torch.randn(1, decoder.fc.in_channels, 16, 16)
    got = QuickDecoder(folded(decoder))(features)
    assert (got - decoder(features)).abs().max() < 1e-4
