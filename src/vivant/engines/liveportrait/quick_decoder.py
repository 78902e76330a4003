"""LivePortrait's decoder with less work for the same picture, up to rounding.

- All blocks at the features' size look at the same features: one convolution for all of them.
- Where features are enlarged by repeating cells, a 3 x 3 convolution of them meets each cell
  several times: taps on the same cell are added beforehand, so at 4 times the size 25 taps do
  the work of 144 (`_Enlarged`).
- A block that narrows has a plain 1 x 1 convolution behind one norm; what that norm adds goes
  through it beforehand, which makes its convolution narrower by as much (`_Narrowing`).
- What two norms of a block share (the normalised picture) is worked out once.
"""

from __future__ import annotations

from itertools import product

import torch
from torch import Tensor, nn
from torch.nn import functional

from vivant.engines.liveportrait.decoder import Spade, SpadeBlock, SpadeGenerator

_MIDDLE = 6
"""Blocks at the features' size."""


class QuickDecoder(nn.Module):
    """`SpadeGenerator` for running only, from one whose spectral norms are folded."""

    def __init__(self, decoder: SpadeGenerator) -> None:
        super().__init__()
        self.fc, self.conv_img = decoder.fc, decoder.conv_img
        middle = [getattr(decoder, f"G_middle_{number}") for number in range(_MIDDLE)]
        spades = [spade for block in middle for spade in (block.norm_0, block.norm_1)]
        self.shared = _beside([spade.mlp_shared[0] for spade in spades])
        self.middle = nn.ModuleList(_Block(block) for block in middle)
        self.up = nn.ModuleList(
            _Narrowing(block, factor) for block, factor in ((decoder.up_0, 2), (decoder.up_1, 4))
        )

    def forward(self, features: Tensor) -> Tensor:
        """(1, features, h, w) -> as `SpadeGenerator`."""
        x = self.fc(features)
        shared = functional.relu(self.shared(features)).chunk(2 * _MIDDLE, dim=1)
        for number, block in enumerate(self.middle):
            x = block(x, *shared[2 * number : 2 * number + 2])
        for block in self.up:
            x = block(functional.interpolate(x, scale_factor=2.0), features)
        return self.conv_img(functional.leaky_relu(x, 0.2)).sigmoid()


class _Block(nn.Module):
    """A `SpadeBlock` that keeps its width, from what its norms share with others."""

    def __init__(self, block: SpadeBlock) -> None:
        super().__init__()
        self.stretch = nn.ModuleList(_stretching(norm) for norm in (block.norm_0, block.norm_1))
        self.conv = nn.ModuleList([block.conv_0, block.conv_1])

    def forward(self, x: Tensor, *shared: Tensor) -> Tensor:
        change = x
        for stretch, conv, seen in zip(self.stretch, self.conv, shared, strict=True):
            factor, shift = stretch(seen).chunk(2, dim=1)
            change = functional.instance_norm(change) * factor + shift
            change = conv(functional.leaky_relu(change, 0.2))
        return x + change


class _Narrowing(nn.Module):
    """A `SpadeBlock` that narrows, on a picture `factor` times the features' size."""

    def __init__(self, block: SpadeBlock, factor: int) -> None:
        super().__init__()
        first, second, straight, narrow = (
            block.norm_0, block.norm_1, block.norm_s, block.conv_s,
        )  # fmt: skip
        assert straight is not None
        assert isinstance(narrow, nn.Conv2d)
        spades = (first, second, straight)
        self.shared = _Enlarged(_beside([spade.mlp_shared[0] for spade in spades]), factor)
        self.first, self.second = _stretching(first), _stretching(second)
        self.factor = _plus_one(straight.mlp_gamma)
        self.shift = _through(straight.mlp_beta, narrow)
        self.narrow, self.conv_0, self.conv_1 = narrow, block.conv_0, block.conv_1

    def forward(self, x: Tensor, features: Tensor) -> Tensor:
        seen = functional.relu(self.shared(features)).chunk(3, dim=1)
        plain = functional.instance_norm(x)
        factor, shift = self.first(seen[0]).chunk(2, dim=1)
        change = self.conv_0(functional.leaky_relu(plain * factor + shift, 0.2))
        factor, shift = self.second(seen[1]).chunk(2, dim=1)
        change = functional.instance_norm(change) * factor + shift
        change = self.conv_1(functional.leaky_relu(change, 0.2))
        return self.narrow(plain * self.factor(seen[2])) + self.shift(seen[2]) + change


