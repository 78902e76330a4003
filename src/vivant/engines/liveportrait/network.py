"""LivePortrait's networks, loading the public checkpoints.

Guo et al., "LivePortrait: Efficient Portrait Animation with Stitching and Retargeting Control",
2024, arXiv:2407.03168; after Wang et al., "One-Shot Free-View Neural Talking-Head Synthesis",
CVPR 2021, arXiv:2011.15126. Pictures are (batch, 3, 256, 256) RGB in [0, 1]. A key point is
(x, y, z): right, down, into the picture. A volume is (batch, channels, depth, h, w).

Each network stands in a file of its own: `extraction` (motion), `warping`, `decoder`; the two
small ones are here. The traps are told where they lie: `layers.grids` (align_corners),
`extraction` (erf-GELU, LayerNorm's epsilon), `layers.spectral` (stored vectors).
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import torch
from torch import nn

from vivant.configurations import options, sections
from vivant.engines.layers.blocks import Down, Residual, Same
from vivant.engines.liveportrait import parameters
from vivant.engines.liveportrait.decoder import SpadeGenerator
from vivant.engines.liveportrait.extraction import MotionExtractor
from vivant.engines.liveportrait.warping import WarpingModule
from vivant.errors import SettingsError

RETARGETING = ("stitching", "lip", "eye")
"""The small networks; in the public file `retarget_shoulder`, `_mouth` and `_eye`."""


def build(config: dict[str, Any]) -> dict[str, nn.Module]:
    """Build the networks that a published configuration describes, with random weights.

    Args:
        config: the whole parsed file; only `model_params` is read.

    Returns:
        `appearance_feature_extractor`, `motion_extractor`, `warping_module`, `spade_generator`
        and, where it is described, `stitching_retargeting_module` (a `ModuleDict` of
        `stitching`, `lip` and `eye`), in eval mode, with the public state names.

    Raises:
        SettingsError: a section or option is unknown, missing or refused.
    """
    kinds: dict[str, tuple[type, type[nn.Module]]] = {
        "appearance_feature_extractor": (parameters.Appearance, AppearanceFeatureExtractor),
        "motion_extractor": (parameters.Extraction, MotionExtractor),
        "warping_module": (parameters.Warping, WarpingModule),
        "spade_generator": (parameters.Painting, SpadeGenerator),
    }
    needed = [f"{name}_params" for name in kinds]
    small = "stitching_retargeting_module"
    found = sections(config, [*needed, f"{small}_params"], needed)
    networks: dict[str, nn.Module] = {
        name: module(options(cls, found[f"{name}_params"], f"{name}_params"))
        for name, (cls, module) in kinds.items()
    }
    if f"{small}_params" in found:
        networks[small] = _retargeting(found[f"{small}_params"], f"{small}_params")
    return {name: network.eval() for name, network in networks.items()}


def _retargeting(section: object, where: str) -> nn.ModuleDict:
    if not isinstance(section, dict) or set(section) != set(RETARGETING):
        raise SettingsError(f"{where} must hold {', '.join(RETARGETING)}, got {section!r}")
    return nn.ModuleDict(
        {
            name: Perceptron(options(parameters.Perceptron, section[name], f"{where}.{name}"))
            for name in RETARGETING
        }
    )


class AppearanceFeatureExtractor(nn.Module):
    """Reads the portrait, once, into a volume of features (sec. 3.1)."""

    def __init__(self, p: parameters.Appearance) -> None:
        super().__init__()
        self.depth = p.reshape_depth
        widths = [
            min(p.max_features, p.block_expansion * 2**i) for i in range(p.num_down_blocks + 1)
        ]
        self.first = Same(p.image_channel, widths[0])
        self.down_blocks = nn.ModuleList(Down(a, b) for a, b in pairwise(widths))
        self.second = nn.Conv2d(widths[-1], p.reshape_channel * p.reshape_depth, 1)
        self.resblocks_3d = nn.Sequential()
        for number in range(p.num_resblocks):
            self.resblocks_3d.add_module(f"3dr{number}", Residual(p.reshape_channel, axes=3))

    def forward(self, source_image: torch.Tensor) -> torch.Tensor:
        """(batch, 3, h, w) -> (batch, channels, depth, h / 4, w / 4) with two down blocks."""
        x = self.first(source_image)
        for block in self.down_blocks:
            x = block(x)
        x = self.second(x)
        # (batch, channels * depth, h, w) -> (batch, channels, depth, h, w)
        x = x.reshape(len(x), -1, self.depth, *x.shape[2:])
        return self.resblocks_3d(x)


class Perceptron(nn.Module):
    """A small network on key points: stitching, lip and eye retargeting (sec. 3.3).

    It takes flat key points with what goes beside them: stitching the source's and the
    driver's, lip 2 and eye 3 numbers about how far they are open. It gives flat changes of key
    points; stitching two more, a shift of all in x and y.
    """

    def __init__(self, p: parameters.Perceptron) -> None:
        super().__init__()
        widths = [p.input_size, *p.hidden_sizes, p.output_size]
        layers: list[nn.Module] = []
        for taken, given in pairwise(widths):
            layers += [nn.Linear(taken, given), nn.ReLU()]
        self.mlp = nn.Sequential(*layers[:-1])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(batch, input_size) -> (batch, output_size)."""
        return self.mlp(x)
