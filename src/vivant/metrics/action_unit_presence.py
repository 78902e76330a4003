"""F1 of which of 18 Action Units act, frame by frame."""

from __future__ import annotations

from typing import ClassVar, Self

import numpy as np

from vivant.action_units import PRESENCE_NAMES, presences
from vivant.errors import Undefined
from vivant.landmarks import SCORE_NAMES
from vivant.metrics.checks import check_arrays
from vivant.metrics.f1 import f1


class ActionUnitPresence:
    """F1 of each unit over all frames, then the mean over the units that act in either face.

    Units that act in neither face have no F1 and are in no mean. The units are a
    fixed mapping of the expression scores, not OpenFace's: see `vivant.action_units`.
    """

    unit: ClassVar[str] = "0..1"
    higher_is_better: ClassVar[bool | None] = True

    def __init__(self) -> None:
        self._counts = np.zeros((3, len(PRESENCE_NAMES)), np.int64)

    def update(self, scores: np.ndarray, truth: np.ndarray) -> None:
        """Add one frame: scores of the drawn and of the true face, (52,) each.

        Raises:
            ShapeError: the shapes differ, are no scores, or a number is not finite.
        """
        pair = check_arrays("action unit presence", scores, truth, (len(SCORE_NAMES),))
        mine, theirs = presences(np.stack(pair))
        self._counts = self._counts + np.stack([mine & theirs, mine & ~theirs, ~mine & theirs])

    def merge(self, other: Self) -> None:
        """Take in what another process or thread has counted."""
        self._counts = self._counts + other._counts

    def units(self) -> dict[str, float]:
        """Return unit to F1, of the units that act in either face."""
        counts = zip(PRESENCE_NAMES, self._counts.T.tolist(), strict=True)
        return {name: f1(*count) for name, count in counts if any(count)}

    def compute(self) -> float:
        """Return the mean F1 over the units that act.

        Raises:
            Undefined: no unit acts in any frame of either face.
        """
        units = self.units()
        if not units:
            raise Undefined("action unit presence", "no unit acts in any frame of either face")
        return float(np.mean(list(units.values())))
