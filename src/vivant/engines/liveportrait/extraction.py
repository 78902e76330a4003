"""LivePortrait's motion extractor: a ConvNeXt V2 with seven heads.

Woo et al., "ConvNeXt V2", CVPR 2023, arXiv:2301.00808.

Traps: every LayerNorm has an epsilon of 1e-6, not torch's 1e-5 (the difference, 5e-6 on key
points, lies below the golden numbers' tolerance); the GELU is the exact one with erf (tanh's
moves the picture by 3e-4); GRN divides by the mean plus 1e-6.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import nn
from torch.nn import functional

from vivant.engines.liveportrait.parameters import Extraction

BINS = 66
"""An angle is a distribution over bins of 3 degrees; `camera.degrees` reads it."""
_EPSILON = 1e-6


class _ChannelNorm(nn.LayerNorm):
    """LayerNorm over the channels of (batch, channels, h, w)."""

    def __init__(self, width: int) -> None:
        super().__init__(width, eps=_EPSILON)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        # channels last and back: (batch, h, w, channels)
        return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class _ResponseNorm(nn.Module):
    """Global response normalisation over the picture, channels last (ConvNeXt V2, sec. 3.3)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.gamma = nn.Parameter(torch.zeros(1, 1, 1, width))
        self.beta = nn.Parameter(torch.zeros(1, 1, 1, width))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(batch, h, w, channels) -> the same shape."""
        strength = x.square().sum((1, 2), keepdim=True).sqrt()  # (batch, 1, 1, channels)
        share = strength / (strength.mean(-1, keepdim=True) + _EPSILON)
        return self.gamma * (x * share) + self.beta + x


class _Block(nn.Module):
    """Depthwise 7 x 7, norm, four times as wide and back; added to what came in."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.dwconv = nn.Conv2d(width, width, 7, padding=3, groups=width)
        self.norm = nn.LayerNorm(width, eps=_EPSILON)
        self.pwconv1 = nn.Linear(width, 4 * width)
        self.grn = _ResponseNorm(4 * width)
        self.pwconv2 = nn.Linear(4 * width, width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(batch, width, h, w) -> the same shape."""
        change = self.dwconv(x).permute(0, 2, 3, 1)  # channels last: (batch, h, w, width)
        change = functional.gelu(self.pwconv1(self.norm(change)), approximate="none")
        change = self.pwconv2(self.grn(change))
        return x + change.permute(0, 3, 1, 2)


class ConvNeXtV2(nn.Module):
    """The backbone: four stages, each half the size of the one before, and the heads."""

    def __init__(self, p: Extraction) -> None:
        super().__init__()
        widths, depths = p.stages
        # a step to a stage: 4 x 4 cells at first, then 2 x 2; the first norms after it
        steps: list[nn.Module] = [
            nn.Sequential(nn.Conv2d(3, widths[0], 4, stride=4), _ChannelNorm(widths[0]))
        ]
        for taken, given in pairwise(widths):
            steps.append(nn.Sequential(_ChannelNorm(taken), nn.Conv2d(taken, given, 2, stride=2)))
        self.downsample_layers = nn.ModuleList(steps)
        self.stages = nn.ModuleList(
            nn.Sequential(*(_Block(width) for _ in range(depth)))
            for width, depth in zip(widths, depths, strict=True)
        )
        last = widths[-1]
        self.norm = nn.LayerNorm(last, eps=_EPSILON)
        self.fc_kp = nn.Linear(last, 3 * p.num_kp)
        self.fc_scale = nn.Linear(last, 1)
        self.fc_pitch = nn.Linear(last, BINS)
        self.fc_yaw = nn.Linear(last, BINS)
        self.fc_roll = nn.Linear(last, BINS)
        self.fc_t = nn.Linear(last, 3)
        self.fc_exp = nn.Linear(last, 3 * p.num_kp)

    def forward(self, x: torch.Tensor) -> dict[str, torch.Tensor]:
        """Return what every head says; see `MotionExtractor`."""
        for step, stage in zip(self.downsample_layers, self.stages, strict=True):
            x = stage(step(x))
        x = self.norm(x.mean((2, 3)))  # over the picture: (batch, channels)
        return {
            "pitch": self.fc_pitch(x),
            "yaw": self.fc_yaw(x),
            "roll": self.fc_roll(x),
            "t": self.fc_t(x),
            "exp": self.fc_exp(x),
            "scale": self.fc_scale(x),
            "kp": self.fc_kp(x),
        }


class MotionExtractor(nn.Module):
    """Reads head pose, expression and canonical key points from a face (sec. 3.1)."""

    def __init__(self, p: Extraction) -> None:
        super().__init__()
        self.detector = ConvNeXtV2(p)

    def forward(self, x: torch.Tensor) -> dict[str, torch.Tensor]:
        """Read (batch, 3, h, w).

        Returns:
            `pitch`, `yaw`, `roll` (batch, 66) scores of angle bins; `t` (batch, 3) shift;
            `exp` (batch, 3 K) changes of the key points, x, y, z of the first one first;
            `scale` (batch, 1); `kp` (batch, 3 K) the key points of the face itself.
            `camera` turns them into angles and into key points of the frame.
        """
        return self.detector(x)
