"""The baseline: leaves the portrait as it is. What any other engine has to beat."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from vivant.types import Crop, Drawn, FaceCrop, Motion


@dataclass(frozen=True, kw_only=True)
class StillSettings:
    """There is nothing to set."""


class StillEngine:
    """Draws the portrait itself, whatever the driver does."""

    Settings = StillSettings
    size = 256
    crop = Crop(scale=1.8)
    needs: frozenset[str] = frozenset()

    def __init__(self, settings: StillSettings | None = None) -> None:
        self._settings = settings or StillSettings()

    def encode(self, face: FaceCrop) -> np.ndarray:
        """Keep the portrait."""
        return face.image

    def motion(self, face: FaceCrop) -> Motion:
        """See nothing."""
        return Motion({})

    def rest(self, encoded: np.ndarray) -> Motion:
        """Return the one motion there is."""
        return Motion({})

    def relative(self, encoded: np.ndarray, reference: Motion, motion: Motion) -> Motion:
        """Return the one motion there is."""
        return motion

    def blend(self, a: Motion, b: Motion, share: float) -> Motion:
        """Return the one motion there is."""
        return a

    def render(self, encoded: np.ndarray, motions: Sequence[Motion]) -> Iterator[Drawn]:
        """Draw nothing: every pixel stays the portrait's own."""
        nothing = np.zeros(encoded.shape[:2], np.uint8)
        for _ in motions:
            yield Drawn(encoded, nothing)
