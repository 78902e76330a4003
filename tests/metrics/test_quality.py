"""MSE, RMSE, MS-SSIM, UQI, VIF, ERGAS and RASE, against second computations and published ones."""

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest

from vivant.errors import ShapeError, Undefined
from vivant.metrics.catalogue import METRICS, PICTURE, about
from vivant.metrics.ergas import ergas
from vivant.metrics.ms_ssim import SMALLEST, WEIGHTS, ms_ssim
from vivant.metrics.mse import mse
from vivant.metrics.rase import rase
from vivant.metrics.rmse import rmse
from vivant.metrics.uqi import uqi
from vivant.metrics.vif import vif

LEAST = {"ssim": 7, "ms_ssim": 161, "uqi": 8, "vif": 41}
"""Smallest side that a metric takes; the others take one pixel."""
BEST = {"psnr": math.inf, "ssim": 1.0, "ms_ssim": 1.0, "uqi": 1.0, "vif": 1.0}
"""Of a picture against itself; the others give 0."""


def pair(seed: int = 0, shape: tuple[int, ...] = (180, 176, 3), noise: float = 20.0):
    """Two pictures: smooth shapes with fine ones on them, and the same, blurred, with noise."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[: shape[0], : shape[1]]
    clean = 120 + 50 * np.sin(x / 9 + seed) + 40 * np.cos(y / 7) + 20 * np.sin(x * y / 90)
    clean = clean[..., None] + rng.normal(0, 8, shape) + np.array([20, 0, -30])
    noisy = cv2.GaussianBlur(clean, (5, 5), 1.0) + rng.normal(0, noise, shape)
    return tuple(np.clip(image, 0, 255).astype(np.uint8) for image in (noisy, clean))


def windows(picture: np.ndarray, side: int) -> np.ndarray:
    return np.lib.stride_tricks.sliding_window_view(picture.astype(float), (side, side))


def bell(side: int, sigma: float) -> np.ndarray:
    away = np.arange(side) - side // 2
    weights = np.exp(-(away[:, None] ** 2 + away[None] ** 2) / (2 * sigma**2))
    return weights / weights.sum()


def moments(a: np.ndarray, b: np.ndarray, weights: np.ndarray):
    """Means, variances and covariance of one colour at every window, the long way."""
    a, b = windows(a, len(weights)), windows(b, len(weights))
    mean_a, mean_b = (a * weights).sum((2, 3)), (b * weights).sum((2, 3))
    away_a, away_b = a - mean_a[..., None, None], b - mean_b[..., None, None]
    spread = [(u * v * weights).sum((2, 3)) for u, v in
              ((away_a, away_a), (away_b, away_b), (away_a, away_b))]  # fmt: skip
    return mean_a, mean_b, *spread


def naive_uqi(a: np.ndarray, b: np.ndarray) -> float:
    ma, mb, va, vb, cov = moments(a, b, np.full((8, 8), 1 / 64))
    return float((4 * cov * ma * mb / ((va + vb) * (ma**2 + mb**2))).mean())


def naive_ms_ssim(a: np.ndarray, b: np.ndarray) -> float:
    a, b, product = a.astype(float), b.astype(float), 1.0
    for scale, weight in enumerate(WEIGHTS):
        ma, mb, va, vb, cov = moments(a, b, bell(11, 1.5))
        term = (2 * cov + 58.5225) / (va + vb + 58.5225)
        if scale == len(WEIGHTS) - 1:
            term = term * (2 * ma * mb + 6.5025) / (ma**2 + mb**2 + 6.5025)
        product *= term.mean() ** weight
        odd = [(0, side % 2) for side in a.shape]
        a, b = (np.pad(p, odd, mode="symmetric") for p in (a, b))
        a, b = ((p[::2, ::2] + p[1::2, ::2] + p[::2, 1::2] + p[1::2, 1::2]) / 4 for p in (a, b))
    return product


def naive_vif(a: np.ndarray, b: np.ndarray) -> float:
    a, b, kept, whole = a.astype(float), b.astype(float), 0.0, 0.0
    for scale, side in enumerate((17, 9, 5, 3)):
        weights = bell(side, side / 5)
        if scale:
            a, b = ((windows(p, side) * weights).sum((2, 3))[::2, ::2] for p in (a, b))
        _, _, va, vb, cov = moments(a, b, weights)
        gain = np.where(cov > 0, cov / vb, 0)
        kept += np.log10(1 + gain**2 * vb / (va - gain * cov + 2)).sum()
        whole += np.log10(1 + vb / 2).sum()
    return kept / whole


def colours(function, a: np.ndarray, b: np.ndarray) -> float:
    return float(np.mean([function(a[..., c], b[..., c]) for c in range(3)]))


def test_mse_and_rmse_are_on_the_scale_to_255_whatever_the_peak():
    image, target = pair()
    difference = image.astype(float) - target
    for peak in (255, 1.0):
        given = (image, target) if peak == 255 else (image / 255, target / 255)
        assert mse(*given, peak=peak) == pytest.approx((difference**2).mean())
        assert rmse(*given, peak=peak) == pytest.approx(math.sqrt((difference**2).mean()))


@pytest.mark.parametrize("seed", range(2))
def test_uqi_is_that_of_the_definition(seed):
    image, target = pair(seed, (60, 50, 3))
    assert uqi(image, target, peak=255) == pytest.approx(colours(naive_uqi, image, target))


@pytest.mark.parametrize("shape", [(176, 192, 3), (203, 181, 3)])
def test_ms_ssim_is_that_of_the_definition(shape):
    image, target = pair(1, shape)
    reference = colours(naive_ms_ssim, image, target)
    assert ms_ssim(image, target, peak=255) == pytest.approx(reference, abs=1e-5)


def test_vif_is_that_of_the_definition():
    image, target = pair(2, (70, 75, 3))
    assert vif(image, target, peak=255) == pytest.approx(colours(naive_vif, image, target))


def test_ergas_and_rase_are_those_of_the_definition():
    image, target = pair()
    errors = np.square(image.astype(float) - target).reshape(-1, 3).mean(0)
    means = target.astype(float).reshape(-1, 3).mean(0)
    relative = math.sqrt((errors / means**2).mean())
    assert ergas(image, target, peak=255) == pytest.approx(25 * relative)
    assert ergas(image, target, peak=255, ratio=1) == pytest.approx(100 * relative)
    share = 100 / means.mean() * math.sqrt(errors.mean())
    assert rase(image, target, peak=255) == pytest.approx(share)


def test_ergas_and_rase_in_windows_are_the_mean_over_windows():
    image, target = pair(3, (30, 26, 3))
    squares = np.square(image.astype(float) - target)
    errors = np.stack([windows(squares[..., c], 8).mean((2, 3)) for c in range(3)])
    means = np.stack([windows(target[..., c], 8).mean((2, 3)) for c in range(3)])
    share = 100 / means.mean(0) * np.sqrt(errors.mean(0))
    assert rase(image, target, peak=255, window=8) == pytest.approx(share.mean())
    relative = np.sqrt((errors / means**2).mean(0))
    assert ergas(image, target, peak=255, window=8) == pytest.approx(25 * relative.mean())


def test_numbers_are_those_that_the_package_sewar_gives():
    # sewar 0.4.10. Its uqi is another formula: it says 0.9711 (docs/metrics.md).
    image, target = pair(5, (96, 90, 3))
    assert vif(image, target, peak=255) == pytest.approx(0.22493002662, rel=1e-4)
    assert ergas(image, target, peak=255) == pytest.approx(4.464528116439, rel=1e-4)
    assert uqi(image, target, peak=255) == pytest.approx(0.5310, abs=1e-3)


@pytest.mark.parametrize("name", PICTURE)
def test_bytes_and_floats_measure_the_same(name):
    image, target = pair()
    function = PICTURE[name].function
    as_bytes = function(image, target, peak=255)
    for kind in (np.float32, np.float64):
        as_floats = function(image.astype(kind) / 255, target.astype(kind) / 255, peak=1.0)
        assert as_floats == pytest.approx(as_bytes, rel=2e-5), kind


@pytest.mark.parametrize("name", PICTURE)
def test_grey_pictures_are_measured_as_their_one_colour(name):
    image, target = (picture[..., 0] for picture in pair())
    function = PICTURE[name].function
    in_three = function(np.dstack([image] * 3), np.dstack([target] * 3), peak=255)
    assert function(image, target, peak=255) == pytest.approx(in_three, rel=1e-6)
    assert function(image[..., None], target[..., None], peak=255) == pytest.approx(in_three)


@pytest.mark.parametrize("name", PICTURE)
def test_a_picture_is_best_against_itself(name):
    image, _ = pair()
    assert PICTURE[name].function(image, image, peak=255) == pytest.approx(BEST.get(name, 0.0))


@pytest.mark.parametrize("name", PICTURE)
def test_what_changes_a_picture_more_is_worse(name):
    few, target = pair(noise=3)
    much, _ = pair(noise=40)
    function, cls = PICTURE[name].function, PICTURE[name]
    better, worse = function(few, target, peak=255), function(much, target, peak=255)
    assert (better > worse) == cls.higher_is_better


@pytest.mark.parametrize("name", PICTURE)
def test_values_that_are_no_numbers_are_refused_and_counted(name):
    image, target = (picture / 255 for picture in pair())
    for bad in (math.nan, math.inf):
        broken = image.copy()
        broken[3, 4, 1] = bad
        with pytest.raises(ShapeError, match=r"1 of \d+ values of the picture are NaN"):
            PICTURE[name].function(broken, target, peak=1.0)
        with pytest.raises(ShapeError, match="of the target are NaN"):
            PICTURE[name].function(image, broken, peak=1.0)


@pytest.mark.parametrize("name", PICTURE)
def test_pictures_that_do_not_go_together_are_refused(name):
    image, target = pair()
    function = PICTURE[name].function
    with pytest.raises(ShapeError, match="differ in shape"):
        function(image, target[:-1], peak=255)
    with pytest.raises(ShapeError, match="wants pictures"):
        function(image[:0], target[:0], peak=255)
    with pytest.raises(ShapeError, match="wanted 255 for uint8"):
        function(image, target, peak=1.0)
    with pytest.raises(ShapeError, match="wanted uint8 or floats"):
        function(image > 90, target > 90, peak=1.0)


@pytest.mark.parametrize("name", PICTURE)
def test_the_smallest_picture_is_measured_and_a_smaller_one_refused(name):
    least = LEAST.get(name, 1)
    image, target = (picture[:least, :least] for picture in pair())
    assert math.isfinite(PICTURE[name].function(image, target, peak=255))
    if least > 1:
        for error in (ShapeError, Undefined):
            with pytest.raises(error, match=f"at least {least}x{least}"):
                PICTURE[name].function(image[1:], target[1:], peak=255)


def test_the_smallest_picture_of_ms_ssim_is_the_one_it_names():
    assert LEAST["ms_ssim"] == SMALLEST


@pytest.mark.parametrize("level", [0, 90, 255])
@pytest.mark.parametrize("kind", [np.uint8, np.float32])
def test_flat_pictures_have_a_limit_or_an_error_that_says_why(level, kind):
    peak = 255 if kind == np.uint8 else 1.0
    flat = np.full((170, 170, 3), level if kind == np.uint8 else level / 255, kind)
    for name, cls in PICTURE.items():
        if name == "vif" or (level == 0 and name in ("ergas", "rase")):
            with pytest.raises(Undefined, match=f"{name} is undefined: "):
                cls.function(flat, flat, peak=peak)
        else:
            assert cls.function(flat, flat, peak=peak) == pytest.approx(BEST.get(name, 0.0))


def test_uqi_of_a_flat_window_is_that_of_the_authors_program():
    flat, textured = np.full((8, 8), 100, np.uint8), np.arange(64, dtype=np.uint8).reshape(8, 8)
    assert uqi(flat, textured, peak=255) == 0
    assert uqi(flat, np.zeros_like(flat), peak=255) == 0
    assert uqi(flat / 255, flat / 510, peak=1.0) == pytest.approx(0.8)


def test_vif_of_flat_pictures_is_0_and_of_more_contrast_above_1():
    _, target = pair()
    assert vif(np.full_like(target, 90), target, peak=255) == pytest.approx(0, abs=1e-9)
    away = target.astype(np.float64) - 128
    assert vif(128 + 0.4 * away, 128 + 0.3 * away, peak=255) > 1


def test_black_windows_are_left_out_where_others_are_lit():
    image, target = pair(4, (40, 40, 3))
    target[:, :20] = 0
    for function in (ergas, rase):
        assert math.isfinite(function(image, target, peak=255, window=8))
        with pytest.raises(Undefined, match="in every window"):
            function(image[:, :20], target[:, :20], peak=255, window=8)
        floats = function(image / np.float32(255), target / np.float32(255), peak=1.0, window=8)
        assert floats == pytest.approx(function(image, target, peak=255, window=8), rel=1e-4)


@pytest.mark.parametrize("name", PICTURE)
def test_halves_merged_are_the_whole(name):
    cls = PICTURE[name]
    whole, left, right = cls(peak=255), cls(peak=255), cls(peak=255)
    for seed in range(3):
        image, target = pair(seed, (164, 162, 3))
        whole.update(image, target)
        (left if seed < 1 else right).update(image, target)
    left.merge(right)
    assert left.count == 3
    assert left.compute() == pytest.approx(whole.compute(), rel=1e-12)


@pytest.mark.parametrize("name", METRICS)
def test_every_metric_knows_its_unit_its_direction_and_what_it_is(name):
    cls = METRICS[name]
    assert isinstance(cls.unit, str)
    assert cls.higher_is_better in (True, False, None)
    assert about(name).endswith(".")
    assert len(about(name)) > 20
