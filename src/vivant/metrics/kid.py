"""Kernel distance (KID) of two sets of pictures, by the features that its name carries."""

from __future__ import annotations

from typing import ClassVar, Final, Self

import numpy as np

from vivant.errors import ShapeError, Undefined
from vivant.metrics.reservoir import Reservoir

KEEP: Final = 5000
"""Pictures of a set that are kept, of those added."""


def kid(
    generated: np.ndarray,
    reference: np.ndarray,
    *,
    subsets: int = 100,
    size: int = 1000,
    seed: int = 0,
) -> float:
    """Return the unbiased squared maximum mean discrepancy of two sets; lower is better.

    With the kernel `k(x, y) = (x . y / length + 1)^3`: the mean of `k` within each set
    (no picture with itself), less twice its mean between the sets. Where either set is
    larger than `size`, the mean over subsets of so many, drawn without replacement.

    Args:
        generated: features of the drawn pictures, (count, length).
        reference: of the true ones; the count may differ.
        subsets: how many are drawn.
        size: of a subset; no larger than the smaller set.
        seed: of the drawing.

    Returns:
        Around 0 for sets of one kind, and as often below it: it is unbiased, so unlike
        the Frechet distance it can be compared between sets of different sizes.

    Raises:
        ShapeError: the features are no matrices of one length, or not finite.
        Undefined: either set has under two pictures.

    Source: Binkowski et al. 2018, arXiv:1801.01401, section 4.

    >>> kid(np.array([[1.0], [1.0]]), np.array([[0.0], [0.0]]))
    7.0
    """
    drawn, true = np.asarray(generated), np.asarray(reference)
    if drawn.ndim != 2 or true.ndim != 2 or drawn.shape[1] != true.shape[1]:
        raise ShapeError(f"kid wants (count, length) twice, got {drawn.shape} and {true.shape}")
    if not (np.isfinite(drawn).all() and np.isfinite(true).all()):
        raise ShapeError("kid: some numbers of the features are NaN or infinite")
    least = min(len(drawn), len(true))
    if least < 2:
        raise Undefined("kid", f"of {len(drawn)} and {len(true)} pictures; it takes two of each.")
    if max(len(drawn), len(true)) <= size:
        return _discrepancy(drawn, true)
    rng = np.random.default_rng(seed)
    several = min(size, least)
    return float(
        np.mean(
            [
                _discrepancy(*(rng.choice(part, several, replace=False) for part in (drawn, true)))
                for _ in range(subsets)
            ]
        )
    )


def _discrepancy(drawn: np.ndarray, true: np.ndarray) -> float:
    drawn, true = drawn.astype(np.float64, copy=False), true.astype(np.float64, copy=False)
    within = sum(
        (kernel.sum() - np.trace(kernel)) / (len(kernel) * (len(kernel) - 1))
        for kernel in (_kernel(drawn, drawn), _kernel(true, true))
    )
    return float(within - 2 * _kernel(drawn, true).mean())


def _kernel(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    near = a @ b.T / a.shape[1] + 1
    return np.asarray(near * near * near)  # `** 3` takes thirty times as long


class KidEfficientnetLite0:
    """Running `kid` of the pooled features of EfficientNet-Lite0.

    Of each set it keeps `keep` pictures at most, drawn evenly and with a seed from all
    that were added (`vivant.metrics.reservoir`): an hour of video would fill the memory.
    Up to there, it is `kid` of all.
    """

    unit: ClassVar[str] = "MMD^2"
    higher_is_better: ClassVar[bool | None] = False

    def __init__(
        self, *, subsets: int = 100, size: int = 1000, seed: int = 0, keep: int = KEEP
    ) -> None:
        self.subsets, self.size, self.seed = subsets, size, seed
        # Streams of their own, so that not the same places are kept of both.
        self._generated, self._reference = Reservoir(keep, (seed, 0)), Reservoir(keep, (seed, 1))

    def update(self, generated: np.ndarray, reference: np.ndarray) -> None:
        """Add features: (count, length) each, or one, (length,); the counts may differ."""
        self._generated.update(generated)
        self._reference.update(reference)

    def merge(self, other: Self) -> None:
        """Take in what another process or thread has added."""
        self._generated.merge(other._generated)
        self._reference.merge(other._reference)

    @property
    def count(self) -> int:
        """Pictures of the smaller set that were added."""
        return min(self._generated.count, self._reference.count)

    def compute(self) -> float:
        """Return the distance.

        Raises:
            ValueError: nothing was added.
            Undefined: either set has under two pictures.
        """
        if not (self._generated.count or self._reference.count):
            raise ValueError(f"{type(self).__name__}: nothing was added; call update() first")
        drawn, true = self._generated.vectors(), self._reference.vectors()
        return kid(drawn, true, subsets=self.subsets, size=self.size, seed=self.seed)
