from __future__ import annotations

import math

import numpy as np
import pytest

from vivant.errors import ShapeError
from vivant.metrics.l1 import L1, l1
from vivant.metrics.psnr import Psnr, psnr
from vivant.metrics.ssim import Ssim, ssim

FUNCTIONS = [l1, psnr, ssim]


def pair(seed: int = 0, shape: tuple[int, ...] = (40, 56, 3), noise: float = 25.0):
    """Two pictures: smooth shapes, and the same with noise."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[: shape[0], : shape[1]]
    clean = 120 + 60 * np.sin(x / 5 + seed) + 50 * np.cos(y / 7)
    clean = clean[..., None] + rng.normal(0, 10, shape)
    noisy = clean + rng.normal(0, noise, shape)
    return tuple(np.clip(image, 0, 255).astype(np.uint8) for image in (clean, noisy))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("noise", [0.0, 3.0, 60.0])
def test_ssim_is_that_of_scikit_image(seed, noise):
    metrics = pytest.importorskip("skimage.metrics")
    image, target = pair(seed, noise=noise)
    reference = metrics.structural_similarity(image, target, channel_axis=2)
    assert ssim(image, target, peak=255) == pytest.approx(reference, abs=2e-5)


def test_ssim_of_floats_and_of_grey_pictures_is_that_of_scikit_image_too():
    metrics = pytest.importorskip("skimage.metrics")
    image, target = (picture[..., 0] / np.float32(255) for picture in pair())
    reference = metrics.structural_similarity(image, target, data_range=1.0)
    assert ssim(image, target, peak=1.0) == pytest.approx(reference, abs=1e-5)


def test_l1_and_psnr_are_those_of_the_definition():
    image, target = pair()
    difference = image.astype(float) - target.astype(float)
    assert l1(image, target, peak=255) == pytest.approx(np.abs(difference).mean() / 255)
    mean = (difference**2).mean()
    assert psnr(image, target, peak=255) == pytest.approx(10 * np.log10(255**2 / mean))


@pytest.mark.parametrize("function", FUNCTIONS)
def test_bytes_and_floats_measure_the_same(function):
    image, target = pair()
    as_floats = function(image / 255, target / 255, peak=1.0)
    assert function(image, target, peak=255) == pytest.approx(as_floats, rel=1e-6)


@pytest.mark.parametrize(("function", "best"), [(l1, 0.0), (psnr, math.inf), (ssim, 1.0)])
def test_a_picture_is_best_against_itself(function, best):
    image, _ = pair()
    assert function(image, image, peak=255) == pytest.approx(best)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_pictures_that_differ_in_shape_are_refused(function):
    image, target = pair()
    with pytest.raises(ShapeError, match="differ in shape"):
        function(image, target[:-1], peak=255)
    with pytest.raises(ShapeError):
        function(image[:0], target[:0], peak=255)


def test_ssim_refuses_what_is_smaller_than_its_window():
    image, target = pair()
    with pytest.raises(ShapeError, match="at least 7x7"):
        ssim(image[:6], target[:6], peak=255)


@pytest.mark.parametrize("cls", [L1, Psnr, Ssim])
def test_halves_merged_are_the_whole(cls):
    pairs = [pair(seed) for seed in range(4)]
    whole, left, right = cls(peak=255), cls(peak=255), cls(peak=255)
    for index, (image, target) in enumerate(pairs):
        whole.update(image, target)
        (left if index < 1 else right).update(image, target)
    left.merge(right)
    assert left.count == 4
    assert left.compute() == pytest.approx(whole.compute(), rel=1e-12)


@pytest.mark.parametrize("cls", [L1, Psnr, Ssim])
def test_nothing_added_is_an_error_that_says_what_to_do(cls):
    with pytest.raises(ValueError, match=r"call update\(\) first"):
        cls(peak=255).compute()
