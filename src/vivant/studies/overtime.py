"""A drawn performance against the true one, over frames in a row."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from vivant.errors import Undefined
from vivant.metrics.catalogue import METRICS, about
from vivant.metrics.expression import ExpressionAgreement
from vivant.studies.judge import tell
from vivant.studies.looking import Look

OVER_TIME: Final = ("expression",)


class OverTime:
    """Measures over time, under way; frames in a row, in order."""

    def __init__(self) -> None:
        self._expression = ExpressionAgreement()

    def update(self, drawn: Look, true: Look) -> None:
        """Add the next frame; faces that are not seen are left out."""
        if drawn.face is None or true.face is None:
            return
        if drawn.face.scores is not None and true.face.scores is not None:
            self._expression.update(drawn.face.scores, true.face.scores)

    def compute(self) -> dict[str, float]:
        """Return measure to value, of those that are defined here."""
        found = {}
        for name, metric in zip(OVER_TIME, (self._expression,), strict=True):
            try:
                found[name] = metric.compute()
            except (Undefined, ValueError):  # nothing moved, nobody blinked
                continue
        return found


def told_over_time(names: Iterable[str] = OVER_TIME) -> dict[str, dict[str, Any]]:
    """Return what results tell of these measures."""
    return {name: tell(METRICS[name], about(name)) for name in names}
