"""Convolution with spectral norm, with the names of torch's older implementation."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

_LEAST = 1e-12
"""Under this length a vector is not stretched to 1."""


class SpectralConv2d(nn.Module):
    """A convolution whose weight is divided by an estimate of its largest singular value.

    The checkpoints hold the raw weight (`weight_orig`) and the two singular vectors as they
    stood after the last training step (`weight_u`, `weight_v`): the divisor is u^T W v with W
    as (outputs, all else). Training improves the vectors by one power iteration in every
    forward; otherwise they stay, so the result is a function of the file alone.

    Source: Miyato et al. 2018, arXiv:1802.05957, algorithm 1. torch's own class of this form
    is deprecated, and its successor names its tensors otherwise.
    """

    bias: nn.Parameter | None
    weight_u: torch.Tensor
    weight_v: torch.Tensor

    def __init__(
        self, taken: int, given: int, kernel: int, *, padding: int = 0, bias: bool = True
    ) -> None:
        super().__init__()
        plain = nn.Conv2d(taken, given, kernel)
        assert plain.bias is not None
        self.register_parameter("bias", nn.Parameter(plain.bias.detach()) if bias else None)
        self.weight_orig = nn.Parameter(plain.weight.detach())
        self.padding = padding
        self._settled: torch.Tensor | None = None
        self.register_buffer("weight_u", _unit(torch.randn(given)))
        self.register_buffer("weight_v", _unit(torch.randn(taken * kernel * kernel)))

    def weight(self) -> torch.Tensor:
        """Return the weight that is used, (given, taken, kernel, kernel)."""
        matrix = self.weight_orig.flatten(1)  # (given, taken * kernel * kernel)
        if self.training:
            self._iterate(matrix.detach())
        # copies: a second forward changes the vectors before the first one's gradient is taken
        largest = torch.dot(self.weight_u.clone(), matrix @ self.weight_v.clone())
        return self.weight_orig / largest

    def _iterate(self, matrix: torch.Tensor) -> None:
        with torch.no_grad():
            self.weight_v.copy_(_unit(matrix.T @ self.weight_u))
            self.weight_u.copy_(_unit(matrix @ self.weight_v))

    def settle(self, dtype: torch.dtype = torch.float32) -> None:
        """Work the weight out once, and keep it in a type: from here on the layer is only run."""
        with torch.no_grad():
            self._settled = self.weight().to(dtype, memory_format=torch.channels_last)
            if self.bias is not None:
                self.bias.data = self.bias.data.to(dtype)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(batch, taken, h, w) -> (batch, given, h', w')."""
        weight = self.weight() if self._settled is None else self._settled
        return functional.conv2d(x, weight, self.bias, padding=self.padding)


def _unit(vector: torch.Tensor) -> torch.Tensor:
    return functional.normalize(vector, dim=0, eps=_LEAST)
