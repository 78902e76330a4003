"""GANimation's generator with less work for the same picture, up to rounding.

- The first convolution is linear: what it sees of the portrait is worked out once. What it sees of
  the Action Units, planes of one number each, is the same everywhere but near the border, where
  part of its taps lie outside: as many different places a side as it has taps.
- Both last convolutions see the same features: one convolution for both.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from vivant.engines.ganimation.network import Generator

_COLOURS = 3


class Read(nn.Module):
    """What the first convolution sees of the portrait."""

    def __init__(self, generator: Generator) -> None:
        super().__init__()
        first = generator.main[0]
        assert isinstance(first, nn.Conv2d)
        self.conv = nn.Conv2d(_COLOURS, first.out_channels, 7, padding=3, bias=False)
        self.conv.weight.data = first.weight.detach()[:, :_COLOURS]

    def forward(self, picture: Tensor) -> Tensor:
        """(1, 3, side, side) -> (1, width, side, side)."""
        return self.conv(picture)


class Draw(nn.Module):
    """The generator on what `Read` gave."""

    def __init__(self, generator: Generator, side: int) -> None:
        super().__init__()
        first, colours, attention = (
            generator.main[0], generator.img_reg[0], generator.attetion_reg[0],
        )  # fmt: skip
        assert isinstance(first, nn.Conv2d)
        assert isinstance(colours, nn.Conv2d)
        assert isinstance(attention, nn.Conv2d)
        self.width, self.taps = first.out_channels, first.kernel_size[0]
        around = self.taps // 2
        # planes of ones on as few cells as have all different places: (units, width, taps, taps)
        ones = torch.ones(1, 1, self.taps, self.taps)
        seen = functional.conv2d(
            ones, first.weight.detach()[:, _COLOURS:].flatten(0, 1)[:, None], padding=around
        )
        seen = seen.reshape(self.width, -1, self.taps, self.taps).transpose(0, 1)
        self.register_buffer("seen", seen.flatten(1).contiguous())
        inner = [around] * (side - 2 * around)
        places = [*range(around), *inner, *range(around + 1, self.taps)]
        self.register_buffer("places", torch.tensor(places))
        self.rest = generator.main[1:]
        self.last = nn.Conv2d(colours.in_channels, _COLOURS + 1, 7, padding=3, bias=False)
        self.last.weight.data = torch.cat([colours.weight.detach(), attention.weight.detach()])

    def forward(self, portrait: Tensor, units: Tensor) -> tuple[Tensor, Tensor]:
        """(1, width, side, side), (1, units) -> colours and attention, as the generator's."""
        planes = (units @ self.seen).reshape(1, self.width, self.taps, self.taps)
        planes = planes.index_select(2, self.places).index_select(3, self.places)
        drawn = self.last(self.rest(portrait + planes))
        return drawn[:, :_COLOURS].tanh(), drawn[:, _COLOURS:].sigmoid()
