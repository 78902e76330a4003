"""The flow compiled for the CPU, as numpy in and out; no torch."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np

from vivant.engines.layers import pictures
from vivant.weights import compiled
from vivant.weights.compiled import Graphs, Precision

PARTS: Final = ("encode", "decode")
"""What `parts.plan` calls them."""
FACTS: Final = {"size": int, "bits": int}
"""What it tells besides, and of which type that is."""


class Network:
    """What `eager.Network` does, by compiled networks."""

    def __init__(self, graphs: Graphs) -> None:
        self._graphs = graphs
        self.size = int(graphs.facts["size"])
        self._bits = int(graphs.facts["bits"])

    def codes(self, image: np.ndarray) -> list[np.ndarray]:
        """Return the codes of a (size, size, 3) uint8 picture, (c, n, n) float32 each."""
        steps = np.floor(image.transpose(2, 0, 1)[None] / np.float32(2 ** (8 - self._bits)))
        bins = np.float32(2**self._bits)
        given = (steps / bins - np.float32(0.5) + np.float32(0.5) / bins).astype(np.float32)
        return [code[0] for code in self._graphs["encode"](given)]

    def pictures(self, codes: Sequence[Sequence[np.ndarray]]) -> np.ndarray:
        """Return the pictures that several codes stand for, (n, size, size, 3) uint8."""
        return np.concatenate([self._drawn(each) for each in codes])

    def _drawn(self, codes: Sequence[np.ndarray]) -> np.ndarray:
        (drawn,) = self._graphs["decode"](*(code[None] for code in codes))
        return pictures.drawn((np.clip(np.nan_to_num(drawn), -1, 1) + 0.5) * 256 - 0.5)


def load(weights: Path, precision: Precision | None = None) -> Network:
    """Load what was compiled of a weights file.

    Raises:
        WeightsError: there is nothing that fits, or it is changed or damaged.
    """
    return Network(compiled.load(weights, "glow", PARTS, FACTS, precision))
