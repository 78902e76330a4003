"""The steps of a flow, each with the logarithm of its determinant and its way back.

Source: Kingma & Dhariwal 2018, arXiv:1807.03039, table 1, in the form that public PyTorch
checkpoints have.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional


class ActNorm(nn.Module):
    """Shifts and scales each channel.

    `y = scale * (x + loc)`. The paper learns the logarithm of a scale and shifts afterwards;
    weights of one form do not fit the other.
    """

    initialized: Tensor

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.loc = nn.Parameter(torch.zeros(1, channels, 1, 1))
        self.scale = nn.Parameter(torch.ones(1, channels, 1, 1))
        self.register_buffer("initialized", torch.tensor(0, dtype=torch.uint8))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return (batch, channels, side, side) changed, and the log determinant, a scalar."""
        if not self.initialized:
            self._adapt(x)
        height, width = x.shape[2:]
        logdet = height * width * self.scale.abs().log().sum()
        return self.scale * (x + self.loc), logdet

    def reverse(self, y: Tensor) -> Tensor:
        """Return what `forward` was given."""
        return y / self.scale - self.loc

    @torch.no_grad()
    def _adapt(self, x: Tensor) -> None:
        """Choose shift and scale so that this batch has mean 0 and (unbiased) deviation 1."""
        deviation, mean = torch.std_mean(x, dim=(0, 2, 3), keepdim=True)  # (1, channels, 1, 1)
        self.loc.copy_(-mean)
        self.scale.copy_(1 / (deviation + 1e-6))
        self.initialized.fill_(1)


class InvConv(nn.Module):
    """Mixes the channels by a matrix that begins as a rotation."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(_rotation(channels)[:, :, None, None])

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return (batch, channels, side, side) changed, and the log determinant, a scalar."""
        height, width = x.shape[2:]
        # In double precision: the determinant is a product of many numbers.
        matrix = self.weight[:, :, 0, 0].double()
        logdet = height * width * torch.linalg.slogdet(matrix)[1].to(x.dtype)
        return functional.conv2d(x, self.weight), logdet

    def reverse(self, y: Tensor) -> Tensor:
        """Return what `forward` was given."""
        inverse = torch.linalg.inv(self.weight[:, :, 0, 0])
        return functional.conv2d(y, inverse[:, :, None, None])


class InvConvLU(nn.Module):
    """Mixes the channels by P L (U + diag(s)), whose determinant is known without work.

    The sign of s and the permutation stay what they were at the beginning; arXiv:1807.03039,
    eq. 10 and 11.
    """

    w_p: Tensor
    u_mask: Tensor
    l_mask: Tensor
    s_sign: Tensor
    l_eye: Tensor

    def __init__(self, channels: int) -> None:
        super().__init__()
        permutation, lower, upper = torch.linalg.lu(_rotation(channels))
        diagonal = upper.diagonal()
        ones = torch.ones(channels, channels)
        self.w_l = nn.Parameter(lower)
        self.w_s = nn.Parameter(diagonal.abs().log())
        self.w_u = nn.Parameter(upper.triu(1))
        self.register_buffer("w_p", permutation)
        self.register_buffer("u_mask", ones.triu(1))
        self.register_buffer("l_mask", ones.tril(-1))
        self.register_buffer("s_sign", diagonal.sign())
        self.register_buffer("l_eye", torch.eye(channels))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return (batch, channels, side, side) changed, and the log determinant, a scalar."""
        height, width = x.shape[2:]
        logdet = height * width * self.w_s.sum()
        return functional.conv2d(x, self._matrix()[:, :, None, None]), logdet

    def reverse(self, y: Tensor) -> Tensor:
        """Return what `forward` was given."""
        inverse = torch.linalg.inv(self._matrix())
        return functional.conv2d(y, inverse[:, :, None, None])

    def _matrix(self) -> Tensor:
        """Return (channels, channels)."""
        lower = self.w_l * self.l_mask + self.l_eye
        upper = self.w_u * self.u_mask + torch.diag(self.s_sign * self.w_s.exp())
        return self.w_p @ lower @ upper


class ZeroConv2d(nn.Module):
    """A 3x3 convolution that answers 0 at first, at a pace of its own.

    Its border is padded with ones, so that it can tell where the border is.
    """

    def __init__(self, given: int, made: int) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.zeros(1, made, 1, 1))
        self.conv = nn.Conv2d(given, made, 3)
        nn.init.zeros_(self.conv.weight)
        assert self.conv.bias is not None
        nn.init.zeros_(self.conv.bias)

    def forward(self, x: Tensor) -> Tensor:
        """Return (batch, made, side, side)."""
        x = functional.pad(x, (1, 1, 1, 1), value=1.0)  # (batch, given, side + 2, side + 2)
        answer: Tensor = self.conv(x) * (3 * self.scale).exp()
        return answer


class Coupling(nn.Module):
    """Changes the second half of the channels by what the first half says."""

    def __init__(self, channels: int, width: int, *, affine: bool) -> None:
        super().__init__()
        self.affine = affine
        half = channels // 2
        self.net = nn.Sequential(
            nn.Conv2d(half, width, 3, padding=1),
            nn.ReLU(inplace=True),
            nn.Conv2d(width, width, 1),
            nn.ReLU(inplace=True),
            ZeroConv2d(width, channels if affine else half),
        )
        for layer in (self.net[0], self.net[2]):
            assert isinstance(layer, nn.Conv2d)
            assert layer.bias is not None
            nn.init.normal_(layer.weight, 0, 0.05)
            nn.init.zeros_(layer.bias)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return the changed (batch, channels, side, side), and the log determinant.

        The latter is (batch,), or the scalar 0 where the coupling only adds.
        """
        kept, changed = x.chunk(2, dim=1)  # each (batch, channels / 2, side, side)
        if not self.affine:
            return torch.cat([kept, changed + self.net(kept)], dim=1), x.new_zeros(())
        scale, shift = self._scale_shift(kept)
        out = torch.cat([kept, (changed + shift) * scale], dim=1)
        return out, scale.log().flatten(1).sum(1)

    def reverse(self, y: Tensor) -> Tensor:
        """Return what `forward` was given."""
        kept, changed = y.chunk(2, dim=1)
        if not self.affine:
            return torch.cat([kept, changed - self.net(kept)], dim=1)
        scale, shift = self._scale_shift(kept)
        return torch.cat([kept, changed / scale - shift], dim=1)

    def _scale_shift(self, kept: Tensor) -> tuple[Tensor, Tensor]:
        raw, shift = self.net(kept).chunk(2, dim=1)
        return torch.sigmoid(raw + 2), shift


def _rotation(channels: int) -> Tensor:
    rotation, _ = torch.linalg.qr(torch.randn(channels, channels))
    return rotation
