"""LivePortrait's decoder: draws the picture, reading the moved features at every step.

Park et al., "Semantic Image Synthesis with Spatially-Adaptive Normalization", CVPR 2019,
arXiv:1903.07291, with features in the place of labels.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

from vivant.engines.layers.spectral import SpectralConv2d
from vivant.engines.liveportrait.parameters import Painting

_HIDDEN = 128
"""Channels between the features and the two maps of a `Spade`."""
_LAST = 64
"""Channels before the picture."""


class Spade(nn.Module):
    """Instance norm, then stretched and shifted place by place as the features say (eq. 1)."""

    def __init__(self, width: int, features: int) -> None:
        super().__init__()
        self.mlp_shared = nn.Sequential(nn.Conv2d(features, _HIDDEN, 3, padding=1), nn.ReLU())
        self.mlp_gamma = nn.Conv2d(_HIDDEN, width, 3, padding=1)
        self.mlp_beta = nn.Conv2d(_HIDDEN, width, 3, padding=1)

    def forward(self, x: torch.Tensor, features: torch.Tensor) -> torch.Tensor:
        """(batch, width, h, w) -> the same shape; `features` may be smaller."""
        features = functional.interpolate(features, size=x.shape[2:], mode="nearest")
        shared = self.mlp_shared(features)
        return functional.instance_norm(x) * (1 + self.mlp_gamma(shared)) + self.mlp_beta(shared)


class SpadeBlock(nn.Module):
    """Twice `Spade`, leaky rectifier, convolution; added to what came in, narrowed if need be."""

    def __init__(self, taken: int, given: int, features: int) -> None:
        super().__init__()
        middle = min(taken, given)
        self.conv_0 = SpectralConv2d(taken, middle, 3, padding=1)
        self.conv_1 = SpectralConv2d(middle, given, 3, padding=1)
        narrows = taken != given
        self.conv_s = SpectralConv2d(taken, given, 1, bias=False) if narrows else None
        self.norm_0 = Spade(taken, features)
        self.norm_1 = Spade(middle, features)
        self.norm_s = Spade(taken, features) if narrows else None

    def forward(self, x: torch.Tensor, features: torch.Tensor) -> torch.Tensor:
        """(batch, taken, h, w) -> (batch, given, h, w)."""
        change = self.conv_0(functional.leaky_relu(self.norm_0(x, features), 0.2))
        change = self.conv_1(functional.leaky_relu(self.norm_1(change, features), 0.2))
        if self.conv_s is not None and self.norm_s is not None:
            x = self.conv_s(self.norm_s(x, features))
        return x + change


class SpadeGenerator(nn.Module):
    """Six blocks at the features' size, then twice doubled; `upscale` enlarges once more."""

    def __init__(self, p: Painting) -> None:
        super().__init__()
        features = p.block_expansion * 2**p.num_down_blocks
        width = 2 * features
        self.fc = nn.Conv2d(features, width, 3, padding=1)
        self.G_middle_0 = SpadeBlock(width, width, features)
        self.G_middle_1 = SpadeBlock(width, width, features)
        self.G_middle_2 = SpadeBlock(width, width, features)
        self.G_middle_3 = SpadeBlock(width, width, features)
        self.G_middle_4 = SpadeBlock(width, width, features)
        self.G_middle_5 = SpadeBlock(width, width, features)
        self.up_0 = SpadeBlock(width, features, features)
        self.up_1 = SpadeBlock(features, _LAST, features)
        if p.upscale is None or p.upscale == 1:
            self.conv_img: nn.Module = nn.Conv2d(_LAST, 3, 3, padding=1)
        else:
            self.conv_img = nn.Sequential(
                nn.Conv2d(_LAST, 3 * p.upscale**2, 3, padding=1), nn.PixelShuffle(p.upscale)
            )

    def forward(self, feature: torch.Tensor) -> torch.Tensor:
        """(batch, features, h, w) -> (batch, 3, 4 h upscale, 4 w upscale) in [0, 1]."""
        x = self.fc(feature)
        for number in range(6):
            x = getattr(self, f"G_middle_{number}")(x, feature)
        x = self.up_0(functional.interpolate(x, scale_factor=2.0), feature)
        x = self.up_1(functional.interpolate(x, scale_factor=2.0), feature)
        return self.conv_img(functional.leaky_relu(x, 0.2)).sigmoid()
