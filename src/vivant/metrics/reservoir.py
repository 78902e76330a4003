"""An even sample of many vectors, added as they come."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import numpy as np

from vivant.errors import ShapeError


class Reservoir:
    """Up to `keep` of the vectors added, each as likely as any other; merged ones likewise.

    Source: Vitter 1985, doi:10.1145/3147.3165, algorithm R.

    >>> sample = Reservoir(keep=3, seed=0)
    >>> sample.update(np.arange(20.0).reshape(10, 2))
    >>> sample.count, sample.vectors().shape
    (10, (3, 2))
    """

    def __init__(self, keep: int, seed: int | Sequence[int]) -> None:
        """Begin.

        Args:
            keep: vectors at most.
            seed: chooses them: the same, added in the same order, keep the same.
        """
        self.keep = keep
        self.count = 0
        """Vectors that were added."""
        self._rows: list[np.ndarray] = []
        self._rng = np.random.default_rng(seed)

    def update(self, vectors: np.ndarray) -> None:
        """Add vectors, (count, length) or one, (length,).

        Raises:
            ShapeError: another shape or length.
        """
        rows = np.atleast_2d(vectors)
        if rows.ndim != 2 or (self._rows and rows.shape[1] != len(self._rows[0])):
            wanted = len(self._rows[0]) if self._rows else "length"
            raise ShapeError(f"wanted vectors (count, {wanted}), got {np.shape(vectors)}")
        for row in rows:
            self.count += 1
            if len(self._rows) < self.keep:
                self._rows.append(row.copy())
            elif (place := int(self._rng.integers(self.count))) < self.keep:
                self._rows[place] = row.copy()

    def merge(self, other: Self) -> None:
        """Take in what another has added; the smaller `keep` holds.

        Raises:
            ShapeError: its vectors have another length.
        """
        if self._rows and other._rows and len(self._rows[0]) != len(other._rows[0]):
            raise ShapeError(
                f"wanted vectors of {len(self._rows[0])} numbers, got {len(other._rows[0])}"
            )
        self.keep = min(self.keep, other.keep)
        total = self.count + other.count
        if total <= self.keep:
            self._rows = [*self._rows, *other._rows]
        else:  # as many of each as an even draw from all that both were given would hold
            mine = int(self._rng.hypergeometric(self.count, other.count, self.keep))
            self._rows = [*self._some(self._rows, mine), *self._some(other._rows, self.keep - mine)]
        self.count = total

    def _some(self, rows: list[np.ndarray], number: int) -> list[np.ndarray]:
        places = self._rng.choice(len(rows), number, replace=False) if number else ()
        return [rows[place] for place in places]

    def vectors(self) -> np.ndarray:
        """Return what was kept, (kept, length); (0, 0) before the first."""
        return np.stack(self._rows) if self._rows else np.zeros((0, 0))
