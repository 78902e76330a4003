"""Glow: a flow that takes a picture to codes of the same number of values, and back exactly.

Source: Kingma & Dhariwal 2018, "Glow: Generative Flow with Invertible 1x1 Convolutions",
arXiv:1807.03039; names and details as in the checkpoints of the widely used PyTorch version,
which differs from the paper in some points, all told at the layer:

- actnorm multiplies by its scale itself, not by the scale's exponential;
- the coupling's scale is a sigmoid of what its network says, plus 2;
- the last convolution of that network pads with ones, not with zeros;
- without LU decomposition, the last level has it nevertheless.

Conventions:
    - pictures are RGB in [-0.5, 0.5), (batch, 3, side, side), see `vivant.engines.glow.pixels`;
    - codes are a list, one (batch, channels, side, side) a level, the finest first.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from vivant.configurations import described
from vivant.engines.glow.layers import ActNorm, Coupling, InvConv, InvConvLU, ZeroConv2d
from vivant.errors import ShapeError


@dataclass(frozen=True, kw_only=True)
class GlowConfig:
    """What a flow is built from; the defaults are those of the public checkpoints."""

    in_channel: int = 3
    """Channels of a picture."""
    n_flow: int = 32
    """Steps a level (the paper's K)."""
    n_block: int = 4
    """Levels (the paper's L); each halves the sides."""
    affine: bool = True
    """Whether the coupling also scales, or only adds."""
    conv_lu: bool = True
    """Whether 1x1 convolutions are kept as an LU decomposition."""
    filter_size: int = 512
    """Channels inside the coupling's network."""


def build(config: Mapping[str, Any]) -> dict[str, nn.Module]:
    """Build the flow with new weights.

    Args:
        config: fields of `GlowConfig`; other keys are left out.

    Returns:
        `glow`, whose `state_dict` has the public names. Public files were often saved from
        several GPUs: their names begin with `module.`, see `bare`.

    Raises:
        SettingsError: an option is misspelt or refused.
    """
    return {"glow": Glow(described(GlowConfig, config, "glow"))}


def bare(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return weights by name without the `module.` that saving from several GPUs puts in front.

    >>> list(bare({"module.blocks.0.prior.scale": torch.zeros(1)}))
    ['blocks.0.prior.scale']
    """
    return {name.removeprefix("module."): value for name, value in state.items()}


class Flow(nn.Module):
    """One step: normalise each channel, mix the channels, change one half by the other."""

    def __init__(self, channels: int, config: GlowConfig, *, conv_lu: bool) -> None:
        super().__init__()
        self.actnorm = ActNorm(channels)
        self.invconv = InvConvLU(channels) if conv_lu else InvConv(channels)
        self.coupling = Coupling(channels, config.filter_size, affine=config.affine)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return the changed (batch, channels, side, side), and the log determinant."""
        x, first = self.actnorm(x)
        x, second = self.invconv(x)
        x, third = self.coupling(x)
        return x, first + second + third

    def reverse(self, y: Tensor) -> Tensor:
        """Return what `forward` was given."""
        y = self.coupling.reverse(y)
        y = self.invconv.reverse(y)
        return self.actnorm.reverse(y)


class Block(nn.Module):
    """One level: squeeze, many steps, then half of the channels leave as a code."""

    def __init__(self, channels: int, config: GlowConfig, *, last: bool) -> None:
        super().__init__()
        squeezed = 4 * channels
        self.split = not last
        lu = config.conv_lu or last  # the last level of public checkpoints always has it
        self.flows = nn.ModuleList(Flow(squeezed, config, conv_lu=lu) for _ in range(config.n_flow))
        # The codes of a level are expected where the channels that go on say; those of the last
        # level where a network of nothing but zeros says, which is to say its bias.
        goes_on = squeezed // 2 if self.split else squeezed
        self.prior = ZeroConv2d(goes_on, 2 * (squeezed - goes_on if self.split else squeezed))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Return what goes on, log determinant, log density of the code (batch,), code."""
        out = _squeeze(x)  # (batch, 4 channels, side / 2, side / 2)
        logdet = out.new_zeros(())
        for flow in self.flows:
            out, change = flow(out)
            logdet = logdet + change
        if not self.split:
            mean, log_sd = self._expected(torch.zeros_like(out))
            return out, logdet, _log_density(out, mean, log_sd), out
        out, code = out.chunk(2, dim=1)  # each (batch, 2 channels, side / 2, side / 2)
        mean, log_sd = self._expected(out)
        return out, logdet, _log_density(code, mean, log_sd), code

    def reverse(self, out: Tensor | None, code: Tensor, *, reconstruct: bool) -> Tensor:
        """Return what `forward` was given.

        Args:
            out: what went on; None at the last level.
            code: the code itself, or deviations from where it is expected, in its sigmas.
            reconstruct: whether `code` is the code itself.
        """
        if out is None:  # the last level: all is code
            out = code if reconstruct else self._placed(torch.zeros_like(code), code)
        else:
            code = code if reconstruct else self._placed(out, code)
            out = torch.cat([out, code], dim=1)
        for flow in reversed(self.flows):
            assert isinstance(flow, Flow)
            out = flow.reverse(out)
        return _unsqueeze(out)

    def _expected(self, seen: Tensor) -> tuple[Tensor, Tensor]:
        mean, log_sd = self.prior(seen).chunk(2, dim=1)
        return mean, log_sd

    def _placed(self, seen: Tensor, deviation: Tensor) -> Tensor:
        mean, log_sd = self._expected(seen)
        return mean + log_sd.exp() * deviation


class Glow(nn.Module):
    """The whole flow."""

    def __init__(self, config: GlowConfig) -> None:
        super().__init__()
        self.in_channel, self.n_block = config.in_channel, config.n_block
        # Each level but the last squeezes (4 times the channels), then lets half of them go.
        self.blocks = nn.ModuleList(
            Block(config.in_channel * 2**level, config, last=level == config.n_block - 1)
            for level in range(config.n_block)
        )

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, list[Tensor]]:
        """Take pictures to codes.

        A network whose actnorms are new adapts them to this very batch (data dependent
        initialisation), whether it is in training or not.

        Args:
            x: (batch, in_channel, height, width) in [-0.5, 0.5); the sides are multiples of
                2^n_block.

        Returns:
            log density of the codes (batch,), log determinant of the flow ((batch,); a scalar
            where the coupling only adds, since then no picture has another than the next), and
            the codes.

        Raises:
            ShapeError: the sides are none that can be halved n_block times.
        """
        if x.shape[2] % 2**self.n_block or x.shape[3] % 2**self.n_block:
            raise ShapeError(
                f"glow wants sides that are multiples of {2**self.n_block}, got {tuple(x.shape)}"
            )
        log_p, logdet = x.new_zeros(()), x.new_zeros(())
        codes = []
        for block in self.blocks:
            x, change, density, code = block(x)
            log_p, logdet = log_p + density, logdet + change
            codes.append(code)
        return log_p, logdet, codes

    def reverse(self, z_list: Sequence[Tensor], reconstruct: bool = False) -> Tensor:
        """Take codes to pictures.

        Args:
            z_list: codes as `forward` gives them, or deviations from what is expected (normal
                noise times a temperature), of the shapes of `code_shapes`.
            reconstruct: whether they are codes.

        Returns:
            pictures (batch, in_channel, height, width), [-0.5, 0.5) and at times beyond.

        Raises:
            ShapeError: there is another number of codes than of levels.
        """
        if len(z_list) != self.n_block:
            raise ShapeError(f"glow has {self.n_block} levels, got {len(z_list)} codes")
        x: Tensor | None = None
        for block, code in zip(reversed(self.blocks), reversed(z_list), strict=True):
            assert isinstance(block, Block)
            x = block.reverse(x, code, reconstruct=reconstruct)
        assert x is not None
        return x

    def code_shapes(self, side: int) -> list[tuple[int, int, int]]:
        """Return the shape of each code of a square picture: (channels, side, side)."""
        shapes = []
        for level in range(1, self.n_block + 1):
            widened = 2 if level == self.n_block else 1
            channels = self.in_channel * 2**level * widened
            shapes.append((channels, side // 2**level, side // 2**level))
        return shapes


def bits_per_dimension(
    log_p: Tensor, logdet: Tensor, side: int, bins: int
) -> tuple[Tensor, Tensor, Tensor]:
    """Return the loss that a flow is trained by, and its two parts; lower is better.

    Args:
        log_p: log density of the codes, (batch,).
        logdet: log determinant, (batch,) or a scalar.
        side: of the RGB pictures, pixels.
        bins: values that a pixel can have, 2^n_bits.

    Returns:
        bits for each of the side * side * 3 numbers, the mean over the batch, then the shares of
        `log_p` and of `logdet` in it (these two higher is better); scalars.

    Source: arXiv:1807.03039, eq. 2.
    """
    numbers = side * side * 3
    total = logdet + log_p - math.log(bins) * numbers
    scale = math.log(2) * numbers
    return (-total / scale).mean(), (log_p / scale).mean(), (logdet / scale).mean()


def _squeeze(x: Tensor) -> Tensor:
    """Take each 2x2 square of pixels to channels: c becomes c*4 + 2*dy + dx."""
    # (batch, channels, side, side) -> (batch, 4 channels, side / 2, side / 2)
    return functional.pixel_unshuffle(x, 2)


def _unsqueeze(x: Tensor) -> Tensor:
    # (batch, 4 channels, side / 2, side / 2) -> (batch, channels, side, side)
    return functional.pixel_shuffle(x, 2)


def _log_density(x: Tensor, mean: Tensor, log_sd: Tensor) -> Tensor:
    """Return log N(x; mean, exp(log_sd)) summed over a picture, (batch,)."""
    each = -0.5 * math.log(2 * math.pi) - log_sd - 0.5 * (x - mean) ** 2 / (2 * log_sd).exp()
    return each.flatten(1).sum(1)
