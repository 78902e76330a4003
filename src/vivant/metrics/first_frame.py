"""Seconds from the call to the first drawn frame."""

from __future__ import annotations

from typing import ClassVar

from vivant.metrics.base import Mean
from vivant.metrics.checks import check_measured


class FirstFrame(Mean):
    """Running mean of the times to the first frame; say whether a run was the process' first."""

    unit: ClassVar[str] = "s"
    higher_is_better: ClassVar[bool | None] = False

    def update(self, seconds: float) -> None:
        """Add one run.

        Raises:
            ShapeError: the number is not finite and positive.

        >>> first = FirstFrame()
        >>> first.update(0.5), first.update(1.5)
        (None, None)
        >>> first.compute()
        1.0
        """
        check_measured("FirstFrame: seconds", seconds)
        self.add(seconds)
