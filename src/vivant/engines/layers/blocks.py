"""Convolution blocks of the key-point networks, for pictures and for feature volumes.

All take (batch, channels, *space) with two axes of space, or three where `axes` is 3. Down and
up blocks change height and width only; the depth of a volume stays.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import nn
from torch.nn import functional

_CONV = {2: nn.Conv2d, 3: nn.Conv3d}
_NORM = {2: nn.BatchNorm2d, 3: nn.BatchNorm3d}
_TWICE = {2: (2.0, 2.0), 3: (1.0, 2.0, 2.0)}


class Same(nn.Module):
    """Convolution, batch norm, (leaky) rectifier; keeps the size."""

    def __init__(
        self, taken: int, given: int, kernel: int = 3, *, axes: int = 2, slope: float = 0.0
    ) -> None:
        super().__init__()
        self.conv = _CONV[axes](taken, given, kernel, padding=kernel // 2)
        self.norm = _NORM[axes](given)
        self.slope = slope

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(batch, taken, *space) -> (batch, given, *space)."""
        return functional.leaky_relu(self.norm(self.conv(x)), self.slope)


class Down(Same):
    """`Same`, then the mean of each 2 x 2."""

    def __init__(self, taken: int, given: int, *, axes: int = 2) -> None:
        super().__init__(taken, given, axes=axes)
        self.pool = nn.AvgPool2d(2) if axes == 2 else nn.AvgPool3d((1, 2, 2))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(batch, taken, ..., h, w) -> (batch, given, ..., h / 2, w / 2)."""
        return self.pool(super().forward(x))


class Up(Same):
    """Each cell doubled in height and width, then `Same`."""

    def __init__(self, taken: int, given: int, *, axes: int = 2) -> None:
        super().__init__(taken, given, axes=axes)
        self.factor = _TWICE[axes]

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(batch, taken, ..., h, w) -> (batch, given, ..., 2 h, 2 w)."""
        return super().forward(functional.interpolate(x, scale_factor=self.factor))


class Residual(nn.Module):
    """Twice norm, rectifier, convolution; added to what came in."""

    def __init__(self, width: int, *, axes: int = 2) -> None:
        super().__init__()
        self.conv1 = _CONV[axes](width, width, 3, padding=1)
        self.conv2 = _CONV[axes](width, width, 3, padding=1)
        self.norm1 = _NORM[axes](width)
        self.norm2 = _NORM[axes](width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(batch, width, *space) -> the same shape."""
        change = self.conv1(functional.relu(self.norm1(x)))
        return x + self.conv2(functional.relu(self.norm2(change)))


class _Encoder(nn.Module):
    def __init__(self, widths: list[int], axes: int) -> None:
        super().__init__()
        self.down_blocks = nn.ModuleList(Down(a, b, axes=axes) for a, b in pairwise(widths))

    def forward(self, x: torch.Tensor) -> list[torch.Tensor]:
        levels = [x]
        for block in self.down_blocks:
            levels.append(block(levels[-1]))
        return levels


class _Decoder(nn.Module):
    """Up again; every level sees the encoder's level of its size beside its own."""

    def __init__(self, steps: list[tuple[int, int]], axes: int, closing: int | None) -> None:
        super().__init__()
        self.up_blocks = nn.ModuleList(Up(a, b, axes=axes) for a, b in steps)
        self.closing = closing is not None
        if closing is not None:
            self.conv = _CONV[axes](closing, closing, 3, padding=1)
            self.norm = _NORM[axes](closing)

    def forward(self, levels: list[torch.Tensor]) -> torch.Tensor:
        x = levels[-1]
        for block, beside in zip(self.up_blocks, levels[-2::-1], strict=True):
            x = torch.cat([block(x), beside], dim=1)
        return functional.relu(self.norm(self.conv(x))) if self.closing else x


class Hourglass(nn.Module):
    """An encoder and decoder with skips (Newell et al. 2016, doi:10.1007/978-3-319-46484-8_29).

    Block i of the encoder gives `min(most, width * 2 ** (i + 1))` channels. `closing` adds one
    more convolution with norm and rectifier at the end.
    """

    def __init__(
        self,
        taken: int,
        width: int,
        blocks: int,
        most: int,
        *,
        axes: int = 2,
        closing: bool = False,
    ) -> None:
        super().__init__()
        widths = [taken, *(min(most, width * 2 ** (i + 1)) for i in range(blocks))]
        steps = []
        for i in reversed(range(blocks)):
            beside = 1 if i == blocks - 1 else 2
            steps.append((beside * widths[i + 1], min(most, width * 2**i)))
        self.given = steps[-1][1] + taken
        """Channels of what it gives."""
        self.encoder = _Encoder(widths, axes)
        self.decoder = _Decoder(steps, axes, self.given if closing else None)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(batch, taken, ..., h, w) -> (batch, given, ..., h, w); h, w divisible by 2 ** blocks."""
        return self.decoder(self.encoder(x))
