"""A drawn performance against the true one, over frames in a row."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from vivant.errors import Undefined
from vivant.metrics.action_unit_correlation import ActionUnitCorrelation
from vivant.metrics.action_unit_presence import ActionUnitPresence
from vivant.metrics.blink_agreement import BlinkAgreement
from vivant.metrics.catalogue import METRICS, about
from vivant.metrics.expression import ExpressionAgreement
from vivant.metrics.flicker import Flicker
from vivant.studies.judge import tell
from vivant.studies.looking import Look

OVER_TIME: Final = ("expression", "action_unit_correlation", "flicker")
BLINKS: Final = "blink_agreement"
"""Of all clips together: in a second or two few people blink."""
BESIDE: Final = ("flicker_floor", "action_unit_presence", BLINKS)
"""What `OverTime` can also tell of one clip, where asked for by name."""
_PIXELS: Final = ("flicker", "flicker_floor")
"""Those that want no face."""


class OverTime:
    """Measures over time, under way; frames in a row, in order."""

    def __init__(self) -> None:
        self._expression, self._units = ExpressionAgreement(), ActionUnitCorrelation()
        self._flicker, self._blinks = Flicker(), BlinkAgreement()
        self._presence = ActionUnitPresence()
        self._frames = self._faces = 0
        self._values: dict[str, Callable[[], float]] = {
            "expression": self._expression.compute,
            "action_unit_correlation": self._units.compute,
            "flicker": self._flicker.compute,
            "flicker_floor": self._flicker.floor,
            "action_unit_presence": self._presence.compute,
            BLINKS: self._blinks.compute,
        }

    def update(self, drawn: Look, true: Look) -> None:
        """Add the next frame; faces that are not seen are left out."""
        self._flicker.update(drawn.image, true.image)
        self._frames += 1
        if drawn.face is None or true.face is None:
            return
        if drawn.face.scores is not None and true.face.scores is not None:
            self._faces += 1
            for metric in (self._expression, self._units, self._presence, self._blinks):
                metric.update(drawn.face.scores, true.face.scores)

    def compute(self, names: Iterable[str] = OVER_TIME) -> dict[str, float]:
        """Return measure to value, of those that are defined here.

        Args:
            names: of `OVER_TIME` and `BESIDE`.
        """
        found = {}
        for name in names:
            try:
                found[name] = self._values[name]()
            except (Undefined, ValueError):  # nothing moved
                continue
        return found

    def counts(self) -> dict[str, int]:
        """Return measure to how many frames it was measured on: most want a face in both."""
        pixels = self._frames - self._flicker.skipped
        return {name: pixels if name in _PIXELS else self._faces for name in self._values}

    def blinks(self) -> list[int]:
        """Return how many blinks were hit, false and missed."""
        return [int(count) for count in self._blinks.counts()]


def blink_agreement(counts: Iterable[Sequence[int]]) -> dict[str, float]:
    """Return the F1 over the blinks of all clips; empty where nobody blinks.

    Args:
        counts: what `OverTime.blinks` gave for each clip.

    >>> blink_agreement([[3, 0, 1], [1, 0, 0]])
    {'blink_agreement': 0.888889}
    """
    hit, false, missed = (sum(column) for column in zip(*counts, strict=True))
    of = 2 * hit + false + missed
    return {BLINKS: round(2 * hit / of, 6)} if of else {}


def told_over_time(names: Iterable[str] = (*OVER_TIME, BLINKS)) -> dict[str, dict[str, Any]]:
    """Return what results tell of these measures."""
    return {name: tell(METRICS[name], about(name)) for name in names}
