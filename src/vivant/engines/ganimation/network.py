"""GANimation's two networks: draw a face under given Action Units, and judge one.

Source: Pumarola et al. 2018, "GANimation: Anatomically-aware Facial Animation from a Single
Image", arXiv:1807.09251, sections 4 and 5; layers as in the authors' checkpoints.

Conventions:
    - pictures are RGB in [-1, 1], (batch, 3, side, side);
    - Action Units are (batch, units) in [0, 1]: OpenFace's intensities over 5, in its order;
    - the attention mask says what *stays*: `composed` takes the portrait where it is 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from vivant.configurations import options, parts
from vivant.errors import SettingsError, ShapeError


@dataclass(frozen=True, kw_only=True)
class GeneratorConfig:
    """What the generator is built from."""

    conv_dim: int = 64
    """Channels after the first convolution."""
    c_dim: int = 17
    """Action Units."""
    repeat_num: int = 6
    """Residual blocks."""


@dataclass(frozen=True, kw_only=True)
class DiscriminatorConfig:
    """What the discriminator is built from."""

    image_size: int = 128
    """Side of the pictures that it judges, pixels."""
    conv_dim: int = 64
    """Channels after the first convolution; they double with each."""
    c_dim: int = 17
    """Action Units."""
    repeat_num: int = 6
    """Convolutions of stride 2."""

    def __post_init__(self) -> None:
        if self.image_size < 2**self.repeat_num:
            raise SettingsError(
                f"discriminator.image_size must be at least 2^repeat_num = "
                f"{2**self.repeat_num}, got {self.image_size}"
            )


def build(config: Mapping[str, Any]) -> dict[str, nn.Module]:
    """Build both networks with new weights.

    Args:
        config: sections `generator` and `discriminator` with fields of `GeneratorConfig` and
            `DiscriminatorConfig`; other keys are left out.

    Returns:
        `generator` and `discriminator`, whose `state_dict` has the names of the authors' files
        `net_epoch_*_id_G.pth` and `..._D.pth`.

    Raises:
        SettingsError: an option is unknown or refused.
    """
    drawing, judging = parts(config, ("generator", "discriminator"), "ganimation")
    return {
        "generator": Generator(options(GeneratorConfig, drawing, "ganimation.generator")),
        "discriminator": Discriminator(
            options(DiscriminatorConfig, judging, "ganimation.discriminator")
        ),
    }


class Residual(nn.Module):
    """Two 3x3 convolutions beside a straight way."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.main = nn.Sequential(
            nn.Conv2d(width, width, 3, padding=1, bias=False),
            _norm(width),
            nn.ReLU(inplace=True),
            nn.Conv2d(width, width, 3, padding=1, bias=False),
            _norm(width),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return (batch, width, height, width) as given, changed."""
        changed: Tensor = x + self.main(x)
        return changed


class Generator(nn.Module):
    """Draws a face anew, and says where the new one is to be taken."""

    def __init__(self, config: GeneratorConfig) -> None:
        super().__init__()
        self.c_dim, width = config.c_dim, config.conv_dim
        layers: list[nn.Module] = [
            nn.Conv2d(3 + config.c_dim, width, 7, padding=3, bias=False),
            _norm(width),
            nn.ReLU(inplace=True),
        ]
        for _ in range(2):  # to half the side, twice
            layers += [
                nn.Conv2d(width, 2 * width, 4, stride=2, padding=1, bias=False),
                _norm(2 * width),
                nn.ReLU(inplace=True),
            ]
            width *= 2
        layers += [Residual(width) for _ in range(config.repeat_num)]
        for _ in range(2):  # and back
            layers += [
                nn.ConvTranspose2d(width, width // 2, 4, stride=2, padding=1, bias=False),
                _norm(width // 2),
                nn.ReLU(inplace=True),
            ]
            width //= 2
        self.main = nn.Sequential(*layers)
        self.img_reg = nn.Sequential(nn.Conv2d(width, 3, 7, padding=3, bias=False), nn.Tanh())
        # The spelling is that of the authors' files.
        self.attetion_reg = nn.Sequential(
            nn.Conv2d(width, 1, 7, padding=3, bias=False), nn.Sigmoid()
        )

    def forward(self, x: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:
        """Draw.

        Args:
            x: pictures (batch, 3, side, side) in [-1, 1]; the side is a multiple of 4.
            c: wanted Action Units (batch, units).

        Returns:
            colours (batch, 3, side, side) in [-1, 1] and attention (batch, 1, side, side) in
            [0, 1], 1 where the picture given stays.

        Raises:
            ShapeError: the Action Units are not (batch, c_dim).
        """
        if c.shape != (x.shape[0], self.c_dim):
            raise ShapeError(
                f"the generator wants Action Units ({x.shape[0]}, {self.c_dim}), "
                f"got {tuple(c.shape)}"
            )
        planes = c[:, :, None, None].expand(-1, -1, *x.shape[2:])  # (batch, units, side, side)
        features = self.main(torch.cat([x, planes], dim=1))  # (batch, conv_dim, side, side)
        return self.img_reg(features), self.attetion_reg(features)


class Discriminator(nn.Module):
    """Judges patches of a picture, and reads Action Units from the whole of it."""

    def __init__(self, config: DiscriminatorConfig) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        given, width = 3, config.conv_dim
        for _ in range(config.repeat_num):
            layers += [
                nn.Conv2d(given, width, 4, stride=2, padding=1),
                nn.LeakyReLU(0.01, inplace=True),
            ]
            given, width = width, 2 * width
        self.main = nn.Sequential(*layers)
        self.conv1 = nn.Conv2d(given, 1, 3, padding=1, bias=False)
        whole = config.image_size // 2**config.repeat_num
        self.conv2 = nn.Conv2d(given, config.c_dim, whole, bias=False)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Judge pictures (batch, 3, image_size, image_size).

        Returns:
            how real each patch is, (batch, n, n) with n = image_size / 2^repeat_num
            rounded down, unbounded,
            and Action Units (batch, c_dim). All axes of length 1 are dropped, as in the public
            code: a batch of one gives (n, n) and (c_dim,).
        """
        features = self.main(x)  # (batch, conv_dim * 2^(repeat_num - 1), n, n)
        patches = self.conv1(features)  # (batch, 1, n, n)
        units = self.conv2(features)  # (batch, c_dim, 1, 1)
        return patches.squeeze(), units.squeeze()


def composed(picture: Tensor, colours: Tensor, mask: Tensor) -> Tensor:
    """Return the picture (batch, 3, side, side) where the mask is 1, the colours where it is 0.

    Source: arXiv:1807.09251, eq. 1.
    """
    return mask * picture + (1 - mask) * colours


def saturated(mask: Tensor) -> Tensor:
    """Push a mask towards 0 and 1, the authors' option `do_saturate_mask`."""
    return torch.clamp(0.55 * torch.tanh(3 * (mask - 0.5)) + 0.5, 0, 1)


def _norm(width: int) -> nn.Module:
    return nn.InstanceNorm2d(width, affine=True)
