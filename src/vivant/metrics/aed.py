"""Average Euclidean distance of identities as FOMM's code takes it: squared."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from vivant.metrics.base import Mean
from vivant.metrics.checks import check_arrays


def aed(feature: np.ndarray, target: np.ndarray) -> float:
    """Return the sum of the squared differences of two identity vectors; lower is better.

    Neither average nor Euclidean within a picture: the average is over pictures,
    and the root that the papers' words ask for is not taken (with it:
    `vivant.metrics.aed_euclidean`). The vectors are taken as they are. FOMM's are
    OpenFace's, of length 1; so are SFace's, and then this is 2 - 2 `csim`.

    Args:
        feature: identity vector of the drawn face, (length,).
        target: identity vector of the true face, the same shape.

    Raises:
        ShapeError: the shapes differ, are no vectors, or a number is not finite.

    Source: Siarohin et al. 2019, First Order Motion Model, section 4; the square is
    that of its evaluation code (AliaksandrSiarohin/pose-evaluation, cmp.py, whose
    first version took the mean absolute difference).

    >>> aed(np.array([1.0, 0.0]), np.array([0.0, 1.0]))
    2.0
    """
    drawn, true = check_arrays("aed", feature, target, ("length",))
    return float(np.square(drawn - true).sum())


class Aed(Mean):
    """Running `aed`: the mean over pictures."""

    unit: ClassVar[str] = "squared"
    higher_is_better: ClassVar[bool | None] = False

    def update(self, feature: np.ndarray, target: np.ndarray) -> None:
        """Add one picture."""
        self.add(aed(feature, target))
