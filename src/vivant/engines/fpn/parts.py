"""The feature pyramid generator in parts that can be compiled: tensors in, tensors out."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import nn

from vivant.engines.fpn.eager import Network
from vivant.engines.fpn.network import Generator, build
from vivant.engines.fpn.normalise import SIZE
from vivant.engines.layers import stored
from vivant.engines.layers.export import Plan, Planned, called, picture


class Source(nn.Module):
    """What the source's encoder sees."""

    def __init__(self, generator: Generator) -> None:
        super().__init__()
        self.generator = generator

    def forward(self, image: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """(1, 3, side, side) -> four maps, from 1/4 of the side to 1/32."""
        return tuple(self.generator.see_source(image)[1:])


class Target(nn.Module):
    """What the target's encoder sees."""

    def __init__(self, generator: Generator) -> None:
        super().__init__()
        self.generator = generator

    def forward(self, image: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """(1, 3, side, side) -> five maps, from 1/2 of the side to 1/32."""
        return tuple(self.generator.see_target(image))


class Draw(nn.Module):
    """The picture from what was seen."""

    def __init__(self, generator: Generator) -> None:
        super().__init__()
        self.generator = generator

    def forward(self, target: torch.Tensor, *maps: torch.Tensor) -> torch.Tensor:
        """`maps`: four of the source, then five of the target; gives [0, 255]."""
        return 127.5 * (self.generator.draw(maps[:4], maps[4:], target) + 1)


def plan(weights: Path) -> Plan:
    """Say what there is to compile in a file of `layers.stored`."""
    config, tensors = stored.read(weights)
    generator = build(config)["generator"]
    stored.restore(generator, "generator", tensors)
    assert isinstance(generator, Generator)
    size = config.get("size", SIZE)
    Network(generator, size)  # refuses sizes that it cannot halve
    return planned(generator, size)


def planned(generator: Generator, side: int) -> Plan:
    """Say what there is to compile in a generator for pictures of a side."""
    target = 2 * picture(side) - 1
    seen = Planned("source", Source(generator), (2 * picture(side, seed=1) - 1,))
    kept = Planned("target", Target(generator), (target,))
    maps = (*called(seen), *called(kept))
    draw = Planned("draw", Draw(generator), (target, *maps), loose=True)
    return Plan([seen, kept, draw], {"size": side})
