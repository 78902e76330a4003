"""GANimation's generator as a part that can be compiled."""

from __future__ import annotations

from pathlib import Path

import torch

from vivant.engines.ganimation.eager import Network
from vivant.engines.ganimation.network import Generator, build
from vivant.engines.layers import stored
from vivant.engines.layers.export import Plan, Planned, picture

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
    examples = (2 * picture(side) - 1, units)
    return Plan([Planned("draw", generator, examples, loose=True)])
