"""GANimation's generator in parts that can be compiled: tensors in, tensors out."""

from __future__ import annotations

from pathlib import Path

import torch

from vivant.engines.ganimation.eager import Network
from vivant.engines.ganimation.network import Generator, build
from vivant.engines.ganimation.quick import Draw, Read
from vivant.engines.layers import stored
from vivant.engines.layers.export import Plan, Planned, called, picture

SIDE = 128
"""Side of the pictures that the engine draws, pixels."""


def plan(weights: Path) -> Plan:
    """Say what there is to compile in a file of `layers.stored`."""
    config, tensors = stored.read(weights)
    generator = build(config)["generator"]
    stored.restore(generator, "generator", tensors)
    assert isinstance(generator, Generator)
    Network(generator)  # refuses other Action Units than vivant's
    return planned(generator)


def planned(generator: Generator, side: int = SIDE) -> Plan:
    """Say what there is to compile in a generator."""
    units = torch.linspace(0, 1, generator.c_dim)[None]
    read = Planned("read", Read(generator), (2 * picture(side) - 1,))
    draw = Planned("draw", Draw(generator, side), (*called(read), units), loose=True)
    return Plan([read, draw])
