"""Learned perceptual distance (LPIPS), where the user has added its weights."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from vivant.errors import ShapeError, WeightsError
from vivant.metrics.base import Mean
from vivant.types import check_picture
from vivant.weights import added, runtime


def available() -> bool:
    """Say whether the user has added what `LpipsNetwork` wants."""
    return added.added("lpips") is not None


class LpipsNetwork:
    """Compares pictures by the network that the user has added; not to be shared between threads.

    Source: Zhang et al. 2018, arXiv:1801.03924. Which trunk and which version the
    numbers are of, only who made the file knows: say so with them.
    """

    def __init__(self, *, threads: int = 1) -> None:
        """Find the file.

        Raises:
            WeightsError: it was not added; the message says what is wanted, and where.
        """
        self._path = added.wanted("lpips")
        self._threads = threads
        self._networks: dict[tuple[int, ...], runtime.Network] = {}

    def distance(self, image: np.ndarray, target: np.ndarray) -> float:
        """Return the distance of two pictures; lower is better, 0 the same.

        Args:
            image: drawn picture, (h, w, 3) uint8 RGB.
            target: true picture, the same shape.

        Raises:
            ShapeError: the shapes differ, or are no pictures.
            WeightsError: the added file does not take or give what it should.
        """
        check_picture(image, "LpipsNetwork.distance: image")
        check_picture(target, "LpipsNetwork.distance: target")
        if image.shape != target.shape:
            raise ShapeError(f"lpips: {image.shape} and {target.shape} differ in shape")
        both = np.stack([image, target]).transpose(0, 3, 1, 2).astype(np.float32) / 127.5 - 1
        outputs = self._network(both.shape)(np.ascontiguousarray(both))
        if len(outputs) != 1 or outputs[0].size != 1 or not np.isfinite(outputs[0]).all():
            shapes = [output.shape for output in outputs]
            raise WeightsError(f"{self._path}: gave {shapes}; wanted one finite number.")
        return float(outputs[0].reshape(-1)[0])

    def _network(self, shape: tuple[int, ...]) -> runtime.Network:
        if shape not in self._networks:
            network = runtime.load_onnx(self._path, threads=self._threads, shape=shape)
            self._networks[shape] = network
        return self._networks[shape]


class Lpips(Mean):
    """The mean over pictures of what `LpipsNetwork.distance` says."""

    unit: ClassVar[str] = "distance"
    higher_is_better: ClassVar[bool | None] = False

    def update(self, distance: float) -> None:
        """Add one picture's distance."""
        self.add(distance)
