"""A flow for running only: each step's normalisation and mixing in one convolution.

Matrices are inverted once, in double precision, not for every picture; what training learns in
several factors is multiplied together. The numbers are those of `network.Glow` up to rounding.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from vivant.engines.glow.layers import ActNorm, Coupling, InvConv, InvConvLU, ZeroConv2d
from vivant.engines.glow.network import Block, Flow, Glow


class Encode(nn.Module):
    """Pictures to codes, without their density."""

    def __init__(self, glow: Glow) -> None:
        super().__init__()
        self.levels = nn.ModuleList(_Level(block, back=False) for block in glow.blocks)

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        """(batch, 3, side, side) as `pixels.to_input` gives them -> codes, the finest first."""
        codes = []
        for number, level in enumerate(self.levels, 1):
            x = functional.pixel_unshuffle(x, 2)
            x = level(x)
            if number < len(self.levels):
                x, code = x.chunk(2, dim=1)
                codes.append(code)
        return (*codes, x)


class Decode(nn.Module):
    """Codes to pictures."""

    def __init__(self, glow: Glow) -> None:
        super().__init__()
        self.levels = nn.ModuleList(_Level(block, back=True) for block in glow.blocks)

    def forward(self, *codes: Tensor) -> Tensor:
        """Codes, the finest first -> (batch, 3, side, side), about [-0.5, 0.5)."""
        x: Tensor | None = None
        for level, code in zip(reversed(self.levels), reversed(codes), strict=True):
            x = code if x is None else torch.cat([x, code], dim=1)
            x = functional.pixel_shuffle(level(x), 2)
        assert x is not None
        return x


class _Level(nn.Module):
    """All steps of one level, in the one direction or the other."""

    def __init__(self, block: nn.Module, *, back: bool) -> None:
        super().__init__()
        assert isinstance(block, Block)
        flows: Sequence[nn.Module] = list(block.flows)
        step = _Back if back else _Step
        self.steps = nn.Sequential(*(step(flow) for flow in (flows[::-1] if back else flows)))

    def forward(self, x: Tensor) -> Tensor:
        return self.steps(x)


class _Step(nn.Module):
    """One step towards codes: normalise and mix in one, then the coupling."""

    def __init__(self, flow: nn.Module) -> None:
        super().__init__()
        norm, matrix, coupling = _taken(flow)
        scale, shift = norm.scale.double().flatten(), norm.loc.double().flatten()
        self.mix = _mixing(matrix * scale, matrix @ (scale * shift))
        self.couple = _Couple(coupling)

    def forward(self, x: Tensor) -> Tensor:
        kept, changed = self.mix(x).chunk(2, dim=1)
        scale, shift = self.couple(kept)
        changed = changed + shift if scale is None else (changed + shift) * scale
        return torch.cat([kept, changed], dim=1)


class _Back(nn.Module):
    """One step towards the picture: the coupling's inverse, then that of mixing and norm."""

    def __init__(self, flow: nn.Module) -> None:
        super().__init__()
        norm, matrix, coupling = _taken(flow)
        scale, shift = norm.scale.double().flatten(), norm.loc.double().flatten()
        self.mix = _mixing(torch.linalg.inv(matrix) / scale[:, None], -shift)
        self.couple = _Couple(coupling)

    def forward(self, y: Tensor) -> Tensor:
        kept, changed = y.chunk(2, dim=1)
        scale, shift = self.couple(kept)
        changed = changed - shift if scale is None else changed / scale - shift
        return self.mix(torch.cat([kept, changed], dim=1))


class _Couple(nn.Module):
    """The coupling's network, its own pace multiplied into its last convolution."""

    def __init__(self, coupling: Coupling) -> None:
        super().__init__()
        self.affine = coupling.affine
        *first, last = coupling.net
        assert isinstance(last, ZeroConv2d)
        self.first = nn.Sequential(*first)
        pace = (3 * last.scale.detach()).exp().flatten()
        self.last = nn.Conv2d(last.conv.in_channels, last.conv.out_channels, 3)
        assert last.conv.bias is not None
        self.last.weight.data = last.conv.weight.detach() * pace[:, None, None, None]
        assert self.last.bias is not None
        self.last.bias.data = last.conv.bias.detach() * pace

    def forward(self, kept: Tensor) -> tuple[Tensor | None, Tensor]:
        said = self.last(functional.pad(self.first(kept), (1, 1, 1, 1), value=1.0))
        if not self.affine:
            return None, said
        raw, shift = said.chunk(2, dim=1)
        return torch.sigmoid(raw + 2), shift


def _taken(flow: nn.Module) -> tuple[ActNorm, Tensor, Coupling]:
    """Return a step's norm, its mixing matrix in double precision, and its coupling."""
    assert isinstance(flow, Flow)
    mixing = flow.invconv
    if isinstance(mixing, InvConvLU):
        lower = mixing.w_l.double() * mixing.l_mask + mixing.l_eye
        diagonal = mixing.s_sign * mixing.w_s.double().exp()
        upper = mixing.w_u.double() * mixing.u_mask + torch.diag(diagonal)
        matrix = mixing.w_p.double() @ lower @ upper
    else:
        assert isinstance(mixing, InvConv)
        matrix = mixing.weight[:, :, 0, 0].double()
    return flow.actnorm, matrix.detach(), flow.coupling


def _mixing(matrix: Tensor, bias: Tensor) -> nn.Conv2d:
    """Return a 1x1 convolution of a matrix and what is added afterwards."""
    mix = nn.Conv2d(matrix.shape[1], matrix.shape[0], 1)
    mix.weight.data = matrix.detach().float()[:, :, None, None]
    assert mix.bias is not None
    mix.bias.data = bias.detach().float()
    return mix
