"""The First Order Motion Model's networks, loading the public checkpoints.

Siarohin et al., "First Order Motion Model for Image Animation", NeurIPS 2019, arXiv:2003.00196.
Pictures are (batch, channels, h, w) RGB in [0, 1]. Key points are a dictionary: `value`
(batch, K, 2), (x, y) in [-1, 1]; with Jacobians also `jacobian` (batch, K, 2, 2), the
derivative of the frame's coordinates by those of an abstract reference frame.

Traps, as the checkpoints want them: `layers.grids` tells of `align_corners`; the anti-alias
kernels (`down.weight`) are buffers that lie in the checkpoints; heatmaps are made without
padding, so their grid is 6 cells smaller than the features'; batch norms have torch's
epsilon of 1e-5.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from vivant.configurations import options, sections
from vivant.engines.fomm.discriminator import MultiScaleDiscriminator
from vivant.engines.fomm.parameters import Common, Judging, KeyPoints, Motion, Painting
from vivant.engines.layers.blocks import Down, Hourglass, Residual, Same, Up
from vivant.engines.layers.grids import coordinate_grid, gaussians, sample_image

Points = Mapping[str, torch.Tensor]


def build(config: dict[str, Any]) -> dict[str, nn.Module]:
    """Build the networks that a published configuration describes, with random weights.

    Args:
        config: the whole parsed file; only `model_params` is read. Its section
            `discriminator_params` may be missing, as drawing does not need it.

    Returns:
        `kp_detector`, `generator` and, where it is described, `discriminator`, in eval mode,
        with the state names of the public checkpoints.

    Raises:
        SettingsError: a section or option is unknown, missing or refused.
    """
    needed = ("common_params", "kp_detector_params", "generator_params")
    found = sections(config, (*needed, "discriminator_params"), needed)
    common = vars(options(Common, found["common_params"], "common_params"))
    networks: dict[str, nn.Module] = {
        "kp_detector": KeyPointDetector(
            options(KeyPoints, found["kp_detector_params"], "kp_detector_params", **common)
        ),
        "generator": Generator(
            options(Painting, found["generator_params"], "generator_params", **common)
        ),
    }
    if "discriminator_params" in found:
        networks["discriminator"] = MultiScaleDiscriminator(
            options(Judging, found["discriminator_params"], "discriminator_params", **common)
        )
    return {name: network.eval() for name, network in networks.items()}


class Shrink(nn.Module):
    """Blurs, then keeps every n-th pixel, n = 1 / scale, beginning with the first.

    The Gaussian has a deviation of (n - 1) / 2 pixels and reaches 4 deviations to each side;
    outside the picture is 0. It is a buffer, the same for every channel, and lies in the
    checkpoints as `weight` (channels, 1, side, side).
    """

    weight: torch.Tensor

    def __init__(self, channels: int, scale: float) -> None:
        super().__init__()
        self.step = int(1 / scale)
        deviation = (1 / scale - 1) / 2
        self.reach = round(4 * deviation)
        offsets = torch.arange(-self.reach, self.reach + 1, dtype=torch.float32)
        # at full size the deviation is 0: the kernel is a single 1
        bell = torch.exp(-(offsets**2) / max(2 * deviation**2, 1e-12))
        kernel = torch.outer(bell, bell)
        kernel = (kernel / kernel.sum()).expand(channels, 1, *kernel.shape)
        self.register_buffer("weight", kernel.contiguous())

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(batch, channels, h, w) -> (batch, channels, h / n, w / n), rounded up.

        Striding the convolution skips the pixels that would be thrown away.
        """
        return functional.conv2d(
            x, self.weight, stride=self.step, padding=self.reach, groups=x.shape[1]
        )


class KeyPointDetector(nn.Module):
    """Finds key points and their Jacobians without having been told what they are (sec. 3.1)."""

    def __init__(self, p: KeyPoints) -> None:
        super().__init__()
        self.temperature = p.temperature
        self.predictor = Hourglass(p.num_channels, p.block_expansion, p.num_blocks, p.max_features)
        self.kp = nn.Conv2d(self.predictor.given, p.num_kp, 7, padding=p.pad)
        self.jacobian = None
        if p.estimate_jacobian:
            maps = 1 if p.single_jacobian_map else p.num_kp
            self.jacobian = nn.Conv2d(self.predictor.given, 4 * maps, 7, padding=p.pad)
            # training begins with every surrounding as it is: the identity
            nn.init.zeros_(self.jacobian.weight)
            assert self.jacobian.bias is not None
            self.jacobian.bias.data.copy_(torch.tensor([1.0, 0.0, 0.0, 1.0]).repeat(maps))
        self.down = Shrink(p.num_channels, p.scale_factor) if p.scale_factor != 1 else None

    def forward(self, x: torch.Tensor) -> dict[str, torch.Tensor]:
        """(batch, channels, h, w) -> `value` and, where they are estimated, `jacobian`."""
        if self.down is not None:
            x = self.down(x)
        features = self.predictor(x)
        scores = self.kp(features)  # (batch, K, h', w')
        # softmax over all places: (batch, K, h' * w') and back
        heat = (scores.flatten(2) / self.temperature).softmax(-1).reshape(scores.shape)
        grid = coordinate_grid(heat.shape[2:], heat)  # (h', w', 2)
        points = {"value": torch.einsum("bkhw,hwc->bkc", heat, grid)}
        if self.jacobian is not None:
            maps = self.jacobian(features)
            # (batch, 4 * maps, h', w') -> (batch, maps, 4, h', w'); a single map serves all K
            maps = maps.reshape(len(maps), -1, 4, *maps.shape[2:])
            means = (heat.unsqueeze(2) * maps).flatten(3).sum(-1)  # (batch, K, 4)
            points["jacobian"] = means.reshape(*means.shape[:2], 2, 2)
        return points


