"""LivePortrait's warping module: moves the portrait's volume and flattens it.

What depends on the portrait alone (`DenseMotion.compressed`) can be worked out once; all else
is the work for every frame. The 7 x 7 x 7 convolution of the mask and the 5-D sampling
(`layers.grids.sample_volume`) are what costs.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

from vivant.configurations import options
from vivant.engines.layers.blocks import Hourglass, Same
from vivant.engines.layers.grids import coordinate_grid, gaussians, sample_volume
from vivant.engines.liveportrait import parameters

VARIANCE = 0.01
"""Of the bells around key points, in squared grid units."""


class DenseMotion(nn.Module):
    """From sparse key points to one motion for every cell of the volume, and what it uncovers.

    Source: Wang et al. 2021, sec. 3.2: without Jacobians, as the rotation of the head is in
    the key points already.
    """

    def __init__(self, p: parameters.DenseMotion) -> None:
        super().__init__()
        # for every motion, the background's among them: one heatmap and one moved volume
        taken = (p.num_kp + 1) * (p.compress + 1)
        self.hourglass = Hourglass(
            taken, p.block_expansion, p.num_blocks, p.max_features, axes=3, closing=True
        )
        self.mask = nn.Conv3d(self.hourglass.given, p.num_kp + 1, 7, padding=3)
        self.compress = nn.Conv3d(p.reshape_channel, p.compress, 1)
        self.norm = nn.BatchNorm3d(p.compress)
        self.occlusion = None
        if p.estimate_occlusion_map:
            self.occlusion = nn.Conv2d(self.hourglass.given * p.reshape_depth, 1, 7, padding=3)

    def compressed(self, feature: torch.Tensor) -> torch.Tensor:
        """(batch, channels, d, h, w) -> (batch, compress, d, h, w); once a portrait."""
        return functional.relu(self.norm(self.compress(feature)))

    def forward(
        self, feature: torch.Tensor, kp_driving: torch.Tensor, kp_source: torch.Tensor
    ) -> dict[str, torch.Tensor]:
        """Return `mask`, `deformation` and perhaps `occlusion_map`.

        Args:
            feature: the portrait's volume (batch, channels, d, h, w).
            kp_driving: wanted key points (batch, K, 3).
            kp_source: the portrait's.

        Returns:
            `mask` (batch, K + 1, d, h, w) is the share of each motion, the background's first;
            `deformation` (batch, d, h, w, 3) says where each cell is taken from;
            `occlusion_map` (batch, 1, h, w) is 1 where the portrait shows what is wanted.
        """
        return self.estimate(self.compressed(feature), kp_driving, kp_source)

    def estimate(
        self, compressed: torch.Tensor, kp_driving: torch.Tensor, kp_source: torch.Tensor
    ) -> dict[str, torch.Tensor]:
        """`forward` on a volume that is already compressed."""
        shape = compressed.shape[2:]
        motions = self._motions(shape, kp_driving, kp_source)  # (batch, K + 1, d, h, w, 3)
        moved = self._moved(compressed, motions)  # (batch, K + 1, compress, d, h, w)
        heat = gaussians(kp_driving, shape, VARIANCE) - gaussians(kp_source, shape, VARIANCE)
        heat = functional.pad(heat, (0, 0, 0, 0, 0, 0, 1, 0))  # the background has none
        # beside each other for every motion, then motions after one another:
        # (batch, K + 1, 1 + compress, d, h, w) -> (batch, (K + 1) * (1 + compress), d, h, w)
        seen = torch.cat([heat.unsqueeze(2), moved], dim=2).flatten(1, 2)
        features = self.hourglass(seen)
        mask = self.mask(features).softmax(1)
        found = {
            "mask": mask,
            "deformation": (motions * mask.unsqueeze(-1)).sum(1),  # (batch, d, h, w, 3)
        }
        if self.occlusion is not None:
            # depth into channels: (batch, width, d, h, w) -> (batch, width * d, h, w)
            found["occlusion_map"] = self.occlusion(features.flatten(1, 2)).sigmoid()
        return found

    @staticmethod
    def _motions(
        shape: torch.Size, kp_driving: torch.Tensor, kp_source: torch.Tensor
    ) -> torch.Tensor:
        """Return where every motion takes each cell from, (batch, K + 1, d, h, w, 3)."""
        grid = coordinate_grid(shape, kp_driving)  # (d, h, w, 3)
        shift = kp_source - kp_driving  # (batch, K, 3)
        shift = functional.pad(shift, (0, 0, 1, 0))  # the background stays
        return grid + shift[:, :, None, None, None]

    @staticmethod
    def _moved(compressed: torch.Tensor, motions: torch.Tensor) -> torch.Tensor:
        """Return the volume under each motion, (batch, K + 1, compress, d, h, w)."""
        count = motions.shape[1]
        # a volume a motion: (batch * (K + 1), compress, d, h, w), and the same of the motions
        volumes = compressed.unsqueeze(1).expand(len(motions), count, -1, -1, -1, -1)
        moved = sample_volume(volumes.flatten(0, 1), motions.flatten(0, 1))
        return moved.reshape(len(motions), count, *moved.shape[1:])


class WarpingModule(nn.Module):
    """Moves the volume, lays its depth into channels and dims what the portrait does not show."""

    def __init__(self, p: parameters.Warping) -> None:
        super().__init__()
        self.dense_motion_network = DenseMotion(
            options(
                parameters.DenseMotion, p.dense_motion_params,
                "warping_module_params.dense_motion_params",
                num_kp=p.num_kp, reshape_channel=p.reshape_channel,
                estimate_occlusion_map=p.estimate_occlusion_map,
            )
        )  # fmt: skip
        given = p.block_expansion * 2**p.num_down_blocks
        self.third = Same(p.max_features, given, slope=0.01)
        self.fourth = nn.Conv2d(given, given, 1)

    def forward(
        self, feature_3d: torch.Tensor, kp_driving: torch.Tensor, kp_source: torch.Tensor
    ) -> dict[str, torch.Tensor]:
        """Return `out` (batch, width, h, w), `deformation` and perhaps `occlusion_map`.

        The arguments are those of `DenseMotion.forward`.
        """
        compressed = self.dense_motion_network.compressed(feature_3d)
        return self.draw(feature_3d, compressed, kp_driving, kp_source)

    def draw(
        self,
        feature_3d: torch.Tensor,
        compressed: torch.Tensor,
        kp_driving: torch.Tensor,
        kp_source: torch.Tensor,
    ) -> dict[str, torch.Tensor]:
        """`forward` with the portrait's volume and that compressed; one can serve many drivers."""
        found = self.dense_motion_network.estimate(compressed, kp_driving, kp_source)
        deformation, occlusion = found["deformation"], found.get("occlusion_map")
        volume = feature_3d.expand(len(deformation), -1, -1, -1, -1)
        # depth into channels: (batch, channels, d, h, w) -> (batch, channels * d, h, w)
        x = sample_volume(volume, deformation).flatten(1, 2)
        x = self.fourth(self.third(x))
        if occlusion is None:
            return {"deformation": deformation, "out": x}
        return {"occlusion_map": occlusion, "deformation": deformation, "out": x * occlusion}
