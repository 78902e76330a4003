"""How a face changes with its expression, as shapes in centimetres.

Fitted by `tools/fit_expression.py`: a face's shape is near its neutral one plus each
expression score times that score's change. `docs/engines/expression.md` tells how well.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np

from vivant import weights
from vivant.errors import SettingsError, listed
from vivant.landmarks import SCORE_NAMES


@dataclass(frozen=True, slots=True, eq=False)
class ExpressionBasis:
    """A neutral face, and its change at each score; axes as in `CanonicalFace`."""

    neutral: np.ndarray
    """(478, 3) float32, centimetres; nobody's own: the mean of many."""
    changes: np.ndarray
    """(52, 478, 3) float32, centimetres at a score of 1; zero where `known` is False."""
    known: tuple[bool, ...]
    """For each score, whether it was seen often enough to be told."""

    def change(self, scores: Mapping[str, float]) -> np.ndarray:
        """Return the sum of changes, (478, 3) float32 centimetres.

        Args:
            scores: name to amount; a name without `Left` or `Right` means both.

        Raises:
            SettingsError: a name is unknown, or its change is.

        >>> basis = expression_basis()
        >>> change = basis.change({"jawOpen": 0.5})
        >>> bool(change[152, 1] > 0.5)  # the chin is more than half a centimetre lower
        True
        """
        total = np.zeros_like(self.neutral)
        for name, amount in scores.items():
            for index in score_numbers(name):
                if not self.known[index]:
                    raise SettingsError(f"the change of the face at score {name!r} is not known")
                total += np.float32(amount) * self.changes[index]
        return total


def score_numbers(name: str) -> tuple[int, ...]:
    """Return the places of a score in `SCORE_NAMES`; without a side, of both.

    Raises:
        SettingsError: there is no such score.

    >>> [SCORE_NAMES[number] for number in score_numbers("eyeBlink")]
    ['eyeBlinkLeft', 'eyeBlinkRight']
    """
    names = (name,) if name in SCORE_NAMES else (f"{name}Left", f"{name}Right")
    if names[0] not in SCORE_NAMES:
        raise SettingsError(f"no expression score {name!r}; known: {listed(SCORE_NAMES)}")
    return tuple(SCORE_NAMES.index(known) for known in names)


@cache
def expression_basis() -> ExpressionBasis:
    """Return the basis; its arrays are shared and read-only.

    Raises:
        WeightsError: the carried file is damaged.
    """
    data = io.BytesIO(weights.read("expression"))
    with np.load(data, allow_pickle=False) as arrays:
        names, neutral = arrays["names"].tolist(), arrays["neutral"]
        changes = np.zeros((len(SCORE_NAMES), *neutral.shape), np.float32)
        changes[[SCORE_NAMES.index(name) for name in names]] = arrays["changes"]
    for array in (neutral, changes):
        array.flags.writeable = False
    return ExpressionBasis(neutral, changes, tuple(name in names for name in SCORE_NAMES))
