"""LivePortrait run by torch, as numpy in and out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from torch import nn

from vivant.engines.layers import place, stored
from vivant.engines.layers.place import CPU, Place, plain
from vivant.engines.liveportrait import camera
from vivant.engines.liveportrait.network import build
from vivant.errors import WeightsError

SIDE = 256
"""Side of the pictures that the public networks read, pixels; a configuration may tell another
as `image_size`."""
NETWORKS = (
    "appearance_feature_extractor", "motion_extractor", "warping_module", "spade_generator",
    "stitching_retargeting_module",
)  # fmt: skip
"""All that is needed to draw."""
EXACT = ("motion_extractor", "stitching_retargeting_module")
"""Networks that place key points."""


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """What is worked out once for a portrait."""

    volume: torch.Tensor
    compressed: torch.Tensor
    points: torch.Tensor


class Networks:
    """The networks of LivePortrait; holds nothing of a run."""

    def __init__(
        self, networks: dict[str, nn.Module], side: int, upscale: int, where: Place = CPU
    ) -> None:
        appearance, motion, warping, painting, small = (
            where.put(networks[name], exact=name in EXACT) for name in NETWORKS
        )
        self._where = where
        self._appearance: Any = appearance
        self._motion: Any = motion
        self._warping: Any = warping
        self._painting: Any = painting
        self._small: Any = small
        self._side = side
        self.size = side * upscale
        """Side of the pictures it draws, pixels."""

    def read(self, image: np.ndarray) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        """Read the face in a (size, size, 3) uint8 picture.

        Returns:
            its key points without pose and expression (K, 3), and its motion as `transfer`
            describes it.
        """
        with self._where.exact():
            raw = self._motion(self._floats(image))
        return camera.canonical_and_motion({name: plain(value) for name, value in raw.items()})

    def source(self, image: np.ndarray, points: np.ndarray) -> Source:
        """Read a portrait, (size, size, 3) uint8, whose key points are where `points` says."""
        with self._where.running():
            volume = self._appearance(self._floats(image))
            compressed = self._warping.dense_motion_network.compressed(volume)
            return Source(volume, compressed, self._where.tensor(points[None]))

    def stitched(self, source: Source, wanted: np.ndarray) -> np.ndarray:
        """Return wanted key points (K, 3) changed so that neck and shoulders stay in place."""
        both = torch.cat([source.points.flatten(1), self._where.tensor(wanted).reshape(1, -1)], 1)
        with self._where.exact():
            change = plain(self._small["stitching"](both))
        return camera.stitched(wanted[None], change)[0]

    def opened(self, source: Source, part: str, own: np.ndarray, wanted: np.ndarray) -> np.ndarray:
        """Return how key points change, (K, 3), to open a part as wanted; own as it is: 0.

        Args:
            source: the portrait.
            part: `eyes` or `lips`.
            own: how far they are open in the portrait: (2,) of eyes, (1,) of lips.
            wanted: how far they shall be, (1,).
        """
        told = np.stack([np.append(own, one) for one in (wanted[0], own.mean())])
        flat = source.points.flatten(1).expand(2, -1)
        with self._where.exact():
            network = self._small["eye" if part == "eyes" else "lip"]
            change = network(torch.cat([flat, self._where.tensor(told.astype(np.float32))], 1))
            return plain((change[0] - change[1]).reshape(-1, 3))

    def draw(self, source: Source, wanted: Sequence[np.ndarray]) -> np.ndarray:
        """Return the portrait with its key points at each of `wanted`, (n, size, size, 3) uint8."""
        with self._where.running():
            moved = self._warping.draw(
                source.volume,
                source.compressed,
                self._where.tensor(np.stack(wanted)),
                source.points,
            )
            return camera.picture(plain(self._painting(moved["out"])))

    def _floats(self, image: np.ndarray) -> torch.Tensor:
        """(h, h, 3) uint8 -> (1, 3, side, side) in [0, 1]."""
        if image.shape[0] != self._side:
            image = cv2.resize(image, (self._side, self._side), interpolation=cv2.INTER_AREA)
        return self._where.tensor(image.transpose(2, 0, 1)[None].astype(np.float32) / 255)


def load(weights: Path, device: str = "cpu") -> Networks:
    """Load the networks from a file of `layers.stored`.

    Raises:
        WeightsError: the file is damaged, or holds another network.
        SettingsError: its configuration describes no LivePortrait.
        DeviceMissing: the device is not there.
    """
    where = place.chosen(device)
    return Networks(*networks_of(*stored.read(weights), weights), where)


def networks_of(
    config: dict[str, Any], tensors: dict[str, torch.Tensor], weights: Path
) -> tuple[dict[str, nn.Module], int, int]:
    """Build the networks of a file.

    Returns:
        the networks, the side of their pictures, and what that is times when they draw.

    Raises:
        WeightsError: the tensors do not fit, or the configuration lacks a network.
        SettingsError: the configuration describes no LivePortrait.
    """
    networks = build(config)
    if NETWORKS[-1] not in networks:
        raise WeightsError(
            f"{weights}: its configuration describes no {NETWORKS[-1]}. Add the original files "
            f"again, all five of them."
        )
    for name in NETWORKS:
        stored.restore(networks[name], name, tensors)
    upscale = config["model_params"]["spade_generator_params"].get("upscale") or 1
    return networks, config.get("image_size", SIDE), upscale
