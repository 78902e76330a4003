"""Convolutions with large kernels as products of spectra, in matrix products only.

By the convolution theorem a kernel of k x k taps costs one product a frequency. Pictures are cut
into overlapping tiles, so that few frequencies are needed; transforms are products with constant
matrices, which cut the tiles and lay zeros around the picture as well. Runtimes do all of it as
matrix products, in float32 up to rounding of the transforms (about 1e-5 of the largest number).
"""

from __future__ import annotations

import math
from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional

TILE: Final = 16
"""Cells a side that one tile gives."""


class FourierConv3d(nn.Module):
    """A `Conv3d` that keeps the size, by spectra over height and width, batch of one.

    The depth's taps stay a sum: each is a product of its own, shifted by slices.
    """

    def __init__(self, conv: nn.Conv3d, size: tuple[int, int]) -> None:
        """Take a convolution of an odd kernel and the (height, width) it will be used at."""
        super().__init__()
        side = conv.kernel_size[1]
        self.taps, self.given = conv.kernel_size[0], conv.out_channels
        self.points = TILE + side - 1
        self.frequencies = self.points // 2 + 1  # of a real line; the others mirror them
        self.tiles = math.ceil(size[0] / TILE), math.ceil(size[1] / TILE)
        self.size = size
        lines = self._forward(size[1], self.tiles[1], self.frequencies, side // 2)
        columns = self._forward(size[0], self.tiles[0], self.points, side // 2)
        self.register_buffer("across", torch.cat([lines.real, lines.imag]).float())
        self.register_buffer("down", _real(columns).float())
        back, last = self._backward()
        self.register_buffer("up", _real(back).float())
        self.register_buffer("along", torch.cat([last.real, -last.imag], 1).float())
        self.register_buffer("spectra", self._spectra(conv.weight.detach().double()))
        bias = conv.bias if conv.bias is not None else torch.zeros(conv.out_channels)
        self.register_buffer("bias", bias.detach().clone())

    def forward(self, x: Tensor) -> Tensor:
        """(1, taken, d, h, w) -> (1, given, d, h, w)."""
        _, channels, depth, height, _ = x.shape
        n, f, (high, wide) = self.points, self.frequencies, self.tiles
        # spectra of tiles, channels last: (d, 2 * h, wide * f * channels), real parts first
        x = self.across @ x[0].permute(1, 2, 3, 0)
        x = x.reshape(depth, height, 2, -1).transpose(1, 2).reshape(depth, 2 * height, -1)
        x = (self.down @ x).reshape(depth, 2, high, n, wide, f, channels)
        # a frequency's own matrix: (n * f, d * high * wide, 2 * channels) @ (..., taps * 2 * given)
        x = x.permute(3, 5, 0, 2, 4, 1, 6).reshape(n * f, depth * high * wide, 2 * channels)
        y = (x @ self.spectra).reshape(n * f, depth, high * wide, self.taps, 2 * self.given)
        around = self.taps // 2
        y = functional.pad(y, (0, 0, 0, 0, 0, 0, around, around))
        y = torch.stack([y[:, i : i + depth, :, i] for i in range(self.taps)]).sum(0)
        # and back: (d * high, 2 * n, wide * f * given), then lines of tiles
        y = y.reshape(n, f, depth, high, wide, 2, self.given).permute(2, 3, 5, 0, 4, 1, 6)
        y = (self.up @ y.reshape(depth * high, 2 * n, -1)).reshape(depth * high, 2, TILE, wide, -1)
        y = y.permute(0, 2, 3, 1, 4).reshape(-1, 2 * f, self.given)
        y = (self.along @ y).reshape(depth, high * TILE, wide * TILE, self.given) + self.bias
        return y[:, : self.size[0], : self.size[1]].permute(3, 0, 1, 2)[None]

    def _forward(self, size: int, tiles: int, frequencies: int, around: int) -> Tensor:
        """Return what takes a line of `size` cells to its tiles' spectra, complex."""
        matrix = torch.zeros(tiles, frequencies, size, dtype=torch.complex128)
        for tile in range(tiles):
            for point in range(self.points):
                cell = tile * TILE + point - around
                if 0 <= cell < size:
                    matrix[tile, :, cell] = _wave(torch.arange(frequencies), -point, self.points)
        return matrix.flatten(0, 1)

    def _backward(self) -> tuple[Tensor, Tensor]:
        """Return what takes spectra to the cells that a tile gives: for columns, for lines."""
        cells, n = torch.arange(TILE)[:, None], self.points
        twice = torch.full((self.frequencies,), 2.0, dtype=torch.float64)
        twice[0] = 1.0
        if n % 2 == 0:
            twice[-1] = 1.0
        columns = _wave(cells * torch.arange(n), 1, n) / n
        return columns, _wave(cells * torch.arange(self.frequencies), 1, n) * twice / n

    def _spectra(self, weight: Tensor) -> Tensor:
        """Return the kernels' spectra: (n * f, 2 * taken, taps * 2 * given)."""
        n = self.points
        spectra = torch.fft.fft(torch.fft.rfft(weight, n, dim=4), n, dim=3).conj()
        spectra = spectra.permute(3, 4, 1, 2, 0)  # (n, f, taken, taps, given)
        real = torch.cat([spectra.real, -spectra.imag], 2)
        imaginary = torch.cat([spectra.imag, spectra.real], 2)
        return torch.stack([real, imaginary], 4).flatten(0, 1).flatten(2).float()


def _wave(places: Tensor, factor: int, points: int) -> Tensor:
    """Return exp(2 pi i * factor * places / points), exact in its arguments."""
    angle = 2 * math.pi * ((factor * places) % points).double() / points
    return torch.complex(angle.cos(), angle.sin())


def _real(matrix: Tensor) -> Tensor:
    """Return a complex matrix for columns that hold real parts, then imaginary ones."""
    upper = torch.cat([matrix.real, -matrix.imag], 1)
    return torch.cat([upper, torch.cat([matrix.imag, matrix.real], 1)])
