"""What a drawn face would understate, added beforehand.

The same millimetres say less on a calm portrait than on a lively driver: expression
scores hardly rise near their lower end, and a warped brow or lid is read back as
having gone about two thirds of its way. So part of the driver's change of scores is
carried once more, as a change of shape.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Final

import numpy as np

from vivant.engines.mesh.shape import PosedShape
from vivant.landmarks import SCORE_NAMES
from vivant.weights.expression import expression_basis

_SHARES: Final = {
    "brow": 1.2,
    "mouthSmile": 1.1,
    "jawOpen": 1.0,
    "eyeBlink": 0.7,
    "eyeWide": 0.5,
    "eyeLook": 0.5,
}
"""Share that is carried once more, by the beginning of the score's name; others: none.

Chosen so that scores read from drawn portraits follow the driver's with a slope of about 1
(`docs/engines/mesh.md`).
"""
_LARGE: Final = 1.0
"""From this change of a score on nothing is added: the widest grin speaks for itself."""
BROWS: Final = 0.5
"""Share of the brows' own motion that is carried once more."""


def emphasised(
    driver: PosedShape, now: np.ndarray, rest: np.ndarray, strength: float
) -> PosedShape:
    """Return the driver's face with its change of expression carried further.

    Args:
        driver: the driver now.
        now: its (52,) expression scores.
        rest: those of the reference.
        strength: 1 as chosen here, 0 not at all.
    """
    change = now - rest
    change = change * np.maximum(1 - np.abs(change) / _LARGE, 0) * np.float32(strength)
    more = np.tensordot(change, _changes(), axes=1)
    return replace(driver, shape=driver.shape + more)


@cache
def _changes() -> np.ndarray:
    """(52, 478, 3) float32, centimetres: what is added at a change of 1 of each score."""
    shares = np.zeros(len(SCORE_NAMES), np.float32)
    for start, share in _SHARES.items():
        shares[[name.startswith(start) for name in SCORE_NAMES]] = share
    return np.asarray(expression_basis().changes * shares[:, None, None], np.float32)
