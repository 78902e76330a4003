"""VGG-19 up to its fifth group, for perceptual losses; weights are the user's to bring."""

from __future__ import annotations

import torch
from torch import nn

_WIDTHS = (64, 64, 0, 128, 128, 0, 256, 256, 256, 256, 0, 512, 512, 512, 512, 0, 512)
"""Channels of the 3 x 3 convolutions; 0 is a maximum over each 2 x 2."""
_READ = (1, 6, 11, 20, 29)
"""Layers whose results are compared: relu1_1, relu2_1, relu3_1, relu4_1, relu5_1."""


class Vgg19(nn.Module):
    """Five feature maps of a picture in [0, 1]; torchvision's names (`features.N.weight`).

    Source: Simonyan & Zisserman 2015, arXiv:1409.1556, configuration E; pictures are first
    normalised with ImageNet's mean and deviation. Nothing in it is trained.
    """

    mean: torch.Tensor
    deviation: torch.Tensor

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        taken = 3
        for width in _WIDTHS:
            if width:
                layers += [nn.Conv2d(taken, width, 3, padding=1), nn.ReLU()]
                taken = width
            else:
                layers.append(nn.MaxPool2d(2))
        self.features = nn.Sequential(*layers)
        # not in the checkpoint, hence not persistent
        mean = torch.tensor([0.485, 0.456, 0.406]).reshape(1, 3, 1, 1)
        deviation = torch.tensor([0.229, 0.224, 0.225]).reshape(1, 3, 1, 1)
        self.register_buffer("mean", mean, persistent=False)
        self.register_buffer("deviation", deviation, persistent=False)
        self.requires_grad_(False)

    def forward(self, image: torch.Tensor) -> list[torch.Tensor]:
        """(batch, 3, h, w) -> five maps, the i-th of h / 2 ** i, w / 2 ** i."""
        x = (image - self.mean) / self.deviation
        found = []
        for number, layer in enumerate(self.features):
            x = layer(x)
            if number in _READ:
                found.append(x)
        return found
