"""The discriminator of the First Order Motion Model: patches, at several sizes."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import nn
from torch.nn import functional

from vivant.engines.fomm.parameters import Judging
from vivant.engines.layers.grids import gaussians
from vivant.engines.layers.spectral import SpectralConv2d


class _Block(nn.Module):
    """4 x 4 convolution without padding, instance norm, leaky rectifier, perhaps halved."""

    def __init__(self, taken: int, given: int, *, norm: bool, pool: bool, sn: bool) -> None:
        super().__init__()
        self.conv = _conv(taken, given, 4, sn)
        self.norm = nn.InstanceNorm2d(given, affine=True) if norm else None
        self.pool = pool

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(batch, taken, h, w) -> (batch, given, h - 3, w - 3), or half of that."""
        x = self.conv(x)
        if self.norm is not None:
            x = self.norm(x)
        x = functional.leaky_relu(x, 0.2)
        return functional.avg_pool2d(x, 2) if self.pool else x


def _conv(taken: int, given: int, kernel: int, sn: bool) -> nn.Module:
    return SpectralConv2d(taken, given, kernel) if sn else nn.Conv2d(taken, given, kernel)


class Discriminator(nn.Module):
    """Says for every patch whether it is real; used through `MultiScaleDiscriminator`."""

    def __init__(self, p: Judging) -> None:
        super().__init__()
        self.variance = p.kp_variance
        self.use_kp = p.use_kp
        widths = [p.num_channels + p.num_kp * p.use_kp]
        widths += [
            min(p.max_features, p.block_expansion * 2 ** (i + 1)) for i in range(p.num_blocks)
        ]
        self.down_blocks = nn.ModuleList(
            _Block(widths[i], widths[i + 1], norm=i > 0, pool=i < p.num_blocks - 1, sn=p.sn)
            for i in range(p.num_blocks)
        )
        self.conv = _conv(widths[-1], 1, 1, p.sn)

    def forward(
        self, x: torch.Tensor, kp: Mapping[str, torch.Tensor] | None = None
    ) -> tuple[list[torch.Tensor], torch.Tensor]:
        """(batch, channels, h, w) -> features after every block, and (batch, 1, h', w').

        `kp` holds the key points, `value` (batch, K, 2), where the configuration uses them.
        """
        if self.use_kp:
            if kp is None:
                raise ValueError("this discriminator was trained with key points (use_kp): give kp")
            # a heatmap a key point: (batch, channels + K, h, w)
            x = torch.cat([x, gaussians(kp["value"], x.shape[2:], self.variance)], dim=1)
        maps = []
        for block in self.down_blocks:
            x = block(x)
            maps.append(x)
        return maps, self.conv(x)


class MultiScaleDiscriminator(nn.Module):
    """One discriminator a size. A size s is `0-5` in names of weights, `0.5` in dictionaries."""

    def __init__(self, p: Judging) -> None:
        super().__init__()
        self.discs = nn.ModuleDict(
            {str(scale).replace(".", "-"): Discriminator(p) for scale in p.scales}
        )

    def forward(
        self, x: Mapping[str, torch.Tensor], kp: Mapping[str, torch.Tensor] | None = None
    ) -> dict[str, list[torch.Tensor] | torch.Tensor]:
        """Judge a pyramid: `prediction_s` -> `feature_maps_s` and `prediction_map_s`."""
        found: dict[str, list[torch.Tensor] | torch.Tensor] = {}
        for key, disc in self.discs.items():
            scale = key.replace("-", ".")
            maps, verdict = disc(x[f"prediction_{scale}"], kp)
            found[f"feature_maps_{scale}"] = maps
            found[f"prediction_map_{scale}"] = verdict
        return found
