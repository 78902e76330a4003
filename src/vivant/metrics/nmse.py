"""Landmark error as a share of the distance between the pupils, times 100."""

from __future__ import annotations

from typing import ClassVar, Final

import numpy as np

from vivant.errors import ShapeError, Undefined
from vivant.metrics.base import Mean
from vivant.metrics.checks import check_arrays

_EYES: Final = {
    68: (range(36, 42), range(42, 48)),
    478: ((468,), (473,)),
}
"""Count of landmarks to those whose middle is a pupil: six of each lid, or the iris' centre."""


def nmse(points: np.ndarray, truth: np.ndarray) -> float:
    """Return the mean distance of landmarks over that of the true face's pupils; lower is better.

    Called a mean squared error by its source, whose formula takes the root of each
    landmark's squares: nothing in it is squared in the end. The divisor comes from
    the true face alone (the one that gave the expression), so that a drawn face
    with eyes too far apart gains nothing. Between two identities, what their
    features differ by is in it too: compare methods, not single numbers. Others
    divide by the outer corners of the eyes (300-W), which are about 1.4 times as
    far apart.

    Args:
        points: landmarks of the drawn face, pixels: (68, 2) as dlib orders them, or
            (478, 2) or (478, 3) as in `vivant.landmarks`, of which x and y are taken.
        truth: landmarks of the true face, the same shape.

    Returns:
        Percent of the distance between the pupils (68: the middles of the eyes).

    Raises:
        ShapeError: the shapes differ, are none of these, or a number is not finite.
        Undefined: the pupils of the true face fall on one point.

    Source: Petruk 2020, Face-reenactment (thesis), eq. 4.1.

    >>> true = np.zeros((68, 2))
    >>> true[42:48, 0] = 50.0
    >>> nmse(true + [3.0, 4.0], true)
    10.0
    """
    eyes = _EYES.get(len(truth) if np.ndim(truth) else 0)
    if eyes is None:
        raise ShapeError(f"nmse wants 68 or 478 landmarks, got {np.shape(truth)}")
    axes = 3 if len(truth) == 478 and np.shape(truth)[-1] == 3 else 2
    drawn, true = check_arrays("nmse", points, truth, (len(truth), axes))
    pupils = [true[list(eye), :2].mean(axis=0) for eye in eyes]
    apart = float(np.linalg.norm(pupils[0] - pupils[1]))
    if apart == 0:
        raise Undefined("nmse", "the pupils of the true face fall on one point")
    return float(np.linalg.norm((drawn - true)[:, :2], axis=1).mean() / apart * 100)


class Nmse(Mean):
    """Running `nmse`: the mean over pictures."""

    unit: ClassVar[str] = "% of pupil distance"
    higher_is_better: ClassVar[bool | None] = False

    def update(self, points: np.ndarray, truth: np.ndarray) -> None:
        """Add one picture."""
        self.add(nmse(points, truth))
