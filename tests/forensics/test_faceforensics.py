from __future__ import annotations

import numpy as np
import pytest

from vivant import samples
from vivant.cli import main
from vivant.errors import WeightsError
from vivant.faces.track import FaceTracker
from vivant.media import read_image
from vivant.weights import store

torch = pytest.importorskip("torch", reason="this detector needs the extra learned")
pytest.importorskip("safetensors", reason="this detector needs the extra learned")

from vivant.forensics import faceforensics, xception  # noqa: E402
from vivant.forensics.faceforensics import FaceForensicsDetector  # noqa: E402


class Seen(torch.nn.Module):
    """Keeps what it is shown, and answers the same logits each time."""

    def forward(self, x):
        self.x = x
        return torch.tensor([[1.0, 2.0]])


class Whole(torch.nn.Module):
    """What a pickled module is."""


@pytest.fixture(scope="module")
def portrait():
    image = read_image(samples.portrait())
    return image, FaceTracker().detect(image)[0]


def test_it_sees_a_square_of_299_pixels_in_minus_1_to_1_and_the_second_class_is_drawn(portrait):
    network = Seen()
    told = FaceForensicsDetector(network).judge(*portrait)
    assert told == pytest.approx(np.e**2 / (np.e + np.e**2))
    assert network.x.shape == (1, 3, 299, 299)
    assert -1 <= float(network.x.min()) < float(network.x.max()) <= 1


@pytest.mark.parametrize("dropout", [0.0, 0.5])
def test_public_state_dicts_are_taken_with_dropout_and_without(
    dropout, portrait, tmp_path, monkeypatch
):
    monkeypatch.setenv("VIVANT_HOME", str(tmp_path / "home"))
    torch.manual_seed(1)
    network = xception.build({"dropout": dropout}).eval()
    source = tmp_path / "ffpp.pth"
    torch.save({f"module.{key}": value for key, value in network.state_dict().items()}, source)
    assert store.add(source, "xception/mine").label == "xception/mine"
    told = faceforensics.load().judge(*portrait)
    assert told == pytest.approx(FaceForensicsDetector(network).judge(*portrait), abs=1e-5)
    code = main(["detect", str(samples.portrait()), "--detector", "xception/mine", "--json"])
    assert code == 0


def test_a_whole_pickled_module_is_refused_with_that_reason(tmp_path, monkeypatch):
    monkeypatch.setenv("VIVANT_HOME", str(tmp_path / "home"))
    source = tmp_path / "full_c23.p"
    torch.save(Whole(), source, _use_new_zipfile_serialization=False)
    with pytest.raises(WeightsError, match=r"a whole pickled object .* its state_dict is wanted"):
        store.add(source, "xception/c23")
    assert store.names("xception") == ()
