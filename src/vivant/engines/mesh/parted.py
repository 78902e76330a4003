"""Portraits whose lips are apart: they close when the driver's do.

Only changes are carried over, and a driver who rests with closed lips never closes
them further. So the driver's rest is made to look like the portrait: its mouth is
opened as far as the portrait's, by jaw and lips as the portrait's scores tell.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from vivant.engines.mesh.shape import PosedShape
from vivant.engines.mesh.transfer import LIP_PAIRS
from vivant.landmarks import LIPS_INNER, SCORE_NAMES
from vivant.weights.expression import expression_basis

_APART = 0.03
"""Lips are apart from this share of the mouth's width on."""


def parted(rest: PosedShape, portrait: PosedShape, jaw: float) -> PosedShape:
    """Return the driver's rest with lips as far apart as the portrait's, never closer than now.

    Args:
        rest: the driver at rest.
        portrait: the portrait.
        jaw: how much further the portrait's jaw is open, as a `jawOpen` score.
    """
    width = _width(rest.shape)
    missing = gap(portrait.shape) / _width(portrait.shape) * width - max(gap(rest.shape), 0.0)
    if missing < _APART * width:
        return rest
    changes = expression_basis().changes
    dropped = changes[SCORE_NAMES.index("jawOpen")]
    lips = changes[[name.startswith(("mouthLowerDown", "mouthUpperUp")) for name in SCORE_NAMES]]
    by_jaw = min(max(jaw, 0.0) * gap(dropped), missing)
    by_lips = missing - by_jaw
    change = by_jaw / gap(dropped) * dropped + by_lips / gap(lips.sum(axis=0)) * lips.sum(axis=0)
    return replace(rest, shape=(rest.shape + change).astype(np.float32))


def gap(shape: np.ndarray) -> float:
    """Mean opening between the lips, centimetres, of a shape or of a change of shape."""
    lower, upper = LIP_PAIRS[2:7].T
    return float((shape[lower, 1] - shape[upper, 1]).mean())


def _width(shape: np.ndarray) -> float:
    return float(np.linalg.norm(shape[LIPS_INNER[0]] - shape[LIPS_INNER[10]])) + 1e-6
