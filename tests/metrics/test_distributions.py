"""Frechet and kernel distances, against second computations."""

from __future__ import annotations

import numpy as np
import pytest

from vivant.errors import ShapeError, Undefined
from vivant.metrics.frechet import (
    FidInception,
    Frechet,
    FrechetEfficientnetLite0,
    TooFewSamples,
    frechet,
)
from vivant.metrics.kid import KidEfficientnetLite0, kid
from vivant.metrics.moments import Moments
from vivant.metrics.reservoir import Reservoir

scipy_linalg = pytest.importorskip("scipy.linalg")


def sets(seed: int = 0, counts: tuple[int, int] = (300, 400), length: int = 12):
    rng = np.random.default_rng(seed)
    mix = rng.normal(size=(length, length))
    first = rng.normal(size=(counts[0], length)) @ mix
    second = 0.5 + 1.3 * rng.normal(size=(counts[1], length)) @ mix
    return first.astype(np.float32), second.astype(np.float32)


def moments(vectors: np.ndarray) -> Moments:
    result = Moments()
    result.update(vectors)
    return result


def textbook(a: np.ndarray, b: np.ndarray) -> float:
    """The distance by a square root of the product itself, which is not symmetric."""
    a, b = a.astype(np.float64), b.astype(np.float64)
    first, second = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    root = scipy_linalg.sqrtm(first @ second).real
    apart = a.mean(0) - b.mean(0)
    return float(apart @ apart + np.trace(first) + np.trace(second) - 2 * np.trace(root))


@pytest.mark.parametrize("seed", range(3))
def test_frechet_is_that_of_the_textbook(seed):
    a, b = sets(seed)
    assert frechet(moments(a), moments(b)) == pytest.approx(textbook(a, b), rel=1e-8)
    assert frechet(moments(b), moments(a)) == pytest.approx(textbook(a, b), rel=1e-8)


def test_frechet_of_known_gaussians_is_the_closed_form():
    # Along one axis: (m1 - m2)^2 + (s1 - s2)^2.
    grid = np.linspace(-1, 1, 2001)[:, None]
    spread = float(grid.std(ddof=1))
    expected = 7.0**2 + (3 * spread - spread) ** 2
    assert frechet(moments(3 * grid), moments(grid + 7)) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("counts", [(8, 9), (2, 2), (30, 6)])
def test_frechet_of_fewer_pictures_than_numbers_is_real_and_exact(counts):
    a, b = sets(4, counts, length=40)
    centred = [part.astype(np.float64) - part.astype(np.float64).mean(0) for part in (a, b)]
    # Without full rank, the root's trace is the sum of singular values of the cross product.
    cross = centred[0] @ centred[1].T / np.sqrt((counts[0] - 1) * (counts[1] - 1))
    apart = a.astype(np.float64).mean(0) - b.astype(np.float64).mean(0)
    spread = sum((part**2).sum() / (len(part) - 1) for part in centred)
    expected = apart @ apart + spread - 2 * np.linalg.svd(cross, compute_uv=False).sum()
    assert frechet(moments(a), moments(b)) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("counts", [(500, 500), (10, 10)])
def test_frechet_of_a_set_against_itself_is_0(counts):
    a, _ = sets(1, counts, length=64)
    assert frechet(moments(a), moments(a)) == pytest.approx(0, abs=1e-6 * np.trace(np.cov(a.T)))


def test_frechet_of_constant_features_is_the_distance_of_their_means():
    ones = np.ones((5, 3))
    assert frechet(moments(ones), moments(3 * ones)) == pytest.approx(12.0)


@pytest.mark.parametrize("cut", [1, 63, 64, 65, 200])
def test_moments_merged_are_those_of_all(cut):
    a, b = sets(2)
    everything = np.concatenate([a, b]).astype(np.float64) + 1e4  # far from 0: nothing is lost
    left, right = moments(everything[:cut]), Moments()
    for row in everything[cut:]:
        right.update(row)
    left.merge(right)
    assert left.count == len(everything)
    assert left.mean() == pytest.approx(everything.mean(0), rel=1e-12)
    assert left.covariance() == pytest.approx(np.cov(everything, rowvar=False), rel=1e-7, abs=1e-7)
    empty = Moments()
    empty.merge(left)
    empty.merge(Moments())
    assert empty.covariance() == pytest.approx(left.covariance(), rel=1e-12)


def test_moments_refuse_what_does_not_go_together():
    some = moments(np.ones((3, 4)))
    for wrong in (np.ones((2, 5)), np.ones((2, 4, 1))):
        with pytest.raises(ShapeError, match="wanted vectors"):
            some.update(wrong)
    with pytest.raises(ShapeError, match="NaN"):
        some.update(np.array([1.0, np.nan, 0, 0]))
    with pytest.raises(ShapeError, match="wanted vectors of 4"):
        some.merge(moments(np.ones((3, 5))))
    assert some.count == 3


