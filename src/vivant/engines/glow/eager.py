"""The flow run by torch, as numpy in and out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from vivant.engines.glow import expression
from vivant.engines.glow.layers import ActNorm
from vivant.engines.glow.network import Glow, build
from vivant.engines.layers import place, stored
from vivant.engines.layers.place import CPU, Place, plain
from vivant.errors import SettingsError, WeightsError

SIZE = 64
"""Side of the pictures of a checkpoint that does not tell it: what the public code trains on."""
BITS = 8
"""All bits of a colour. Flows of 5 bits are trained with noise in the place of the lower three,
so what is really there does as well, and the picture comes back whole."""


class Network:
    """A flow that is only run; holds nothing of a run."""

    def __init__(self, glow: Glow, size: int = SIZE, where: Place = CPU) -> None:
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
        # All of it exact: the way back undoes every step of the way there.
        self._glow = where.put(glow, exact=True)
        self._where = where
        self.size = size

    def codes(self, image: np.ndarray) -> list[np.ndarray]:
        """Return the codes of a (size, size, 3) uint8 picture, (c, n, n) float32 each."""
        picture = self._where.tensor(image.transpose(2, 0, 1)[None].copy())
        return [plain(code[0]) for code in expression.encode(self._glow, picture, BITS)]

    def pictures(self, codes: Sequence[Sequence[np.ndarray]]) -> np.ndarray:
        """Return the pictures that several codes stand for, (n, size, size, 3) uint8."""
        levels = zip(*codes, strict=True)
        given = [self._where.tensor(np.stack(level)) for level in levels]
        drawn = expression.decode(self._glow, given)
        return plain(drawn.permute(0, 2, 3, 1).contiguous())  # (n, size, size, 3)


def load(weights: Path, device: str = "cpu") -> Network:
    """Load the flow from a file of `layers.stored`.

    Raises:
        WeightsError: the file is damaged, or holds another network.
        SettingsError: its configuration describes no such flow.
        DeviceMissing: the device is not there.
    """
    where = place.chosen(device)
    config, tensors = stored.read(weights)
    glow = build(config)["glow"]
    stored.restore(glow, "glow", tensors)
    assert isinstance(glow, Glow)
    return Network(glow, config.get("img_size", SIZE), where)
