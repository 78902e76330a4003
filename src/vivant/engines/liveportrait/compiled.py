"""LivePortrait compiled for the CPU, as numpy in and out; no torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from vivant.engines.layers import pictures
from vivant.engines.liveportrait import camera
from vivant.weights import compiled
from vivant.weights.compiled import Graphs, Precision

PARTS: Final = ("motion", "read", "see", "judge", "move", "paint", "stitching", "lip", "eye")
"""What `parts.plan` calls them."""
FACTS: Final = {"side": int, "size": int, "heads": list}
"""What it tells besides, and of which type that is."""


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """What is worked out once for a portrait."""

    kept: np.ndarray
    compressed: np.ndarray
    points: np.ndarray


class Networks:
    """What `eager.Networks` does, by compiled networks."""

    def __init__(self, graphs: Graphs) -> None:
        self._graphs = graphs
        self._heads = tuple(graphs.facts["heads"])
        self._side = int(graphs.facts["side"])
        self.size = int(graphs.facts["size"])
        """Side of the pictures it draws, pixels."""

    def read(self, image: np.ndarray) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        """Read the face in a (size, size, 3) uint8 picture.

        Returns:
            its key points without pose and expression (K, 3), and its motion as `transfer`
            describes it.
        """
        told = self._graphs["motion"](self._shrunk(image))
        return camera.canonical_and_motion(dict(zip(self._heads, told, strict=True)))

    def source(self, image: np.ndarray, points: np.ndarray) -> Source:
        """Read a portrait, (size, size, 3) uint8, whose key points are where `points` says."""
        kept, compressed = self._graphs["read"](self._shrunk(image))
        return Source(kept, compressed, points[None])

    def stitched(self, source: Source, wanted: np.ndarray) -> np.ndarray:
        """Return wanted key points (K, 3) changed so that neck and shoulders stay in place."""
        both = np.concatenate([source.points.reshape(1, -1), wanted.reshape(1, -1)], axis=1)
        (change,) = self._graphs["stitching"](both)
        return camera.stitched(wanted[None], change)[0]

    def opened(self, source: Source, part: str, own: np.ndarray, wanted: np.ndarray) -> np.ndarray:
        """Return how key points change, (K, 3), to open a part as wanted; own as it is: 0.

        As `eager.Networks.opened`.
        """
        told = np.stack([np.append(own, one) for one in (wanted[0], own.mean())])
        flat = np.repeat(source.points.reshape(1, -1), 2, axis=0)
        given = np.concatenate([flat, told.astype(np.float32)], axis=1)
        (change,) = self._graphs["eye" if part == "eyes" else "lip"](given)
        moved: np.ndarray = (change[0] - change[1]).reshape(-1, 3)
        return moved

    def draw(self, source: Source, wanted: Sequence[np.ndarray]) -> np.ndarray:
        """Return the portrait with its key points at each of `wanted`, (n, size, size, 3) uint8."""
        drawn = [self._drawn(source, points[None].astype(np.float32)) for points in wanted]
        return camera.picture(np.concatenate(drawn))

    def _drawn(self, source: Source, driving: np.ndarray) -> np.ndarray:
        (seen,) = self._graphs["see"](source.compressed, driving, source.points)
        (features,) = self._graphs["judge"](seen)
        moved = self._graphs["move"](features, source.kept, driving, source.points)
        (drawn,) = self._graphs["paint"](*moved)
        return drawn

    def _shrunk(self, image: np.ndarray) -> np.ndarray:
        """(h, h, 3) uint8 -> (1, 3, side, side) in [0, 1]."""
        if image.shape[0] != self._side:
            image = cv2.resize(image, (self._side, self._side), interpolation=cv2.INTER_AREA)
        return pictures.unit(image)


def load(weights: Path, precision: Precision | None = None) -> Networks:
    """Load what was compiled of a weights file.

    Raises:
        WeightsError: there is nothing that fits, or it is changed or damaged.
    """
    return Networks(compiled.load(weights, "liveportrait", PARTS, FACTS, precision))
