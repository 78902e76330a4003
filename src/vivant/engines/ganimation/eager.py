"""GANimation's generator run by torch, as numpy in and out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from vivant.action_units import INTENSITY_NAMES
from vivant.engines.ganimation import composition
from vivant.engines.ganimation.network import Generator, build
from vivant.engines.layers import place, stored
from vivant.engines.layers.place import CPU, Place, plain
from vivant.errors import WeightsError, listed


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
            the pictures and how much of each is drawn, as `composition.composed`.
        """
        with self._where.running():
            pictures = picture.expand(len(units), -1, -1, -1)
            colours, mask = self._generator(pictures, self._where.tensor(units))
        return composition.composed(plain(picture[0]), plain(colours), plain(mask[:, 0]))


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
