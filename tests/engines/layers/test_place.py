from __future__ import annotations

import numpy as np
import pytest

from vivant import engines
from vivant.errors import AskedWrongly, DeviceMissing

torch = pytest.importorskip("torch", reason="learned engines need the extra learned")

import cases  # noqa: E402
import made  # noqa: E402

from vivant.engines.fomm.eager import load as fomm  # noqa: E402
from vivant.engines.fpn.eager import load as fpn  # noqa: E402
from vivant.engines.ganimation.eager import load as ganimation  # noqa: E402
from vivant.engines.glow.eager import load as glow  # noqa: E402
from vivant.engines.layers import place  # noqa: E402
from vivant.engines.liveportrait.eager import load as liveportrait  # noqa: E402

LEARNED = {
    "fomm": (fomm, "fomm/A_vox"),
    "fpn": (fpn, None),
    "ganimation": (ganimation, "ganimation/A_small"),
    "glow": (glow, "glow/A_affine_lu"),
    "liveportrait": (liveportrait, "liveportrait/A_small"),
}


@pytest.fixture(scope="module", params=LEARNED)
def kept(request, tmp_path_factory):
    """Name of an engine, what loads its networks, and a file of small ones."""
    load, case = LEARNED[request.param]
    folder = tmp_path_factory.mktemp(request.param)
    file = made.fpn(folder) if case is None else cases.kept(cases.carried(case), folder)
    return request.param, load, file


def halved(monkeypatch):
    """Let `cuda` be the processor, run as a graphics card is: with halved weights and autocast."""
    there = place.Place(torch.device("cpu"), torch.bfloat16)
    monkeypatch.setattr(place, "chosen", lambda device: there if device == "cuda" else place.CPU)


def pictures(engine, faces):
    """Draw the first face as the others move; with all that is read of them."""
    encoded = engine.encode(faces[0])
    motions = [engine.motion(face) for face in faces[1:]]
    return [drawn.image.astype(int) for drawn in engine.render(encoded, motions)]


@pytest.fixture
def faces(cut_for):
    """Return a function that gives a portrait and two driving faces for an engine."""
    from dataclasses import replace

    def cut(engine):
        first = cut_for(engine)
        moved = [np.roll(first.image, shift, axis=0) for shift in (2, 5)]
        return [first, *(replace(first, image=image) for image in moved)]

    return cut


def test_a_graphics_card_that_is_not_there_is_refused_with_what_is_seen(kept):
    name, _, file = kept
    if torch.cuda.is_available():
        pytest.skip("there is one")
    with pytest.raises(DeviceMissing, match="--device cuda was asked for, but torch") as told:
        engines.open_engine(name, {"weights": str(file)}, device="cuda")
    assert isinstance(told.value, AskedWrongly)
    assert "cpu" in place.usable()


def test_in_half_precision_and_in_batches_the_pictures_are_nearly_the_same(
    kept, faces, monkeypatch
):
    name, _, file = kept
    plain = engines.open_engine(name, {"weights": str(file)})
    wanted = pictures(plain, faces(plain))
    halved(monkeypatch)
    engine = engines.open_engine(name, {"weights": str(file)}, device="cuda")
    assert (plain.batch, engine.batch) == (1, 8)
    for exact, image in zip(wanted, pictures(engine, faces(engine)), strict=True):
        alike = np.corrcoef(image.ravel(), exact.ravel())[0, 1]
        assert alike > 0.95, "bfloat16 has 8 bits, so noise is drawn a little otherwise"


def test_what_places_pixels_and_what_must_be_undone_stays_exact(kept, monkeypatch):
    _, load, file = kept
    halved(monkeypatch)
    networks = vars(load(file, "cuda"))
    kinds = {
        attribute.removeprefix("_"): {each.dtype for each in network.parameters()}
        for attribute, network in networks.items()
        if isinstance(network, torch.nn.Module)
    }
    exact = {"detector", "motion", "small", "glow"}
    assert kinds
    for attribute, found in kinds.items():
        assert (torch.bfloat16 in found) == (attribute not in exact), attribute


def test_weights_lie_channels_last_where_a_card_is_to_run_them():
    there = place.Place(torch.device("cpu"), torch.bfloat16)
    network = there.put(torch.nn.Sequential(torch.nn.Conv2d(4, 8, 3), torch.nn.BatchNorm2d(8)))
    assert network[0].weight.is_contiguous(memory_format=torch.channels_last)
    assert (network[0].weight.dtype, network[1].weight.dtype) == (torch.bfloat16, torch.float32)
    assert not network.training
    with there.running():
        assert network(torch.rand(1, 4, 8, 8)).dtype == torch.bfloat16


def test_where_pixels_are_taken_from_is_worked_out_exactly():
    from vivant.engines.fomm.network import DenseMotion

    generator = torch.Generator().manual_seed(3)
    points = [
        {
            "value": torch.rand(1, 10, 2, generator=generator) * 2 - 1,
            "jacobian": torch.eye(2) + 0.3 * torch.rand(1, 10, 2, 2, generator=generator),
        }
        for _ in range(2)
    ]
    size = torch.Size((16, 16))
    exact = DenseMotion._motions(size, *points)
    with place.Place(torch.device("cpu"), torch.bfloat16).running():
        assert torch.equal(DenseMotion._motions(size, *points), exact)


def test_engines_that_need_no_card_say_so():
    assert engines.devices("mesh") == ("cpu",)
    assert engines.devices("fomm") == ("cpu", "cuda")
    with pytest.raises(DeviceMissing, match="the engine 'mesh' runs on the processor only"):
        engines.open_engine("mesh", device="cuda")