def inverted(matrix: torch.Tensor) -> torch.Tensor:
    """Return the inverse of (..., 2, 2) matrices; not finite where there is none.

    >>> inverted(torch.tensor([[2.0, 0.0], [0.0, 4.0]])).tolist()
    [[0.5, -0.0], [-0.0, 0.25]]
    """
    a, b, c, d = matrix.flatten(-2).unbind(-1)
    adjugate = torch.stack([d, -b, -c, a], dim=-1).reshape(matrix.shape)
    return adjugate / (a * d - b * c)[..., None, None]


class DenseMotion(nn.Module):
    """From sparse key points to one motion for every pixel, and what it uncovers (sec. 3.2)."""

    def __init__(self, p: Motion) -> None:
        super().__init__()
        self.variance = p.kp_variance
        # for every motion, the background's among them: one heatmap and one moved picture
        taken = (p.num_kp + 1) * (p.num_channels + 1)
        self.hourglass = Hourglass(taken, p.block_expansion, p.num_blocks, p.max_features)
        self.mask = nn.Conv2d(self.hourglass.given, p.num_kp + 1, 7, padding=3)
        self.occlusion = None
        if p.estimate_occlusion_map:
            self.occlusion = nn.Conv2d(self.hourglass.given, 1, 7, padding=3)
        self.down = Shrink(p.num_channels, p.scale_factor) if p.scale_factor != 1 else None

    def shrink(self, source_image: torch.Tensor) -> torch.Tensor:
        """Return the source at the size at which motion is worked out; once a source."""
        return source_image if self.down is None else self.down(source_image)

    def forward(
        self, source_image: torch.Tensor, kp_driving: Points, kp_source: Points
    ) -> dict[str, torch.Tensor]:
        """Return `mask`, `deformation`, `sparse_deformed` and perhaps `occlusion_map`.

        `mask` (batch, K + 1, h, w) is the share of each motion, the background's first;
        `deformation` (batch, h, w, 2) says where in the source each pixel is taken from;
        `sparse_deformed` (batch, K + 1, channels, h, w) is the source under each motion;
        `occlusion_map` (batch, 1, h, w) is 1 where the source shows what is wanted.
        """
        return self.estimate(self.shrink(source_image), kp_driving, kp_source)

    def estimate(
        self, small: torch.Tensor, kp_driving: Points, kp_source: Points
    ) -> dict[str, torch.Tensor]:
        """`forward` on a source that is already shrunk."""
        size = small.shape[2:]
        motions = self._motions(size, kp_driving, kp_source)  # (batch, K + 1, h, w, 2)
        moved = self._moved(small, motions)  # (batch, K + 1, channels, h, w)
        heat = gaussians(kp_driving["value"], size, self.variance)
        heat = heat - gaussians(kp_source["value"], size, self.variance)  # (batch, K, h, w)
        heat = functional.pad(heat, (0, 0, 0, 0, 1, 0))  # the background has none
        # beside each other for every motion, then motions after one another:
        # (batch, K + 1, 1 + channels, h, w) -> (batch, (K + 1) * (1 + channels), h, w)
        seen = torch.cat([heat.unsqueeze(2), moved], dim=2).flatten(1, 2)
        features = self.hourglass(seen)
        mask = self.mask(features).softmax(1)
        found = {
            "sparse_deformed": moved,
            "mask": mask,
            "deformation": (motions * mask.unsqueeze(-1)).sum(1),  # (batch, h, w, 2)
        }
        if self.occlusion is not None:
            found["occlusion_map"] = self.occlusion(features).sigmoid()
        return found

    @staticmethod
    def _motions(size: torch.Size, kp_driving: Points, kp_source: Points) -> torch.Tensor:
        """Return where every motion takes each pixel from, (batch, K + 1, h, w, 2); eq. 4."""
        to, come = kp_driving["value"], kp_source["value"]  # (batch, K, 2)
        grid = coordinate_grid(size, to)  # (h, w, 2)
        offsets = grid - to[:, :, None, None]  # (batch, K, h, w, 2): z - p_driving
        if "jacobian" in kp_driving:
            with torch.autocast(to.device.type, enabled=False):  # places want all their digits
                turn = kp_source["jacobian"] @ inverted(kp_driving["jacobian"])  # (batch, K, 2, 2)
                offsets = torch.einsum("bkij,bkhwj->bkhwi", turn, offsets)
        moved = offsets + come[:, :, None, None]
        still = grid.expand(len(moved), 1, *grid.shape)
        return torch.cat([still, moved], dim=1)

    @staticmethod
    def _moved(small: torch.Tensor, motions: torch.Tensor) -> torch.Tensor:
        """Return the source under each motion, (batch, K + 1, channels, h, w)."""
        count = motions.shape[1]
        # a picture a motion: (batch * (K + 1), channels, h, w) and (batch * (K + 1), h, w, 2)
        sources = small.unsqueeze(1).expand(len(motions), count, -1, -1, -1).flatten(0, 1)
        moved = sample_image(sources, motions.flatten(0, 1))
        return moved.reshape(len(motions), count, *moved.shape[1:])


