"""The global generator of Pix2PixHD, the baseline of the thesis (section 5.3.1).

Source: Wang et al. 2018, "High-Resolution Image Synthesis and Semantic Manipulation with
Conditional GANs", arXiv:1711.11585, section 3.2 and appendix A.1, whose notation the layers
follow. The local enhancer is for pictures above 512 pixels and is not here; names are ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from vivant.configurations import described
from vivant.errors import ShapeError


@dataclass(frozen=True, kw_only=True)
class Pix2PixHDConfig:
    """What the generator is built from; the defaults are the paper's."""

    in_channels: int = 4
    """The target's RGB and the source's landmark picture."""
    width: int = 64
    """Channels after the first convolution."""
    downs: int = 4
    """Convolutions of stride 2; each doubles the channels."""
    blocks: int = 9
    """Residual blocks in the middle."""


def build(config: Mapping[str, Any]) -> dict[str, nn.Module]:
    """Build the generator with new weights.

    Args:
        config: fields of `Pix2PixHDConfig`; other keys are left out.

    Returns:
        `generator`.

    Raises:
        SettingsError: an option is misspelt or refused.
    """
    return {"generator": GlobalGenerator(described(Pix2PixHDConfig, config, "pix2pixhd"))}


class GlobalGenerator(nn.Module):
    """Draws the target's face along the source's landmarks."""

    def __init__(self, config: Pix2PixHDConfig) -> None:
        super().__init__()
        width = config.width
        self.downs = config.downs
        self.enter = nn.Sequential(
            nn.ReflectionPad2d(3), nn.Conv2d(config.in_channels, width, 7), *_after(width)
        )  # c7s1-64
        self.down = nn.ModuleList()
        for _ in range(config.downs):  # d128, d256, d512, d1024
            self.down.append(
                nn.Sequential(
                    nn.Conv2d(width, 2 * width, 3, stride=2, padding=1), *_after(2 * width)
                )
            )
            width *= 2
        self.middle = nn.Sequential(*(Residual(width) for _ in range(config.blocks)))  # R1024
        self.up = nn.ModuleList()
        for _ in range(config.downs):  # u512, u256, u128, u64
            self.up.append(
                nn.Sequential(
                    nn.ConvTranspose2d(width, width // 2, 3, stride=2, padding=1, output_padding=1),
                    *_after(width // 2),
                )
            )
            width //= 2
        self.last = nn.Sequential(nn.ReflectionPad2d(3), nn.Conv2d(width, 3, 7))  # c7s1-3

    def forward(self, target: Tensor, landmarks: Tensor) -> Tensor:
        """Draw.

        Args:
            target: (batch, 3, side, side) in [-1, 1].
            landmarks: of the source, (batch, 1, side, side) in [-1, 1].

        Returns:
            (batch, 3, side, side) in [-1, 1].

        Raises:
            ShapeError: the two do not lie on each other, or the side cannot be halved that often.
        """
        if target.shape[2:] != landmarks.shape[2:] or any(
            side % 2**self.downs for side in target.shape[2:]
        ):
            raise ShapeError(
                f"pix2pixhd wants target and landmarks of one size, a multiple of "
                f"{2**self.downs}, got {tuple(target.shape)} and {tuple(landmarks.shape)}"
            )
        x = self.enter(torch.cat([target, landmarks], dim=1))  # (batch, width, side, side)
        for down in self.down:
            x = down(x)
        x = self.middle(x)  # (batch, width * 2^downs, side / 2^downs, side / 2^downs)
        for up in self.up:
            x = up(x)
        return torch.tanh(self.last(x))


class Residual(nn.Module):
    """Two 3x3 convolutions beside a straight way."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.main = nn.Sequential(
            nn.ReflectionPad2d(1),
            nn.Conv2d(width, width, 3),
            *_after(width),
            nn.ReflectionPad2d(1),
            nn.Conv2d(width, width, 3),
            nn.InstanceNorm2d(width),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return the shape given."""
        changed: Tensor = x + self.main(x)
        return changed


def _after(width: int) -> list[nn.Module]:
    return [nn.InstanceNorm2d(width), nn.ReLU(inplace=True)]
