"""The flow run by torch, as numpy in and out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from vivant.engines.glow import expression
from vivant.engines.glow.layers import ActNorm
from vivant.engines.glow.network import Glow, build
from vivant.engines.layers import stored
from vivant.errors import SettingsError, WeightsError

_SIZE = 64
"""Side of the pictures of a checkpoint that does not tell it: what the public code trains on."""
_BITS = 8
"""All bits of a colour. Flows of 5 bits are trained with noise in the place of the lower three,
so what is really there does as well, and the picture comes back whole."""


class Network:
    """A flow that is only run; holds nothing of a run."""

    def __init__(self, glow: Glow, size: int = _SIZE) -> None:
        """Take a flow and the side of its pictures, pixels.

        Raises:
            WeightsError: it has never seen a picture.
            SettingsError: it cannot halve that side so often.
        """
        norms = [each for each in glow.modules() if isinstance(each, ActNorm)]
        if not all(norm.initialized for norm in norms):
            raise WeightsError(
                "the flow has never seen a picture: it would adapt to the first one that it "
                "reads. Take one that was trained."
            )
        step = 2**glow.n_block
        if isinstance(size, bool) or not isinstance(size, int) or size < 1 or size % step:
            raise SettingsError(f"glow.img_size must be a multiple of {step}, got {size!r}")
        self._glow = glow.eval().requires_grad_(False)
        self.size = size

    def codes(self, image: np.ndarray) -> list[np.ndarray]:
        """Return the codes of a (size, size, 3) uint8 picture, (c, n, n) float32 each."""
        picture = torch.from_numpy(image.transpose(2, 0, 1)[None].copy())
        return [code[0].numpy() for code in expression.encode(self._glow, picture, _BITS)]

    def picture(self, codes: Sequence[np.ndarray]) -> np.ndarray:
        """Return the picture that codes stand for, (size, size, 3) uint8."""
        given = [torch.from_numpy(code)[None] for code in codes]
        drawn = expression.decode(self._glow, given)[0]
        return drawn.permute(1, 2, 0).contiguous().numpy()  # (size, size, 3)


def load(weights: Path) -> Network:
    """Load the flow from a file of `layers.stored`.

    Raises:
        WeightsError: the file is damaged, or holds another network.
        SettingsError: its configuration describes no such flow.
    """
    config, tensors = stored.read(weights)
    glow = build(config)["glow"]
    stored.restore(glow, "glow", tensors)
    assert isinstance(glow, Glow)
    return Network(glow, config.get("img_size", _SIZE))
