"""The feature pyramid generator compiled for the CPU, as numpy in and out; no torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from vivant.engines.layers import pictures
from vivant.weights import compiled
from vivant.weights.compiled import Graphs, Precision

PARTS: Final = ("source", "target", "draw")
"""What `parts.plan` calls them."""
FACTS: Final = {"size": int}
"""What it tells besides, and of which type that is."""


@dataclass(frozen=True, slots=True, eq=False)
class Target:
    """What is worked out once for a portrait."""

    picture: np.ndarray
    maps: Sequence[np.ndarray]


class Network:
    """What `eager.Network` does, by compiled networks."""

    def __init__(self, graphs: Graphs) -> None:
        self._graphs = graphs
        self.size = int(graphs.facts["size"])

    def expression(self, image: np.ndarray) -> list[np.ndarray]:
        """Return what the source's encoder sees in a (size, size, 3) uint8 picture.

        Four maps, (channels, n, n) float32, of 1/4, 1/8, 1/16 and 1/32 of the side.
        """
        return [each[0] for each in self._graphs["source"](pictures.signed(image))]

    def target(self, image: np.ndarray) -> Target:
        """Read a portrait, (size, size, 3) uint8."""
        picture = pictures.signed(image)
        return Target(picture, self._graphs["target"](picture))

    def draw(self, target: Target, expressions: Sequence[Sequence[np.ndarray]]) -> np.ndarray:
        """Return the portrait with each of what `expression` saw, (n, size, size, 3) uint8."""
        return np.concatenate([self._drawn(target, each) for each in expressions])

    def _drawn(self, target: Target, expression: Sequence[np.ndarray]) -> np.ndarray:
        shown = (each[None] for each in expression)
        (drawn,) = self._graphs["draw"](target.picture, *shown, *target.maps)
        return pictures.drawn(drawn)


def load(weights: Path, precision: Precision | None = None) -> Network:
    """Load what was compiled of a weights file.

    Raises:
        WeightsError: there is nothing that fits, or it is changed or damaged.
    """
    return Network(compiled.load(weights, "fpn", PARTS, FACTS, precision))
