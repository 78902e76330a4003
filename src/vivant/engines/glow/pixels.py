"""Pictures to what a flow reads, and back.

A flow has a density, pixels have steps: they are brought to 2^n_bits values, and a number within
the step is added (dequantisation).
"""

from __future__ import annotations

import torch
from torch import Tensor

from vivant.errors import SettingsError, ShapeError


def to_input(pictures: Tensor, n_bits: int = 5, noise: Tensor | None = None) -> Tensor:
    """Return pictures as the flow reads them.

    Args:
        pictures: (batch, 3, side, side) uint8 RGB.
        n_bits: bits of a colour that are kept; public checkpoints were trained with 5.
        noise: where in its step each value lies, the same shape in [0, 1), drawn by chance for
            training; None: in the middle, so that `to_pictures` gives the picture back.

    Returns:
        float32 in [-0.5, 0.5): floor(value / 2^(8 - n_bits)) / 2^n_bits - 0.5 + noise / 2^n_bits.

    Raises:
        ShapeError: the pictures are no such tensor, or the noise has another shape.
        SettingsError: there are not 1 to 8 bits.
    """
    if pictures.dtype != torch.uint8 or pictures.ndim != 4 or pictures.shape[1] != 3:
        raise ShapeError(
            f"glow wants pictures (batch, 3, side, side) uint8, "
            f"got {tuple(pictures.shape)} {pictures.dtype}"
        )
    if noise is not None and noise.shape != pictures.shape:
        raise ShapeError(f"noise {tuple(noise.shape)} is not of shape {tuple(pictures.shape)}")
    if not 1 <= n_bits <= 8:
        raise SettingsError(f"n_bits must lie in [1, 8], got {n_bits}")
    steps = torch.floor(pictures.float() / 2 ** (8 - n_bits))
    inside: Tensor | float = 0.5 if noise is None else noise
    return steps / 2**n_bits - 0.5 + inside / 2**n_bits


def to_pictures(drawn: Tensor) -> Tensor:
    """Return what a flow drew, (batch, 3, side, side) about [-0.5, 0.5), as uint8 RGB.

    Codes far from any face's may overflow on their way: what is not a number becomes grey.

    >>> every = torch.arange(256, dtype=torch.uint8).reshape(1, 1, 16, 16).repeat(1, 3, 1, 1)
    >>> bool((to_pictures(to_input(every, n_bits=8)) == every).all())
    True
    """
    return ((drawn.nan_to_num() + 0.5) * 256 - 0.5).round().clamp(0, 255).to(torch.uint8)
