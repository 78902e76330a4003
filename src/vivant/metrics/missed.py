"""Share of the frames in which no face was found."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from vivant.metrics.base import Mean


def missed(found: Iterable[bool]) -> float:
    """Return the share of frames without a face; lower is better.

    Every other metric of faces leaves such frames out, and so a method that
    destroys the hard ones looks better in it: give this number beside it.

    Args:
        found: for each frame whether its face was found.

    Raises:
        ValueError: there are no frames.

    >>> missed([True, True, False, True])
    0.25
    """
    total = Missed()
    for face in found:
        total.update(face)
    return total.compute()


class Missed(Mean):
    """Running `missed`: the share over all frames."""

    unit: ClassVar[str] = "0..1"
    higher_is_better: ClassVar[bool | None] = False

    def update(self, found: bool) -> None:
        """Add one frame: whether its face was found."""
        self.add(0.0 if found else 1.0)