class Generator(nn.Module):
    """Draws the source in the driver's pose: moves its features, dims what it does not show.

    `encode` needs the source only and is done once; `draw` is the work for every frame.
    """

    def __init__(self, p: Painting) -> None:
        super().__init__()
        self.dense_motion_network = None
        if p.dense_motion_params is not None:
            self.dense_motion_network = DenseMotion(
                options(
                    Motion, p.dense_motion_params, "generator_params.dense_motion_params",
                    num_kp=p.num_kp, num_channels=p.num_channels,
                    estimate_occlusion_map=p.estimate_occlusion_map,
                )
            )  # fmt: skip
        widths = [
            min(p.max_features, p.block_expansion * 2**i) for i in range(p.num_down_blocks + 1)
        ]
        self.first = Same(p.num_channels, widths[0], 7)
        steps = list(pairwise(widths))
        self.down_blocks = nn.ModuleList(Down(a, b) for a, b in steps)
        self.up_blocks = nn.ModuleList(Up(b, a) for a, b in reversed(steps))
        self.bottleneck = nn.Sequential()
        for number in range(p.num_bottleneck_blocks):
            self.bottleneck.add_module(f"r{number}", Residual(widths[-1]))
        self.final = nn.Conv2d(widths[0], p.num_channels, 7, padding=3)

    def encode(self, source_image: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the source's features (batch, width, h / 2^n, w / 2^n), and it shrunk."""
        features = self.first(source_image)
        for block in self.down_blocks:
            features = block(features)
        motion = self.dense_motion_network
        return features, source_image if motion is None else motion.shrink(source_image)

    def draw(
        self, features: torch.Tensor, small: torch.Tensor, kp_driving: Points, kp_source: Points
    ) -> dict[str, torch.Tensor]:
        """Return `prediction`, and what `DenseMotion` found on the way.

        Args:
            features: the first result of `encode`; its batch may be 1 for many drivers.
            small: the second; likewise.
            kp_driving: wanted key points, one a picture.
            kp_source: the source's; likewise.
        """
        found = {}
        if self.dense_motion_network is not None:
            found = self.dense_motion_network.estimate(small, kp_driving, kp_source)
            features = warped(features, found["deformation"])
            if "occlusion_map" in found:
                features = features * resized(found["occlusion_map"], features.shape[2:])
        return found | {"prediction": self.paint(features)}

    def paint(self, features: torch.Tensor) -> torch.Tensor:
        """Return the picture (batch, channels, h, w) in [0, 1] of features that were moved."""
        x = self.bottleneck(features)
        for block in self.up_blocks:
            x = block(x)
        return self.final(x).sigmoid()

    def forward(
        self, source_image: torch.Tensor, kp_driving: Points, kp_source: Points
    ) -> dict[str, torch.Tensor]:
        """Return `prediction` (batch, channels, h, w) in [0, 1] and what led to it.

        That is all of `DenseMotion.forward` and `deformed`, the source itself moved.
        """
        features, small = self.encode(source_image)
        found = self.draw(features, small, kp_driving, kp_source)
        if "deformation" in found:
            found["deformed"] = warped(source_image, found["deformation"])
        return found


def warped(x: torch.Tensor, deformation: torch.Tensor) -> torch.Tensor:
    """Take (batch, channels, H, W) from where the (batch, h, w, 2) map says, at x's own size."""
    wanted = deformation.permute(0, 3, 1, 2)  # (batch, 2, h, w), as pictures are resized
    grid = resized(wanted, x.shape[2:]).permute(0, 2, 3, 1)  # (batch, H, W, 2)
    return sample_image(x.expand(len(grid), -1, -1, -1), grid)


def resized(x: torch.Tensor, size: torch.Size) -> torch.Tensor:
    """Return (batch, channels, h, w) at another size, bilinear."""
    if x.shape[2:] == size:
        return x
    return functional.interpolate(x, size=size, mode="bilinear", align_corners=False)
