"""The First Order Motion Model run by torch, as numpy in and out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from vivant.engines.fomm.network import Generator, KeyPointDetector, build
from vivant.engines.layers import place, stored
from vivant.engines.layers.place import CPU, Place, plain

Points = dict[str, np.ndarray]

HEATMAP = 64
"""Cells a side of the heatmaps in all public models, at the size they were trained for."""


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """What is worked out once for a portrait."""

    features: torch.Tensor
    small: torch.Tensor
    points: dict[str, torch.Tensor]


class Networks:
    """A key point detector and a generator; holds nothing of a run."""

    def __init__(
        self, detector: KeyPointDetector, generator: Generator, size: int, where: Place = CPU
    ) -> None:
        self._detector = where.put(detector, exact=True)
        self._generator = where.put(generator)
        self._where = where
        self.size = size
        """Side of the pictures it was trained for, pixels."""

    def points(self, image: np.ndarray) -> Points:
        """Return the key points of a (size, size, 3) uint8 picture: `value`, `jacobian`."""
        with self._where.exact():
            found = self._detector(self._floats(image))
        return {name: plain(value[0]) for name, value in found.items()}

    def source(self, image: np.ndarray, points: Points) -> Source:
        """Read a portrait, (size, size, 3) uint8, and its key points."""
        with self._where.running():
            features, small = self._generator.encode(self._floats(image))
            return Source(features, small, self._batch([points]))

    def draw(self, source: Source, wanted: Sequence[Points]) -> np.ndarray:
        """Return the portrait under each of the key points, (n, size, size, 3) uint8."""
        with self._where.running():
            drawn = self._generator.draw(
                source.features, source.small, self._batch(wanted), source.points
            )["prediction"]
            pixels = (drawn.float() * 255).round().to(torch.uint8)
            return plain(pixels.permute(0, 2, 3, 1).contiguous())  # (n, size, size, 3)

    def _floats(self, image: np.ndarray) -> torch.Tensor:
        """(h, w, 3) uint8 -> (1, 3, h, w) in [0, 1]."""
        return self._where.tensor(image.transpose(2, 0, 1)[None].astype(np.float32) / 255)

    def _batch(self, points: Sequence[Points]) -> dict[str, torch.Tensor]:
        """Put the key points of several pictures into one batch."""
        return {name: self._where.tensor(np.stack([p[name] for p in points])) for name in points[0]}


def load(weights: Path, device: str = "cpu") -> Networks:
    """Load the networks from a file of `layers.stored`.

    Raises:
        WeightsError: the file is damaged, or holds another network.
        SettingsError: its configuration describes no First Order Motion Model.
        DeviceMissing: the device is not there.
    """
    where = place.chosen(device)
    config, tensors = stored.read(weights)
    networks = build(config)
    for name in ("kp_detector", "generator"):
        stored.restore(networks[name], name, tensors)
    detector, generator = networks["kp_detector"], networks["generator"]
    assert isinstance(detector, KeyPointDetector)
    assert isinstance(generator, Generator)
    scale = config["model_params"]["kp_detector_params"].get("scale_factor", 1)
    return Networks(detector, generator, round(HEATMAP / scale), where)
