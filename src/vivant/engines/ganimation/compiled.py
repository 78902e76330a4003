"""GANimation's generator compiled for the CPU, as numpy in and out; no torch."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from vivant.engines.ganimation import composition
from vivant.engines.layers import pictures
from vivant.weights import compiled
from vivant.weights.compiled import Graphs, Precision

PARTS: Final = ("read", "draw")
"""What `parts.plan` calls them."""
FACTS: Final[dict[str, type]] = {}
"""What it tells besides, and of which type that is."""


@dataclass(frozen=True, slots=True, eq=False)
class Read:
    """What is worked out once for a portrait."""

    picture: np.ndarray
    """(3, side, side) in [-1, 1]."""
    seen: np.ndarray


class Network:
    """What `eager.Network` does, by compiled networks."""

    def __init__(self, graphs: Graphs) -> None:
        self._graphs = graphs

    def read(self, image: np.ndarray) -> Read:
        """Read a portrait, (side, side, 3) uint8."""
        picture = pictures.signed(image)
        (seen,) = self._graphs["read"](picture)
        return Read(picture[0], seen)

    def draw(self, portrait: Read, units: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Draw what `read` gave under each of the Action Units (n, 17) float32.

        Returns:
            the pictures and how much of each is drawn, as `composition.composed`.
        """
        told = (self._graphs["draw"](portrait.seen, one[None]) for one in units)
        colours, mask = (np.concatenate(each) for each in zip(*told, strict=True))
        return composition.composed(portrait.picture, colours, mask[:, 0])


def load(weights: Path, precision: Precision | None = None) -> Network:
    """Load what was compiled of a weights file.

    Raises:
        WeightsError: there is nothing that fits, or it is changed or damaged.
    """
    return Network(compiled.load(weights, "ganimation", PARTS, FACTS, precision))
