"""The refiner: a small U-Net over what the mesh engine knows of one picture."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

from vivant.training.sight import CHANNELS


class Refiner(nn.Module):
    """Sees (batch, 16, 128, 128) and answers with two changes, each in -1..1.

    Returns of `forward`:
        the map's change (batch, 2, 64, 64) and the opacity's (batch, 1, 64, 64). A new
        network answers 0.
    """

    def __init__(self, widths: tuple[int, int, int, int] = (24, 40, 64, 96)) -> None:
        super().__init__()
        first, second, third, fourth = widths
        self.enter = nn.Sequential(_conv(CHANNELS, first, 2), _conv(first, first))
        self.down = nn.ModuleList(
            nn.Sequential(_conv(a, b, 2), _conv(b, b))
            for a, b in ((first, second), (second, third), (third, fourth))
        )
        self.middle = _conv(fourth, fourth)
        self.narrow = nn.ModuleList(
            nn.Conv2d(a, b, 1) for a, b in ((fourth, third), (third, second), (second, first))
        )
        self.up = nn.ModuleList(_conv(width, width) for width in (third, second, first))
        self.last = nn.Conv2d(first, 3, 3, padding=1)
        nn.init.zeros_(self.last.weight)
        assert self.last.bias is not None
        nn.init.zeros_(self.last.bias)

    def forward(self, seen: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Answer; see the class."""
        kept = [self.enter(seen)]
        for down in self.down:
            kept.append(down(kept[-1]))
        x = self.middle(kept.pop())
        for narrow, up in zip(self.narrow, self.up, strict=True):
            x = functional.interpolate(narrow(x), scale_factor=2.0, mode="bilinear")
            x = up(x + kept.pop())
        answer = torch.tanh(self.last(x))
        return answer[:, :2], answer[:, 2:]


def _conv(taken: int, given: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(taken, given, 3, stride=stride, padding=1), nn.LeakyReLU(0.1, inplace=True)
    )
