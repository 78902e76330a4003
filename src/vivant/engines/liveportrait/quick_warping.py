"""LivePortrait's warping in an order of work that runtimes for CPUs are good at.

The same numbers as `warping`, up to rounding, for one picture at a time:

- every sparse motion is the identity and a shift, so reading the volume under it is three
  products with matrices of two numbers a row, one an axis; bells are products of three as well;
- a mask's shares sum to 1, so the deformation is the identity and a mean of shifts;
- a volume is read at places by gathering rows of channels, with zeros laid around it;
- the mask's 7 x 7 x 7 convolution goes by spectra (`layers.fourier`).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from vivant.engines.layers.fourier import FourierConv3d
from vivant.engines.layers.grids import coordinate_grid
from vivant.engines.liveportrait.warping import VARIANCE, DenseMotion, WarpingModule


def cells(places: Tensor, side: int) -> Tensor:
    """Return which cell of an axis a coordinate in [-1, 1] is, as `grid_sample` counts."""
    return ((places + 1) * side - 1) / 2


def rows(volume: Tensor) -> Tensor:
    """Lay zeros around (1, channels, d, h, w): ((d + 3) * (h + 3) * (w + 3), channels).

    One cell before, two after, so that a place at the border has neighbours on all sides.
    """
    padded = functional.pad(volume, (1, 2) * 3)
    return padded[0].permute(1, 2, 3, 0).flatten(0, 2)


def read_rows(kept: Tensor, shape: Sequence[int], places: Tensor) -> Tensor:
    """Read what `rows` laid out at (n, 3) coordinates (x, y, z): (n, channels), trilinear."""
    index: Tensor | None = None
    shares = []
    for axis, side in enumerate(shape):
        cell = cells(places[:, 2 - axis], side).clamp(-1, side) + 1
        first = cell.floor()
        shares.append((cell - first)[:, None])  # (n, 1): of the second neighbour
        index = first if index is None else index * (side + 3) + first
    assert index is not None
    at = index.to(torch.int64)
    steps = ((shape[1] + 3) * (shape[2] + 3), shape[2] + 3, 1)
    return _between(kept, at, steps, shares)


def _between(kept: Tensor, at: Tensor, steps: Sequence[int], shares: Sequence[Tensor]) -> Tensor:
    """Interpolate along the first axis that is left, by itself along the others."""
    if not steps:
        return kept[at]
    a = _between(kept, at, steps[1:], shares[1:])
    b = _between(kept, at + steps[0], steps[1:], shares[1:])
    return a + shares[0] * (b - a)


class Read(nn.Module):
    """What is worked out once for a portrait: its volume as rows, and that compressed."""

    def __init__(self, appearance: nn.Module, warping: WarpingModule) -> None:
        super().__init__()
        self.appearance = appearance
        self.motion = warping.dense_motion_network

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """(1, 3, h, w) -> `rows` and (1, compress, d, h', w')."""
        volume = self.appearance(image)
        return rows(volume), self.motion.compressed(volume)


class See(nn.Module):
    """What the hourglass looks at: bells and moved volumes, one a motion."""

    def forward(self, compressed: Tensor, driving: Tensor, source: Tensor) -> Tensor:
        """(1, compress, d, h, w), (1, K, 3) twice -> (1, (K + 1) * (compress + 1), d, h, w)."""
        depth, height, width = shape = compressed.shape[2:]
        shifts = functional.pad(source - driving, (0, 0, 1, 0))[0]  # (K + 1, 3)
        along = [
            _interpolation(shifts[:, 2 - axis], side, compressed) for axis, side in enumerate(shape)
        ]  # (K + 1, side, side) for z, y, x
        channels, motions = compressed.shape[1], shifts.shape[0]
        # along z, (K + 1, 1, d, d) @ (1, compress, d, h * w); then x, then y
        moved = along[0][:, None] @ compressed.flatten(3)
        moved = moved.reshape(motions, -1, width) @ along[2].transpose(1, 2)
        moved = along[1][:, None] @ moved.reshape(motions, -1, height, width)
        moved = moved.reshape(motions, channels, depth, height, width)
        heat = _bells(driving[0], shape) - _bells(source[0], shape)  # (K, d, h, w)
        heat = functional.pad(heat, (0, 0, 0, 0, 0, 0, 1, 0))  # the background has none
        return torch.cat([heat[:, None], moved], dim=1).flatten(0, 1)[None]


def _interpolation(shift: Tensor, side: int, like: Tensor) -> Tensor:
    """Return what reads an axis at the identity moved by each shift: (shifts, side, side)."""
    grid = coordinate_grid((side,), like)[:, 0]
    read = cells(grid + shift[:, None], side)  # (shifts, side)
    cell = torch.arange(side, dtype=like.dtype)
    return (1 - (read[:, :, None] - cell).abs()).clamp(min=0)


def _bells(points: Tensor, shape: Sequence[int]) -> Tensor:
    """Return `grids.gaussians` of (K, 3) points, (K, d, h, w): a product of three bells."""
    depth, height, width = (
        torch.exp(-0.5 / VARIANCE * (places - points[:, 2 - axis, None]) ** 2)
        for axis, places in enumerate(coordinate_grid((side,), points)[:, 0] for side in shape)
    )  # (K, side) each
    return (depth[:, :, None] * height[:, None])[..., None] * width[:, None, None]


class Judge(nn.Module):
    """The hourglass."""

    def __init__(self, motion: DenseMotion) -> None:
        super().__init__()
        self.hourglass = motion.hourglass

    def forward(self, seen: Tensor) -> Tensor:
        """(1, taken, d, h, w) -> (1, given, d, h, w)."""
        return self.hourglass(seen)


class Move(nn.Module):
    """The volume where the key points want it, flattened, and what the portrait does not show."""

    def __init__(self, motion: DenseMotion, size: tuple[int, int]) -> None:
        """Take the network and the (height, width) of its volumes."""
        super().__init__()
        self.mask, self.occlusion = FourierConv3d(motion.mask, size), motion.occlusion

    def forward(
        self, features: Tensor, kept: Tensor, driving: Tensor, source: Tensor
    ) -> tuple[Tensor, ...]:
        """Return (1, channels * d, h, w) and perhaps (1, 1, h, w).

        `features` are the hourglass', `kept` the portrait's `rows`.
        """
        shape = features.shape[2:]
        shares = self.mask(features).softmax(1)[0].flatten(1)  # (K + 1, d * h * w)
        shifts = functional.pad(source - driving, (0, 0, 1, 0))[0]  # (K + 1, 3)
        grid = coordinate_grid(shape, features).flatten(0, 2)  # (d * h * w, 3)
        read = read_rows(kept, shape, grid + shares.T @ shifts)  # (d * h * w, channels)
        # depth into channels: (d * h * w, channels) -> (1, channels * d, h, w)
        moved = read.T.reshape(1, -1, *shape[1:])
        if self.occlusion is None:
            return (moved,)
        return moved, self.occlusion(features.flatten(1, 2)).sigmoid()


class Paint(nn.Module):
    """The picture from a moved volume."""

    def __init__(self, warping: WarpingModule, painting: nn.Module) -> None:
        super().__init__()
        self.third, self.fourth, self.painting = warping.third, warping.fourth, painting

    def forward(self, moved: Tensor, shown: Tensor | None = None) -> Tensor:
        """(1, channels * d, h, w), (1, 1, h, w) -> (1, 3, H, W) in [0, 1]."""
        x = self.fourth(self.third(moved))
        return self.painting(x if shown is None else x * shown)
