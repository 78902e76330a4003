"""The feature pyramid generator run by torch, as numpy in and out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from vivant.engines.fpn.network import STRIDE, Generator, build
from vivant.engines.fpn.normalise import SIZE
from vivant.engines.layers import place, stored
from vivant.engines.layers.place import CPU, Place, plain
from vivant.errors import SettingsError


@dataclass(frozen=True, slots=True, eq=False)
class Target:
    """What is worked out once for a portrait."""

    picture: torch.Tensor
    maps: Sequence[torch.Tensor]


class Network:
    """A generator that is only run; holds nothing of a run."""

    def __init__(self, generator: Generator, size: int = SIZE, where: Place = CPU) -> None:
        """Take a generator and the side of its pictures, pixels.

        Raises:
            SettingsError: its pyramids cannot halve that side so often.
        """
        if isinstance(size, bool) or not isinstance(size, int) or size < 1 or size % STRIDE:
            raise SettingsError(f"fpn.size must be a multiple of {STRIDE}, got {size!r}")
        # Batch norms as they were learnt, though the thesis saw finer pictures from those of the
        # batch at hand (section 5.5): the same face is to give the same picture.
        self._generator = where.put(generator)
        self._where = where
        self.size = size

    def expression(self, image: np.ndarray) -> list[np.ndarray]:
        """Return what the source's encoder sees in a (size, size, 3) uint8 picture.

        Four maps, (channels, n, n) float32, of 1/4, 1/8, 1/16 and 1/32 of the side.
        """
        with self._where.running():
            seen = self._generator.see_source(self._read(image))
            return [plain(each[0]) for each in seen[1:]]

    def target(self, image: np.ndarray) -> Target:
        """Read a portrait, (size, size, 3) uint8."""
        with self._where.running():
            picture = self._read(image)
            return Target(picture, self._generator.see_target(picture))

    def draw(self, target: Target, expressions: Sequence[Sequence[np.ndarray]]) -> np.ndarray:
        """Return the portrait with each of what `expression` saw, (n, size, size, 3) uint8."""
        with self._where.running():
            levels = zip(*expressions, strict=True)
            shown = [self._where.tensor(np.stack(level)) for level in levels]
            count = len(expressions)
            maps = [each.expand(count, -1, -1, -1) for each in target.maps]
            picture = target.picture.expand(count, -1, -1, -1)
            drawn = self._generator.draw(shown, maps, picture).float()
            pixels = ((drawn.permute(0, 2, 3, 1) + 1) * 127.5).round()  # (n, size, size, 3)
            return plain(pixels.clamp(0, 255).to(torch.uint8).contiguous())

    def _read(self, image: np.ndarray) -> torch.Tensor:
        """(h, w, 3) uint8 -> (1, 3, h, w) in [-1, 1]."""
        pixels = self._where.tensor(image.transpose(2, 0, 1)[None].astype(np.float32))
        return pixels / 127.5 - 1


def load(weights: Path, device: str = "cpu") -> Network:
    """Load the generator from a file of `layers.stored`; a discriminator's weights may be there.

    Raises:
        WeightsError: the file is damaged, or holds another network.
        SettingsError: its configuration describes no such generator.
        MissingExtra: its backbone is not here.
        DeviceMissing: the device is not there.
    """
    where = place.chosen(device)
    config, tensors = stored.read(weights)
    generator = build(config)["generator"]
    stored.restore(generator, "generator", tensors)
    assert isinstance(generator, Generator)
    return Network(generator, config.get("size", SIZE), where)
