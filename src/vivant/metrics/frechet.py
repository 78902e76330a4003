"""Frechet distance of two sets of pictures, by the features that its name carries."""

from __future__ import annotations

import warnings
from typing import ClassVar, Self

import numpy as np

from vivant.errors import ShapeError
from vivant.metrics.moments import Moments


class TooFewSamples(UserWarning):
    """A Frechet distance of so few pictures says more about their number than about them."""


def frechet(generated: Moments, reference: Moments) -> float:
    """Return the squared Frechet distance of two sets, each taken as a Gaussian; lower is better.

    With means `m` and sample covariances `S`,

        |m1 - m2|^2 + tr S1 + tr S2 - 2 tr sqrt(S1^(1/2) S2 S1^(1/2)).

    The product is symmetric, so its eigenvalues are real: no complex remainder, and
    covariances without full rank do no harm (rounding below 0 counts as 0).

    Args:
        generated: of the drawn pictures' features.
        reference: of the true ones', of the same length.

    Returns:
        0 and up. It is biased: few samples give larger numbers, and a set against
        another one of the same kind only reaches 0 with infinitely many.

    Raises:
        ShapeError: the features differ in length.
        Undefined: either set has under two pictures.

    Source: Heusel et al. 2017, arXiv:1706.08500, eq. 6; Dowson & Landau 1982.

    >>> a, b = Moments(), Moments()
    >>> a.update(np.array([[0.0], [2.0]])), b.update(np.array([[3.0], [5.0]]))
    (None, None)
    >>> frechet(a, b)
    9.0
    """
    first, second = generated.covariance(), reference.covariance()
    if first.shape != second.shape:
        raise ShapeError(f"frechet: features of {len(first)} numbers and of {len(second)}")
    values, vectors = np.linalg.eigh(first)
    root = (vectors * np.sqrt(_cleaned(values))) @ vectors.T
    product = root @ second @ root
    shared = np.sqrt(_cleaned(np.linalg.eigvalsh((product + product.T) / 2))).sum()
    apart = generated.mean() - reference.mean()
    distance = apart @ apart + np.trace(first) + np.trace(second) - 2 * shared
    return max(float(distance), 0.0)


def _cleaned(values: np.ndarray) -> np.ndarray:
    """Set eigenvalues to 0 that are rounding: their roots would not be small."""
    least = len(values) * np.finfo(np.float64).eps * max(float(values.max()), 0.0)
    return np.where(values > least, values, 0.0)


class Frechet:
    """Running `frechet`; its subclasses name the network that the features are of."""

    unit: ClassVar[str] = "squared distance"
    higher_is_better: ClassVar[bool | None] = False

    def __init__(self) -> None:
        self._generated, self._reference = Moments(), Moments()

    def update(self, generated: np.ndarray, reference: np.ndarray) -> None:
        """Add features: (count, length) each, or one, (length,); the counts may differ.

        Raises:
            ShapeError: another length than before, or a number is not finite.
        """
        self._generated.update(generated)
        self._reference.update(reference)

    def merge(self, other: Self) -> None:
        """Take in what another process or thread has added."""
        self._generated.merge(other._generated)
        self._reference.merge(other._reference)

    @property
    def count(self) -> int:
        """Pictures of the smaller set."""
        return min(self._generated.count, self._reference.count)

    @property
    def length(self) -> int:
        """Numbers of a feature; 0 before the first."""
        return self._generated.length

    @property
    def enough(self) -> bool:
        """Whether both sets have more pictures than features have numbers.

        With fewer, a covariance has directions of which nothing is known: it takes them
        for directions in which nothing varies, and the distance grows with each of them.
        """
        return self.count > self.length

    def compute(self) -> float:
        """Return the distance; warns with `TooFewSamples` where there are not `enough`.

        Raises:
            Undefined: either set has under two pictures.
        """
        distance = frechet(self._generated, self._reference)
        if not self.enough:
            warnings.warn(
                f"{type(self).__name__}: {self.count} pictures and features of "
                f"{self.length} numbers: the distance means little until there are "
                f"more pictures than numbers.",
                TooFewSamples,
                stacklevel=2,
            )
        return distance


class FrechetEfficientnetLite0(Frechet):
    """Running `frechet` of the pooled features of EfficientNet-Lite0 (1280 numbers)."""


class FidInception(Frechet):
    """Running `frechet` of the features of the true Inception network (2048 numbers): "FID"."""
