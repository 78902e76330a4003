"""The thesis' generator of feature pyramids, and the discriminator that sees landmarks, too.

Source: Petruk 2020, "Face-reenactment: generation flexibility and identity preservation",
Ukrainian Catholic University, sections 3.1.1 to 3.1.4; feature pyramids: Lin et al. 2017,
arXiv:1612.03144; discriminator: Isola et al. 2017, arXiv:1611.07004. No checkpoint is public,
so the names of the weights are ours, and where the thesis names no figure (channels, the number
of convolutions), so are the figures.

Conventions:
    - the *source* shows the expression, the *target* is the face that is to show it;
    - pictures are RGB in [-1, 1], (batch, 3, side, side), the side a multiple of 32;
    - a landmark picture is (batch, 1, side, side) in [-1, 1], see `vivant.engines.fpn.raster`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, get_args

import torch
from torch import Tensor, nn
from torch.nn import functional

from vivant.configurations import options, parts
from vivant.engines.fpn.backbones import backbone
from vivant.errors import SettingsError, ShapeError

Norm = Literal["batch", "instance"]

STRIDE: Final = 32
"""Sides of pictures are multiples of it."""


@dataclass(frozen=True, kw_only=True)
class GeneratorConfig:
    """What the generator is built from; the defaults are the thesis' main method."""

    backbone: str = "mobilenetv2"
    """What sees the pictures: a name of `vivant.engines.fpn.backbones`."""
    backbone_width: float = 1.0
    """Factor of the backbone's channels; ImageNet weights fit 1.0."""
    siamese: bool = False
    """One encoder for source and target, instead of one each (section 5.1.2)."""
    skip: bool = True
    """Add the target to what is drawn, so that only the change has to be."""
    norm: Norm = "batch"
    """Normalisation of pyramid and decoder (section 5.1.5). Backbones keep their batch norms,
    whose statistics ImageNet weights come with."""
    pyramid_width: int = 128
    """Channels of the four coarse maps of a pyramid; the fine one has half of them."""
    decoder_width: int = 64
    """Channels of the decoder."""

    def __post_init__(self) -> None:
        _check_norm(self.norm, "generator")
        if self.backbone_width > 4:
            raise SettingsError(
                f"generator.backbone_width must be at most 4, got {self.backbone_width}"
            )
        if self.pyramid_width % 2:
            raise SettingsError(f"generator.pyramid_width must be even, got {self.pyramid_width}")


@dataclass(frozen=True, kw_only=True)
class DiscriminatorConfig:
    """What the discriminator is built from."""

    in_channels: int = 4
    """RGB and a landmark picture."""
    width: int = 64
    """Channels after the first convolution; they double with each, up to 8 times this."""
    layers: int = 3
    """Convolutions of stride 2; with 3 a patch is 70 pixels wide."""
    norm: Norm = "batch"
    """Normalisation between the convolutions."""

    def __post_init__(self) -> None:
        _check_norm(self.norm, "discriminator")


def build(config: Mapping[str, Any]) -> dict[str, nn.Module]:
    """Build both networks with new weights.

    Args:
        config: sections `generator` and `discriminator` with fields of `GeneratorConfig` and
            `DiscriminatorConfig`; other keys are left out.

    Returns:
        `generator` and `discriminator`.

    Raises:
        SettingsError: an option is unknown or refused.
        MissingExtra: the backbone is not here.
    """
    drawing, judging = parts(config, ("generator", "discriminator"), "fpn")
    return {
        "generator": Generator(options(GeneratorConfig, drawing, "fpn.generator")),
        "discriminator": Discriminator(options(DiscriminatorConfig, judging, "fpn.discriminator")),
    }


