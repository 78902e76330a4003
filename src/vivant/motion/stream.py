"""What one stream of driving frames remembers; held by whoever runs the stream."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Final

import numpy as np

from vivant.motion.neutral import Neutral
from vivant.motion.smooth import OneEuroState
from vivant.types import Face, Motion

LEAVE_SECONDS: Final = 0.6
"""Time in which a portrait eases to rest after its driver's face is lost."""
RETURN_SECONDS: Final = 0.25
"""Time in which it takes the driver's motion up again."""


@dataclass(slots=True, eq=False)
class Stream:
    """State of one stream: tracker, smoothing, reference, and the way to rest and back."""

    faces: tuple[Face, ...] = ()
    """Faces of the frame before, for the tracker."""
    track: int | None = None
    """The track that is followed; None until a face was chosen."""
    others: frozenset[int] = frozenset()
    """Tracks of other faces in view when it was chosen."""
    smoothing: OneEuroState | None = None
    crop_from_frame: np.ndarray | None = None
    """The driver's crop, where it stays fixed for the whole stream."""
    reference: Neutral | None = None
    """The driver at rest; None until it is chosen."""
    seen: Motion | None = None
    """The last motion that came from a face."""
    anchor: Motion | None = None
    """The motion that stands while the face is away."""
    absence: float = 0.0
    """0 while the driver is followed, 1 at rest; between, on the way."""
    time: Fraction | None = None
    """Time of the frame before."""
    missed: int = 0
    """Frames on which the face was missing."""
    best_missed: float = 0.0
    """The detector's best score in the first of them."""

    def ease(self, time: Fraction, present: bool) -> float:
        """Step the way to rest (face missing) or back (face there) and return where it is."""
        passed = float(time - self.time) if self.time is not None else 0.0
        self.time = time
        seconds = -RETURN_SECONDS if present else LEAVE_SECONDS
        self.absence = min(1.0, max(0.0, self.absence + max(passed, 0.0) / seconds))
        share = self.absence
        return share * share * (3 - 2 * share)