class _Enlarged(nn.Module):
    """A 3 x 3 convolution of features whose every cell is repeated `factor` times a side.

    Along an axis the first of the repeated cells sees its left neighbour and itself, the last
    one itself and its right neighbour, those between only itself; so there are at most three
    kernels of one or two taps an axis.
    """

    def __init__(self, conv: nn.Conv2d, factor: int) -> None:
        super().__init__()
        self.factor = factor
        self.kinds = (0, 2) if factor == 2 else (0, 1, 2)
        weight = conv.weight.detach()
        self.parts = nn.ModuleList()
        for row, column in product(self.kinds, self.kinds):
            merged = _merged(_merged(weight, 2, row), 3, column)
            part = nn.Conv2d(merged.shape[1], merged.shape[0], (merged.shape[2], merged.shape[3]))
            part.weight.data, part.bias = merged.contiguous(), conv.bias
            self.parts.append(part)

    def forward(self, x: Tensor) -> Tensor:
        """(1, taken, h, w) -> (1, given, factor * h, factor * w)."""
        found = [
            part(functional.pad(x, (*_AROUND[column], *_AROUND[row])))
            for part, (row, column) in zip(self.parts, product(self.kinds, self.kinds), strict=True)
        ]
        count, between = len(self.kinds), self.factor - 2
        lines = []
        for row in range(count):
            left, *inner, right = found[row * count : (row + 1) * count]
            # cells of a line beside each other: (1, given, h, w, factor) -> (..., h, factor * w)
            lines.append(torch.stack([left, *(inner * between), right], dim=-1).flatten(-2))
        top, *middle, bottom = lines
        return torch.stack([top, *(middle * between), bottom], dim=3).flatten(2, 3)


_AROUND = {0: (1, 0), 1: (0, 0), 2: (0, 1)}
"""Cells of zeros before and after, for the first, the inner and the last of repeated cells."""


def _merged(weight: Tensor, axis: int, kind: int) -> Tensor:
    """Add the taps that meet the same cell along an axis."""
    before, itself, after = weight.split(1, dim=axis)
    if kind == 0:
        return torch.cat([before, itself + after], axis)
    if kind == 2:
        return torch.cat([before + itself, after], axis)
    return before + itself + after


def _beside(convs: list[nn.Conv2d]) -> nn.Conv2d:
    """Return one convolution that gives what several give, one after another."""
    first = convs[0]
    joined = nn.Conv2d(first.in_channels, sum(conv.out_channels for conv in convs), 3, padding=1)
    joined.weight.data = torch.cat([conv.weight.detach() for conv in convs])
    joined.bias = nn.Parameter(torch.cat([_bias(conv) for conv in convs]))
    return joined


def _stretching(spade: Spade) -> nn.Conv2d:
    """Return the convolution that gives a norm's factor, then its shift."""
    return _beside([_plus_one(spade.mlp_gamma), spade.mlp_beta])


def _plus_one(conv: nn.Conv2d) -> nn.Conv2d:
    """Return the convolution that gives 1 more."""
    more = nn.Conv2d(conv.in_channels, conv.out_channels, 3, padding=1)
    more.weight.data = conv.weight.detach()
    more.bias = nn.Parameter(_bias(conv) + 1)
    return more


def _through(conv: nn.Conv2d, narrow: nn.Conv2d) -> nn.Conv2d:
    """Return both convolutions as one; the second is 1 x 1 and adds nothing."""
    matrix = narrow.weight.detach()[:, :, 0, 0].double()
    joined = nn.Conv2d(conv.in_channels, narrow.out_channels, 3, padding=1)
    weight = torch.einsum("oc,cihw->oihw", matrix, conv.weight.detach().double())
    joined.weight.data = weight.float()
    joined.bias = nn.Parameter((matrix @ _bias(conv).double()).float())
    return joined


def _bias(conv: nn.Conv2d) -> Tensor:
    assert conv.bias is not None
    return conv.bias.detach()
