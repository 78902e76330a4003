"""Where the living portrait goes, and what every such place promises."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

import numpy as np


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """A picture of the show: labelled, ready to be seen. Nobody changes it."""

    image: np.ndarray
    """(height, width, 3) uint8 RGB, of the canvas' size."""
    time: Fraction
    """Seconds since the show began."""
    at: float
    """`time.perf_counter()` when the camera's frame was in hand; of a card, when it was made."""


class Sink(Protocol):
    """A window, a virtual camera, a browser or a file."""

    name: str
    """What people call it."""

    def show(self, shown: Shown) -> None:
        """Take a picture, at once: what takes longer is done in a thread of its own.

        Raises:
            VivantError: it cannot be shown any more; the other sinks go on.
        """

    def close(self) -> None:
        """Complete what was begun and let go of the device; safe to call twice.

        Raises:
            VivantError: what was begun could not be completed.
        """
