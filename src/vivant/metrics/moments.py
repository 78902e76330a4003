"""Mean and covariance of many vectors, added as they come."""

from __future__ import annotations

from typing import Final, Self

import numpy as np

from vivant.errors import ShapeError, Undefined

_TOGETHER: Final = 64
"""Vectors that are kept before they are summed up: one product of matrices for all."""


class Moments:
    """Mean and covariance under way; what is merged is as if all had been added to one.

    >>> moments = Moments()
    >>> moments.update(np.array([[0.0, 1.0], [2.0, 5.0]]))
    >>> moments.mean(), moments.covariance()
    (array([1., 3.]), array([[2., 4.],
           [4., 8.]]))
    """

    def __init__(self) -> None:
        self.count = 0
        """Vectors that were added."""
        self._waiting: list[np.ndarray] = []
        self._summed = 0
        self._mean = np.zeros(0)
        self._scatter = np.zeros((0, 0))

    @property
    def length(self) -> int:
        """Numbers of a vector; 0 before the first."""
        return self._waiting[0].shape[1] if self._waiting else len(self._mean)

    def update(self, vectors: np.ndarray) -> None:
        """Add vectors, (count, length) or one, (length,).

        Raises:
            ShapeError: another shape or length, or a number is not finite.
        """
        rows = np.atleast_2d(np.asarray(vectors, np.float64))
        if rows.ndim != 2 or (self.count and rows.shape[1] != self.length):
            wanted = self.length or "length"
            raise ShapeError(f"wanted vectors (count, {wanted}), got {np.shape(vectors)}")
        if not np.isfinite(rows).all():
            raise ShapeError("some numbers of the vectors are NaN or infinite")
        if not len(rows):
            return
        self.count += len(rows)
        self._waiting.append(rows)
        if self.count - self._summed >= _TOGETHER:
            self._sum_up()

    def merge(self, other: Self) -> None:
        """Take in what another has added.

        Raises:
            ShapeError: its vectors have another length.
        """
        other._sum_up()
        if other.count and self.count and other.length != self.length:
            raise ShapeError(f"wanted vectors of {self.length} numbers, got {other.length}")
        self._sum_up()
        self._take(other._summed, other._mean, other._scatter)
        self.count += other.count

    def mean(self) -> np.ndarray:
        """Return the mean, (length,).

        Raises:
            Undefined: nothing was added.
        """
        if not self.count:
            raise Undefined("mean", "no vectors were added; call update() first.")
        self._sum_up()
        return self._mean.copy()

    def covariance(self) -> np.ndarray:
        """Return the sample covariance (divided by count - 1), (length, length).

        Raises:
            Undefined: fewer than two vectors were added.
        """
        if self.count < 2:
            raise Undefined("covariance", f"of {self.count} vectors; it takes at least two.")
        self._sum_up()
        return self._scatter / (self.count - 1)

    def _sum_up(self) -> None:
        if self._waiting:
            rows = np.concatenate(self._waiting)
            self._waiting = []
            mean = rows.mean(axis=0)
            self._take(len(rows), mean, (rows - mean).T @ (rows - mean))

    def _take(self, count: int, mean: np.ndarray, scatter: np.ndarray) -> None:
        """Chan, Golub & LeVeque's rule for two groups, 1983, doi:10.1080/00031305.1983.10483115."""
        if not count:
            return
        if not self._summed:
            self._summed, self._mean, self._scatter = count, mean.copy(), scatter.copy()
            return
        total = self._summed + count
        apart = mean - self._mean
        self._scatter += scatter + np.outer(apart, apart) * (self._summed * count / total)
        self._mean += apart * (count / total)
        self._summed = total
