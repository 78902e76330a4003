"""The feature pyramid generator run by torch, as numpy in and out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from vivant.engines.fpn.network import STRIDE, Generator, build
from vivant.engines.fpn.normalise import SIZE
from vivant.engines.layers import stored
from vivant.errors import SettingsError


@dataclass(frozen=True, slots=True, eq=False)
class Target:
    """What is worked out once for a portrait."""

    picture: torch.Tensor
    maps: Sequence[torch.Tensor]


class Network:
    """A generator that is only run; holds nothing of a run."""

    def __init__(self, generator: Generator, size: int = SIZE) -> None:
        """Take a generator and the side of its pictures, pixels.

        Raises:
            SettingsError: its pyramids cannot halve that side so often.
        """
        if isinstance(size, bool) or not isinstance(size, int) or size < 1 or size % STRIDE:
            raise SettingsError(f"fpn.size must be a multiple of {STRIDE}, got {size!r}")
        # Batch norms as they were learnt, though the thesis saw finer pictures from those of the
        # batch at hand (section 5.5): the same face is to give the same picture.
        self._generator = generator.eval().requires_grad_(False)
        self.size = size

    def expression(self, image: np.ndarray) -> list[np.ndarray]:
        """Return what the source's encoder sees in a (size, size, 3) uint8 picture.

        Four maps, (channels, n, n) float32, of 1/4, 1/8, 1/16 and 1/32 of the side.
        """
        with torch.inference_mode():
            return [each[0].numpy() for each in self._generator.see_source(_read(image))[1:]]

    def target(self, image: np.ndarray) -> Target:
        """Read a portrait, (size, size, 3) uint8."""
        with torch.inference_mode():
            picture = _read(image)
            return Target(picture, self._generator.see_target(picture))

    def draw(self, target: Target, expression: Sequence[np.ndarray]) -> np.ndarray:
        """Return the portrait with what `expression` saw, (size, size, 3) uint8."""
        with torch.inference_mode():
            shown = [torch.from_numpy(each)[None] for each in expression]
            drawn = self._generator.draw(shown, target.maps, target.picture)
            pixels = ((drawn[0].permute(1, 2, 0) + 1) * 127.5).round()  # (size, size, 3)
            return pixels.clamp(0, 255).to(torch.uint8).contiguous().numpy()


def load(weights: Path) -> Network:
    """Load the generator from a file of `layers.stored`; a discriminator's weights may be there.

    Raises:
        WeightsError: the file is damaged, or holds another network.
        SettingsError: its configuration describes no such generator.
        MissingExtra: its backbone is not here.
    """
    config, tensors = stored.read(weights)
    generator = build(config)["generator"]
    stored.restore(generator, "generator", tensors)
    assert isinstance(generator, Generator)
    return Network(generator, config.get("size", SIZE))


def _read(image: np.ndarray) -> torch.Tensor:
    """(h, w, 3) uint8 -> (1, 3, h, w) in [-1, 1]."""
    pixels = torch.from_numpy(image.transpose(2, 0, 1)[None].astype(np.float32))
    return pixels / 127.5 - 1
