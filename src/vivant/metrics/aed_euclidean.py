"""Average Euclidean distance of identities as the papers put it: with the root."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from vivant.metrics.base import Mean
from vivant.metrics.checks import check_arrays


def aed_euclidean(feature: np.ndarray, target: np.ndarray) -> float:
    """Return the distance of two identity vectors as they are; lower is better.

    Of dlib's vectors (`vivant.metrics.dlib_face`, of length 1.3 to 1.7) this is the
    distance of which its makers say: under 0.6, the same person. For vectors
    brought to length 1 first see `vivant.metrics.identity_distance`.

    Args:
        feature: identity vector of the drawn face, (length,).
        target: identity vector of the true face, the same shape.

    Raises:
        ShapeError: the shapes differ, are no vectors, or a number is not finite.

    Source: Siarohin et al. 2019, Monkey-Net, section 4; the code of both papers
    takes the square: `vivant.metrics.aed`.

    >>> aed_euclidean(np.array([3.0, 0.0]), np.array([0.0, 4.0]))
    5.0
    """
    drawn, true = check_arrays("aed_euclidean", feature, target, ("length",))
    return float(np.linalg.norm(drawn - true))


class AedEuclidean(Mean):
    """Running `aed_euclidean`: the mean over pictures."""

    unit: ClassVar[str] = "distance"
    higher_is_better: ClassVar[bool | None] = False

    def update(self, feature: np.ndarray, target: np.ndarray) -> None:
        """Add one picture."""
        self.add(aed_euclidean(feature, target))
