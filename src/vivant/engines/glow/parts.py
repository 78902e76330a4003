"""The flow in parts that can be compiled: pictures to codes, codes to pictures."""

from __future__ import annotations

from pathlib import Path

import torch

from vivant.engines.glow.eager import BITS, SIZE, Network
from vivant.engines.glow.folded import Decode, Encode
from vivant.engines.glow.network import Glow, build
from vivant.engines.glow.pixels import to_input
from vivant.engines.layers import stored
from vivant.engines.layers.export import Plan, Planned, called, picture


def plan(weights: Path) -> Plan:
    """Say what there is to compile in a file of `layers.stored`."""
    config, tensors = stored.read(weights)
    glow = build(config)["glow"]
    stored.restore(glow, "glow", tensors)
    assert isinstance(glow, Glow)
    size = config.get("img_size", SIZE)
    Network(glow, size)  # refuses a flow that was never trained, and sizes it cannot halve
    return planned(glow, size)


def planned(glow: Glow, side: int) -> Plan:
    """Say what there is to compile in a flow for pictures of a side.

    Both parts stay in float32: that a flow's way back is exact is what it is for.
    """
    shown = to_input((255 * picture(side)).to(torch.uint8), BITS)
    encode = Planned("encode", Encode(glow), (shown,))
    decode = Planned("decode", Decode(glow), called(encode))
    return Plan([encode, decode], {"size": side, "bits": BITS})
