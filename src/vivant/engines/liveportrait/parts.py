"""LivePortrait in parts that can be compiled: tensors in, tensors out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import nn

from vivant.engines.layers import stored
from vivant.engines.layers.export import Plan, Planned, called, folded, picture
from vivant.engines.liveportrait import quick_warping
from vivant.engines.liveportrait.decoder import SpadeGenerator
from vivant.engines.liveportrait.eager import networks_of
from vivant.engines.liveportrait.network import RETARGETING
from vivant.engines.liveportrait.quick_decoder import QuickDecoder
from vivant.engines.liveportrait.warping import WarpingModule


class Motion(nn.Module):
    """Pose and expression of a face, in the order of `network.MotionExtractor`."""

    def __init__(self, extractor: nn.Module) -> None:
        super().__init__()
        self.extractor = extractor

    def forward(self, image: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """(1, 3, h, w) -> what its heads say."""
        return tuple(self.extractor(image).values())


def plan(weights: Path) -> Plan:
    """Say what there is to compile in a file of `layers.stored`."""
    networks, side, upscale = networks_of(*stored.read(weights), weights)
    return planned(networks, side, upscale)


def planned(networks: dict[str, nn.Module], side: int, upscale: int) -> Plan:
    """Say what there is to compile in all networks for pictures of a side."""
    small: Any = networks["stitching_retargeting_module"]
    warping = networks["warping_module"]
    assert isinstance(warping, WarpingModule)
    dense = warping.dense_motion_network
    motion = Planned("motion", Motion(networks["motion_extractor"]), (picture(side),))
    heads = list(networks["motion_extractor"](picture(side)))
    points = small["stitching"].mlp[0].in_features // 6
    noise = torch.Generator().manual_seed(0)
    to, come = (torch.rand(1, points, 3, generator=noise) - 0.5 for _ in range(2))
    appearance = networks["appearance_feature_extractor"]
    read = Planned("read", quick_warping.Read(appearance, warping), (picture(side),))
    kept, compressed = called(read)
    size = compressed.shape[-2], compressed.shape[-1]
    see = Planned("see", quick_warping.See(), (compressed, to, come))
    judge = Planned("judge", quick_warping.Judge(dense), called(see), loose=True)
    move = Planned("move", quick_warping.Move(dense, size), (*called(judge), kept, to, come))
    decoder = folded(networks["spade_generator"])
    assert isinstance(decoder, SpadeGenerator)
    painter = quick_warping.Paint(warping, QuickDecoder(decoder))
    paint = Planned("paint", painter, called(move), loose=True)
    # eyes and lips are asked twice at a time: as wanted, and as they are
    lines = {"stitching": 1, "lip": 2, "eye": 2}
    perceptrons = [
        Planned(name, small[name], (torch.rand(lines[name], small[name].mlp[0].in_features),))
        for name in RETARGETING
    ]
    facts = {"side": side, "size": side * upscale, "heads": heads}
    return Plan([motion, read, see, judge, move, paint, *perceptrons], facts)
