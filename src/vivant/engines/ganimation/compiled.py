"""GANimation's generator compiled for the CPU, as numpy in and out; no torch."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from vivant.engines.ganimation import composition
from vivant.engines.layers import pictures
from vivant.weights import compiled
from vivant.weights.compiled import Graphs, Precision


class Network:
    """What `eager.Network` does, by a compiled network."""

    def __init__(self, graphs: Graphs) -> None:
        self._graphs = graphs

    def read(self, image: np.ndarray) -> np.ndarray:
        """Return a (side, side, 3) uint8 picture as the generator reads it, (1, 3, side, side)."""
        return pictures.signed(image)

    def draw(self, picture: np.ndarray, units: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Draw what `read` gave under each of the Action Units (n, 17) float32.

        Returns:
            the pictures and how much of each is drawn, as `composition.composed`.
        """
        told = (self._graphs["draw"](picture, one[None]) for one in units)
        colours, mask = (np.concatenate(each) for each in zip(*told, strict=True))
        return composition.composed(picture[0], colours, mask[:, 0])


def load(weights: Path, precision: Precision | None = None) -> Network:
    """Load what was compiled of a weights file.

    Raises:
        WeightsError: there is nothing, or it is damaged.
    """
    return Network(compiled.load(weights, precision))
