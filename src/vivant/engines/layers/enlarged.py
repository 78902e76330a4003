"""Enlarging twice and a 3 x 3 convolution as one of 2 x 2 taps, for running only.

Where every cell is repeated twice a side, a 3 x 3 convolution meets each cell several times; with
the taps on the same cell added beforehand 4 are left of 9. The four pixels around a corner of
cells see the same 2 x 2 cells, so one convolution gives them as channels, and a pixel shuffle
lays them out; the outermost line of pixels belongs to nobody.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from vivant.engines.layers.blocks import Up


class QuickUp(nn.Module):
    """An `Up` of two axes, its batch norm multiplied into the convolution."""

    def __init__(self, up: Up) -> None:
        super().__init__()
        conv, norm = up.conv, up.norm
        assert conv.bias is not None
        self.slope = up.slope
        scale = norm.weight.detach() / (norm.running_var + norm.eps).sqrt()
        bias = (conv.bias.detach() - norm.running_mean) * scale + norm.bias.detach()
        weight = conv.weight.detach() * scale[:, None, None, None]
        # (given, 2, 2, taken, 2, 2): which pixel around the corner, which of the cells
        rows = torch.stack([_second(weight, 2), _first(weight, 2)], dim=1)
        both = torch.stack([_second(rows, 4), _first(rows, 4)], dim=2)
        given, taken = weight.shape[:2]
        self.conv = nn.Conv2d(taken, 4 * given, 2, padding=1)
        self.conv.weight.data = both.reshape(4 * given, taken, 2, 2).contiguous()
        self.conv.bias = nn.Parameter(bias.repeat_interleave(4))

    def forward(self, x: Tensor) -> Tensor:
        """(batch, taken, h, w) -> (batch, given, 2 h, 2 w)."""
        around = functional.leaky_relu(self.conv(x), self.slope)
        return functional.pixel_shuffle(around, 2)[:, :, 1:-1, 1:-1]


def _first(weight: Tensor, axis: int) -> Tensor:
    """Return the taps of the first of two repeated cells: its neighbour, then itself twice."""
    before, itself, after = weight.split(1, dim=axis)
    return torch.cat([before, itself + after], axis)


def _second(weight: Tensor, axis: int) -> Tensor:
    """Return those of the second: itself twice, then its neighbour."""
    before, itself, after = weight.split(1, dim=axis)
    return torch.cat([before + itself, after], axis)
