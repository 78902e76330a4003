"""Cosine similarity of two identities."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from vivant.errors import ShapeError
from vivant.metrics.base import Mean
from vivant.metrics.checks import check_arrays


def csim(feature: np.ndarray, target: np.ndarray) -> float:
    """Return the cosine between two identity vectors; higher is better.

    The number depends on the network that made the vectors: say which. vivant's
    studies take SFace (`vivant.metrics.sface`), whose makers count a cosine of at
    least 0.363 as the same person. `vivant.metrics.dlib_face` is the second opinion:
    another network, another training set, and much larger cosines.

    Args:
        feature: identity vector of the drawn face, (length,).
        target: identity vector of the true one, the same shape.

    Returns:
        -1 to 1.

    Raises:
        ShapeError: the shapes differ, are no vectors, one is all zero, or a number is not
            finite.

    Source: Petruk 2020, Face-reenactment (thesis), eq. 4.2 (there with CosFace); the
    name is Zakharov et al.'s, 2019, doi:10.1109/ICCV.2019.00955.

    >>> csim(np.array([1.0, 0.0]), np.array([3.0, 4.0]))
    0.6
    """
    drawn, true = check_arrays("csim", feature, target, ("length",))
    lengths = float(np.linalg.norm(drawn)), float(np.linalg.norm(true))
    if not all(lengths):
        raise ShapeError(
            f"csim wants two vectors that are not zero, got norms {lengths[0]:g} and {lengths[1]:g}"
        )
    cosine = float(drawn @ true) / (lengths[0] * lengths[1])
    return float(np.clip(cosine, -1, 1))


class Csim(Mean):
    """Running `csim`: the mean over pictures."""

    unit: ClassVar[str] = "-1..1"
    higher_is_better: ClassVar[bool | None] = True

    def update(self, feature: np.ndarray, target: np.ndarray) -> None:
        """Add one picture."""
        self.add(csim(feature, target))
