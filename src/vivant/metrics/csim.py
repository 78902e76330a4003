"""Cosine similarity of two identities."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from vivant.errors import ShapeError
from vivant.metrics.base import Mean


def csim(feature: np.ndarray, target: np.ndarray) -> float:
    """Return the cosine between two identity vectors; higher is better.

    The number depends on the network that made the vectors: say which. vivant's
    studies take SFace (`vivant.metrics.sface`), whose makers count a cosine of at
    least 0.363 as the same person.

    Args:
        feature: identity vector of the drawn face, (length,).
        target: identity vector of the true one, the same shape.

    Returns:
        -1 to 1.

    Raises:
        ShapeError: the shapes differ, are no vectors, or one is all zero.

    >>> csim(np.array([1.0, 0.0]), np.array([3.0, 4.0]))
    0.6
    """
    lengths = float(np.linalg.norm(feature)), float(np.linalg.norm(target))
    if feature.shape != target.shape or feature.ndim != 1 or not all(lengths):
        raise ShapeError(
            f"csim wants two vectors of the same length that are not zero, got {feature.shape} "
            f"and {target.shape} of norm {lengths[0]:g} and {lengths[1]:g}"
        )
    cosine = float(feature.astype(np.float64) @ target) / (lengths[0] * lengths[1])
    return float(np.clip(cosine, -1, 1))


class Csim(Mean):
    """Running `csim`: the mean over pictures."""

    unit: ClassVar[str] = "-1..1"
    higher_is_better: ClassVar[bool | None] = True

    def update(self, feature: np.ndarray, target: np.ndarray) -> None:
        """Add one picture."""
        self.add(csim(feature, target))
