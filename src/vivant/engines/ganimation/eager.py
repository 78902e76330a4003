"""GANimation's generator run by torch, as numpy in and out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from vivant.action_units import INTENSITY_NAMES
from vivant.engines.ganimation.network import Generator, build, composed
from vivant.engines.layers import place, stored
from vivant.engines.layers.place import CPU, Place, plain
from vivant.errors import WeightsError, listed

_FAINT = 0.1
"""Share of drawn colour up to which the portrait's own, finer pixels come through."""
_BORDER = 8
"""Pixels over which what is drawn fades out at the border."""


class Network:
    """A generator that is only run; holds nothing of a run."""

    def __init__(self, generator: Generator, where: Place = CPU) -> None:
        """Take a generator of vivant's Action Units.

        Raises:
            WeightsError: it draws others.
        """
        if generator.c_dim != len(INTENSITY_NAMES):
            raise WeightsError(
                f"the generator draws {generator.c_dim} Action Units, vivant reads "
                f"{len(INTENSITY_NAMES)} ({listed(INTENSITY_NAMES)}); take one that was trained on "
                f"OpenFace's intensities."
            )
        self._generator = where.put(generator)
        self._where = where

    def read(self, image: np.ndarray) -> torch.Tensor:
        """Return a (side, side, 3) uint8 picture as the generator reads it, (1, 3, side, side)."""
        pixels = self._where.tensor(image.transpose(2, 0, 1)[None].astype(np.float32))
        return pixels / 127.5 - 1

    def draw(self, picture: torch.Tensor, units: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Draw what `read` gave under each of the Action Units (n, 17) float32 in [0, 1].

        Returns:
            the pictures, (n, side, side, 3) uint8, and how much of each is drawn, (n, side, side)
            uint8: 0 where (almost) nothing is, and fading out towards the border.
        """
        with self._where.running():
            pictures = picture.expand(len(units), -1, -1, -1)
            found = self._generator(pictures, self._where.tensor(units))
            colours, mask = (each.float() for each in found)
            drawn = composed(pictures, colours, mask).permute(0, 2, 3, 1)  # (n, side, side, 3)
            images = ((drawn + 1) * 127.5).round().clamp(0, 255).to(torch.uint8)
            alpha = ((1 - mask[:, 0]) / _FAINT).clamp(0, 1)  # (n, side, side)
            alpha = (255 * alpha * _inside(alpha.shape[-1]).to(alpha.device)).round()
            return plain(images.contiguous()), plain(alpha.to(torch.uint8))


def _inside(side: int) -> torch.Tensor:
    """(side, side): 1 inside, falling over the outer pixels, so that no square shows."""
    distance = torch.arange(side).minimum(torch.arange(side).flip(0)) + 0.5
    ramp = (distance / _BORDER).clamp(0, 1)
    return torch.minimum(ramp[:, None], ramp[None])


def load(weights: Path, device: str = "cpu") -> Network:
    """Load the generator from a file of `layers.stored`; a discriminator's weights may be there.

    Raises:
        WeightsError: the file is damaged, or holds another network.
        SettingsError: its configuration describes no GANimation.
        DeviceMissing: the device is not there.
    """
    where = place.chosen(device)
    config, tensors = stored.read(weights)
    generator = build(config)["generator"]
    stored.restore(generator, "generator", tensors)
    assert isinstance(generator, Generator)
    return Network(generator, where)
