"""Coordinates, key points and sampling, on pictures (2-D) and feature volumes (3-D).

Coordinates are (x, y) or (x, y, z), x to the right, y down, z into the picture; each runs
from -1 at the centre of the first cell to 1 at the centre of the last one. Shapes name the
axes the other way round: (height, width) or (depth, height, width).

The trap: these grids count from cell centre to cell centre, but the public networks read them
with `grid_sample`'s default `align_corners=False`, which counts from border to border. So the
identity grid enlarges a picture by one cell. Checkpoints were trained that way, and every
sampling here keeps it; `align_corners=True` would move predictions by 0.1 to 0.7.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch.nn import functional


def coordinate_grid(shape: Sequence[int], like: torch.Tensor) -> torch.Tensor:
    """Return the coordinates of every cell: (*shape, len(shape)), of `like`'s type and device.

    >>> coordinate_grid((2, 3), torch.zeros(1))[1].tolist()
    [[-1.0, 1.0], [0.0, 1.0], [1.0, 1.0]]
    """
    axes = [torch.linspace(-1, 1, side, dtype=like.dtype, device=like.device) for side in shape]
    return torch.stack(torch.meshgrid(axes, indexing="ij")[::-1], dim=-1)


def gaussians(points: torch.Tensor, shape: Sequence[int], variance: float) -> torch.Tensor:
    """Return one heatmap a point, 1 at the point: (batch, points, *shape).

    Args:
        points: (batch, points, 2 or 3).
        shape: of a heatmap; as many axes as a point has coordinates.
        variance: of the bell, in squared grid units.
    """
    grid = coordinate_grid(shape, points)
    # (batch, points, 1, ..., 1, axes): every point against every cell
    centres = points.reshape(*points.shape[:2], *(1 for _ in shape), len(shape))
    return torch.exp(-0.5 * (grid - centres).square().sum(-1) / variance)


def sample_image(image: torch.Tensor, grid: torch.Tensor, padding: str = "zeros") -> torch.Tensor:
    """Read (batch, channels, H, W) at (batch, h, w, 2): (batch, channels, h, w), bilinear."""
    return functional.grid_sample(image, grid, padding_mode=padding, align_corners=False)


def sample_volume(volume: torch.Tensor, grid: torch.Tensor) -> torch.Tensor:
    """Read (batch, channels, D, H, W) at (batch, d, h, w, 3), trilinear, 0 outside.

    The only place that samples volumes: runtimes that do this poorly are given another here.
    """
    return functional.grid_sample(volume, grid, padding_mode="zeros", align_corners=False)
