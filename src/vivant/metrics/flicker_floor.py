"""Warping error of the true frames themselves, from noise, light and false motion."""

from __future__ import annotations

from vivant.metrics.flicker import Flicker


class FlickerFloor(Flicker):
    """Running `Flicker.floor`, the number to judge `flicker` by: near it, flicker says nothing.

    Both are given to `update`, as to `Flicker`; only the true ones count.
    """

    def compute(self) -> float:
        """Return the mean warping error of the true frames.

        Raises:
            Undefined: fewer than two true frames in a row were added.
        """
        return self.floor()
