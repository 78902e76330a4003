"""Distance of two identities on the unit sphere; also called likeliness."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from vivant.errors import ShapeError
from vivant.metrics.base import Mean
from vivant.metrics.checks import check_arrays


def identity_distance(feature: np.ndarray, target: np.ndarray) -> float:
    """Return the Euclidean distance of two identity vectors brought to length 1; lower is better.

    It is sqrt(2 - 2 `csim`): the same order of methods, another scale. The number
    depends on the network: say which. Published "likeliness" scores of expression
    transfer come from an Inception-ResNet-V1 (facenet-pytorch, VGGFace2 and
    CASIA-WebFace), whose vectors have length 1 already; vivant's studies take
    SFace (`vivant.metrics.sface`). dlib's threshold of 0.6 is for its vectors as
    they are: `vivant.metrics.aed_euclidean`.

    Args:
        feature: identity vector of the drawn face, (length,).
        target: identity vector to be like, the same shape.

    Returns:
        0 (the same) to 2; about 1.41 for two that have nothing to do with each other.

    Raises:
        ShapeError: the shapes differ, are no vectors, one is all zero, or a number is not
            finite.

    Source: Schroff, Kalenichenko & Philbin 2015, FaceNet, doi:10.1109/CVPR.2015.7298682
    (who report its square).

    >>> round(identity_distance(np.array([5.0, 0.0]), np.array([0.0, 0.1])), 4)
    1.4142
    """
    drawn, true = check_arrays("identity_distance", feature, target, ("length",))
    lengths = float(np.linalg.norm(drawn)), float(np.linalg.norm(true))
    if not all(lengths):
        raise ShapeError("identity_distance wants vectors that are not all zero")
    return float(np.linalg.norm(drawn / lengths[0] - true / lengths[1]))


class IdentityDistance(Mean):
    """Running `identity_distance`: the mean over pictures."""

    unit: ClassVar[str] = "0..2"
    higher_is_better: ClassVar[bool | None] = False

    def update(self, feature: np.ndarray, target: np.ndarray) -> None:
        """Add one picture."""
        self.add(identity_distance(feature, target))
