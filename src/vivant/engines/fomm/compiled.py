"""The First Order Motion Model compiled for the CPU, as numpy in and out; no torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from vivant.engines.layers import pictures
from vivant.weights import compiled
from vivant.weights.compiled import Graphs, Precision

PARTS: Final = ("points", "read", "move", "paint")
"""What `parts.plan` calls them."""
FACTS: Final = {"size": int, "points": list}
"""What it tells besides, and of which type that is."""

Points = dict[str, np.ndarray]


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """What is worked out once for a portrait."""

    features: np.ndarray
    small: np.ndarray
    points: tuple[np.ndarray, ...]


class Networks:
    """What `eager.Networks` does, by compiled networks."""

    def __init__(self, graphs: Graphs) -> None:
        self._graphs = graphs
        self._names = tuple(graphs.facts["points"])
        self.size = int(graphs.facts["size"])
        """Side of the pictures it was trained for, pixels."""

    def points(self, image: np.ndarray) -> Points:
        """Return the key points of a (size, size, 3) uint8 picture: `value`, `jacobian`."""
        found = self._graphs["points"](pictures.unit(image))
        return {name: value[0] for name, value in zip(self._names, found, strict=True)}

    def source(self, image: np.ndarray, points: Points) -> Source:
        """Read a portrait, (size, size, 3) uint8, and its key points."""
        features, small = self._graphs["read"](pictures.unit(image))
        return Source(features, small, self._batch(points))

    def draw(self, source: Source, wanted: Sequence[Points]) -> np.ndarray:
        """Return the portrait under each of the key points, (n, size, size, 3) uint8."""
        return np.concatenate([self._drawn(source, points) for points in wanted])

    def _drawn(self, source: Source, points: Points) -> np.ndarray:
        to = self._batch(points)
        (moved,) = self._graphs["move"](source.features, source.small, *to, *source.points)
        (drawn,) = self._graphs["paint"](moved)
        return pictures.drawn(drawn)

    def _batch(self, points: Points) -> tuple[np.ndarray, ...]:
        return tuple(points[name][None] for name in self._names)


def load(weights: Path, precision: Precision | None = None) -> Networks:
    """Load what was compiled of a weights file.

    Raises:
        WeightsError: there is nothing that fits, or it is changed or damaged.
    """
    return Networks(compiled.load(weights, "fomm", PARTS, FACTS, precision))