def test_frechet_of_too_few_pictures_warns_and_of_one_has_no_value():
    a, b = sets(3, (12, 13), length=12)
    running = FrechetEfficientnetLite0()
    for row, other in zip(a, b, strict=False):
        running.update(row, other)
    assert not running.enough
    with pytest.warns(TooFewSamples, match="12 pictures and features of 12 numbers"):
        running.compute()
    running.update(b[12], a[0])
    assert running.enough
    assert running.compute() == pytest.approx(
        textbook(np.vstack([a, b[12:]]), np.vstack([b[:12], a[:1]]))
    )
    lone = FidInception()
    lone.update(a[0], b[0])
    with pytest.raises(Undefined, match="at least two"):
        lone.compute()


def test_frechet_of_other_lengths_is_refused():
    with pytest.raises(ShapeError, match="features of 3 numbers and of 4"):
        frechet(moments(np.eye(3)), moments(np.eye(4)))


def test_running_distances_merged_are_those_of_all():
    a, b = sets(5, (40, 40), length=6)
    for cls in (Frechet, KidEfficientnetLite0):
        whole, left, right = cls(), cls(), cls()
        whole.update(a, b)
        left.update(a[:9], b[:30])
        right.update(a[9:], b[30:])
        left.merge(right)
        assert left.count == whole.count == 40
        assert left.compute() == pytest.approx(whole.compute(), rel=1e-9)


def naive_kid(a: np.ndarray, b: np.ndarray) -> float:
    def kernel(x, y):
        return (sum(float(u) * float(v) for u, v in zip(x, y, strict=True)) / len(x) + 1) ** 3

    def within(part):
        pairs = [(i, j) for i in range(len(part)) for j in range(len(part)) if i != j]
        return sum(kernel(part[i], part[j]) for i, j in pairs) / len(pairs)

    between = sum(kernel(x, y) for x in a for y in b) / (len(a) * len(b))
    return within(a) + within(b) - 2 * between


def test_kid_is_that_of_the_definition():
    a, b = sets(6, (9, 12), length=5)
    assert kid(a, b) == pytest.approx(naive_kid(a, b), rel=1e-9)


def test_kid_is_unbiased_around_0_for_sets_of_one_kind():
    rng = np.random.default_rng(0)
    values = [kid(*rng.normal(size=(2, 20, 8))) for _ in range(300)]
    assert abs(np.mean(values)) < 3 * np.std(values) / np.sqrt(len(values))
    assert min(values) < 0 < max(values)


def test_kid_by_subsets_is_seeded_and_near_that_of_all():
    a, b = sets(7, (300, 260), length=8)
    by_subsets = kid(a, b, size=100, subsets=50, seed=1)
    assert by_subsets == kid(a, b, size=100, subsets=50, seed=1)
    assert by_subsets != kid(a, b, size=100, subsets=50, seed=2)
    assert by_subsets == pytest.approx(kid(a, b), rel=0.2)


def test_kid_refuses_what_it_cannot_measure():
    with pytest.raises(Undefined, match="it takes two of each"):
        kid(np.ones((1, 3)), np.ones((5, 3)))
    with pytest.raises(ShapeError, match="kid wants"):
        kid(np.ones((4, 3)), np.ones((5, 2)))
    with pytest.raises(ShapeError, match="NaN"):
        kid(np.full((4, 3), np.inf), np.ones((5, 3)))
    with pytest.raises(ValueError, match=r"call update\(\) first"):
        KidEfficientnetLite0().compute()


def test_of_long_clips_kid_keeps_an_even_sample_and_counts_all():
    total = KidEfficientnetLite0(size=50, keep=60)
    other = KidEfficientnetLite0(size=50, keep=60)
    a, b = sets(8, (900, 900), length=4)
    for start in range(0, 600, 100):
        total.update(a[start : start + 100], b[start : start + 100])
    other.update(a[600:], b[600:])
    total.merge(other)
    assert total.count == 900
    assert total.compute() == total.compute()
    assert [len(part.vectors()) for part in (total._generated, total._reference)] == [60, 60]
    assert total.compute() == pytest.approx(kid(a, b), abs=3 * abs(kid(a, b)))


def test_a_reservoir_holds_each_vector_as_likely_as_any_other_merged_or_not():
    held = np.zeros(30)
    for seed in range(3000):
        one, two = Reservoir(5, (seed, 0)), Reservoir(5, (seed, 1))
        one.update(np.arange(20.0)[:, None])
        two.update(np.arange(20.0, 30.0)[:, None])
        one.merge(two)
        assert one.count == 30
        held[one.vectors()[:, 0].astype(int)] += 1
    assert held.sum() == 3000 * 5
    assert held == pytest.approx(np.full(30, 500), abs=5 * np.sqrt(500))


def test_a_reservoir_keeps_numbers_as_they_are_and_refuses_other_lengths():
    sample = Reservoir(5, 0)
    assert sample.vectors().shape == (0, 0)
    sample.update(np.ones((2, 3), np.float32))
    assert sample.vectors().dtype == np.float32
    with pytest.raises(ShapeError, match="3"):
        sample.update(np.ones(4))
    wider = Reservoir(5, 0)
    wider.update(np.ones(4))
    with pytest.raises(ShapeError, match="of 3 numbers, got 4"):
        sample.merge(wider)