class Generator(nn.Module):
    """Draws the target with the source's expression."""

    def __init__(self, config: GeneratorConfig) -> None:
        super().__init__()
        self.skip, self.siamese = config.skip, config.siamese
        if config.siamese:
            self.encoder = Pyramid(config)
        else:
            self.source_encoder, self.target_encoder = Pyramid(config), Pyramid(config)
        seen, width = 2 * config.pyramid_width, config.decoder_width
        self.heads = nn.ModuleList(
            nn.Sequential(_conv(seen, width, config.norm), _conv(width, width, config.norm))
            for _ in range(4)
        )
        self.smooth = _conv(4 * width, config.pyramid_width // 2, config.norm)
        self.smooth_fine = _conv(config.pyramid_width // 2, width // 2 or 1, config.norm)
        self.last = nn.Conv2d(width // 2 or 1, 3, 3, padding=1)

    def forward(self, source: Tensor, target: Tensor) -> Tensor:
        """Draw.

        Args:
            source: who shows the expression, (batch, 3, side, side) in [-1, 1].
            target: who is to show it, the same shape.

        Returns:
            (batch, 3, side, side) in [-1, 1].

        Raises:
            ShapeError: the shapes differ, or the side is no multiple of 32.
        """
        if source.shape != target.shape or source.shape[2] % STRIDE or source.shape[3] % STRIDE:
            raise ShapeError(
                f"fpn wants source and target of one shape with sides that are multiples of "
                f"{STRIDE}, got {tuple(source.shape)} and {tuple(target.shape)}"
            )
        return self.draw(self.see_source(source)[1:], self.see_target(target), target)

    def see_source(self, source: Tensor) -> list[Tensor]:
        """Return the five maps of the source; see `Pyramid`."""
        maps: list[Tensor] = (self.encoder if self.siamese else self.source_encoder)(source)
        return maps

    def see_target(self, target: Tensor) -> list[Tensor]:
        """Return the five maps of the target."""
        maps: list[Tensor] = (self.encoder if self.siamese else self.target_encoder)(target)
        return maps

    def draw(self, shown: Sequence[Tensor], kept: Sequence[Tensor], target: Tensor) -> Tensor:
        """Draw from what was seen; what is seen of a target serves for many sources.

        Args:
            shown: the source's four coarse maps; the finest is not looked at.
            kept: the target's maps.
            target: as for `forward`.
        """
        fine = kept[0]  # (batch, pyramid_width / 2, side / 2, side / 2)
        quarter = kept[1].shape[2:]
        heads = [
            functional.interpolate(head(torch.cat(pair, dim=1)), size=quarter, mode="nearest")
            for head, *pair in zip(self.heads, shown, kept[1:], strict=True)
        ]  # 4 of (batch, decoder_width, side / 4, side / 4)
        x = self.smooth(torch.cat(heads, dim=1))  # (batch, pyramid_width / 2, side / 4, side / 4)
        x = functional.interpolate(x, scale_factor=2.0, mode="nearest") + fine  # (..., side / 2)
        x = functional.interpolate(self.smooth_fine(x), scale_factor=2.0, mode="nearest")
        drawn = torch.tanh(self.last(x))  # (batch, 3, side, side)
        return torch.clamp(drawn + target, -1, 1) if self.skip else drawn


class Pyramid(nn.Module):
    """Sees a picture from fine to coarse, then carries what the coarse maps mean back up.

    Source: arXiv:1612.03144, figure 3.
    """

    def __init__(self, config: GeneratorConfig) -> None:
        super().__init__()
        width = config.pyramid_width
        self.backbone = backbone(config.backbone, config.backbone_width)
        self.lateral = nn.ModuleList(
            nn.Conv2d(given, width if index else width // 2, 1, bias=False)
            for index, given in enumerate(self.backbone.widths)
        )
        self.top_down = nn.ModuleList(_conv(width, width, config.norm) for _ in range(3))

    def forward(self, x: Tensor) -> list[Tensor]:
        """Return five maps of (batch, 3, side, side), the finest first.

        (batch, pyramid_width / 2, side / 2, side / 2), then (batch, pyramid_width, ...) at 1/4 to
        1/32 of the side.
        """
        seen = self.backbone(x)
        fine, *coarse = [lateral(each) for lateral, each in zip(self.lateral, seen, strict=True)]
        maps = [coarse.pop()]  # (batch, pyramid_width, side / 32, side / 32)
        for top_down in self.top_down:
            above = functional.interpolate(maps[0], scale_factor=2.0, mode="nearest")
            maps.insert(0, top_down(coarse.pop() + above))
        return [fine, *maps]


class Discriminator(nn.Module):
    """Judges overlapping patches of a picture together with its landmarks (PatchGAN)."""

    def __init__(self, config: DiscriminatorConfig) -> None:
        super().__init__()
        self.in_channels, width = config.in_channels, config.width
        layers: list[nn.Module] = [
            nn.Conv2d(config.in_channels, width, 4, stride=2, padding=1),
            nn.LeakyReLU(0.2, inplace=True),
        ]
        for index in range(1, config.layers + 1):
            wider = config.width * min(2**index, 8)
            stride = 2 if index < config.layers else 1
            layers += [
                nn.Conv2d(width, wider, 4, stride=stride, padding=1, bias=False),
                norm_layer(config.norm, wider),
                nn.LeakyReLU(0.2, inplace=True),
            ]
            width = wider
        self.main = nn.Sequential(*layers, nn.Conv2d(width, 1, 4, padding=1))

    def forward(self, picture: Tensor, landmarks: Tensor) -> Tensor:
        """Judge.

        Args:
            picture: (batch, 3, side, side) in [-1, 1].
            landmarks: (batch, 1, side, side) in [-1, 1]: the source's, for the drawn picture, too.

        Returns:
            how real each patch is, (batch, 1, n, n), unbounded; n = side / 2^layers - 2.

        Raises:
            ShapeError: the two do not lie on each other, or have other channels.
        """
        seen = picture.shape[1] + landmarks.shape[1]
        if picture.shape[2:] != landmarks.shape[2:] or seen != self.in_channels:
            raise ShapeError(
                f"the discriminator wants {self.in_channels} channels of one size, got picture "
                f"{tuple(picture.shape)} and landmarks {tuple(landmarks.shape)}"
            )
        judged: Tensor = self.main(torch.cat([picture, landmarks], dim=1))
        return judged


def norm_layer(norm: Norm, width: int) -> nn.Module:
    """Return the normalisation of that name; both learn a scale and a shift."""
    if norm == "batch":
        return nn.BatchNorm2d(width)
    return nn.InstanceNorm2d(width, affine=True)


def _conv(given: int, made: int, norm: Norm) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(given, made, 3, padding=1, bias=False),
        norm_layer(norm, made),
        nn.ReLU(inplace=True),
    )


def _check_norm(norm: str, where: str) -> None:
    if norm not in get_args(Norm):
        raise SettingsError(
            f"{where}.norm must be one of {', '.join(get_args(Norm))}, got {norm!r}"
        )
