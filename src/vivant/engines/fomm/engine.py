"""The engine `fomm`: the First Order Motion Model behind the verbs of all engines.

Siarohin et al. 2019, arXiv:2003.00196. torch is loaded only when an engine is opened.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from vivant.engines.base import BATCH, Device
from vivant.engines.fomm import transfer
from vivant.engines.layers import loading
from vivant.engines.layers.loading import Runtime
from vivant.types import Crop, Drawn, FaceCrop, Motion
from vivant.weights import store

if TYPE_CHECKING:
    from vivant.engines.fomm.eager import Networks, Source


@dataclass(frozen=True, kw_only=True)
class FommSettings:
    """Options of the First Order Motion Model."""

    weights: str | None = None
    """Name of added weights, or a file as vivant keeps them; without it, the only ones added."""
    runtime: Runtime = "auto"
    """Who runs the networks: openvino (compiled ones), torch, or auto: openvino where it can."""
    adapt_scale: bool = True
    """Scale movements by the sizes of the two faces."""
    relative_jacobian: bool = True
    """Carry the change of turn and stretch over too; else the driver's own is used."""
    batch: int | None = None
    """Pictures drawn at a time; without it 1, and 8 on a graphics card, which then is faster."""

    def __post_init__(self) -> None:
        if self.batch is not None and self.batch < 1:
            raise ValueError(f"fomm.batch must be at least 1, got {self.batch}")


@dataclass(frozen=True, slots=True, eq=False)
class EncodedPortrait:
    """All that is worked out once for a portrait."""

    points: dict[str, np.ndarray]
    source: Source


class FommEngine:
    """Moves a portrait by key points that the method has found by itself.

    A motion holds `value` (K, 2), (x, y) in [-1, 1] of the crop, and perhaps `jacobian`
    (K, 2, 2). Key points are found in the driver's pixels, so landmarks are not needed, and a
    recorded performance cannot drive it.
    """

    Settings = FommSettings
    devices: tuple[Device, ...] = ("cpu", "cuda")
    # The crops it was trained on stay in one place and upright, with room for hair and chin.
    crop = Crop(scale=1.7, shift_y=-0.05, follow="fixed")
    needs: frozenset[str] = frozenset({"pixels"})

    def __init__(
        self,
        settings: FommSettings | None = None,
        networks: Networks | None = None,
        *,
        device: Device = "cpu",
    ) -> None:
        self._settings = settings or FommSettings()
        if networks is None:
            weights = store.chosen("fomm", self._settings.weights)
            networks = loading.networks("fomm", weights, self._settings.runtime, device)
        self._networks = networks
        self.batch = self._settings.batch or BATCH[device]
        self.size = networks.size

    def encode(self, face: FaceCrop) -> EncodedPortrait:
        """Find the portrait's key points and read its features."""
        points = self._networks.points(face.image)
        return EncodedPortrait(points, self._networks.source(face.image, points))

    def motion(self, face: FaceCrop) -> Motion:
        """Find the driver's key points."""
        return Motion(self._networks.points(face.image))

    def rest(self, encoded: EncodedPortrait) -> Motion:
        """Return the portrait's own key points."""
        return Motion(encoded.points)

    def relative(self, encoded: EncodedPortrait, reference: Motion, motion: Motion) -> Motion:
        """Move the portrait's key points as the driver's have moved (`transfer.relative`)."""
        return Motion(
            transfer.relative(
                encoded.points,
                motion.arrays,
                reference.arrays,
                adapt_scale=self._settings.adapt_scale,
                jacobians=self._settings.relative_jacobian,
            )
        )

    def blend(self, a: Motion, b: Motion, share: float) -> Motion:
        """Return key points on the straight way from `a` to `b`."""
        part = np.float32(share)
        return Motion(
            {name: (1 - part) * a.arrays[name] + part * b.arrays[name] for name in a.arrays}
        )

    def render(self, encoded: EncodedPortrait, motions: Sequence[Motion]) -> Iterator[Drawn]:
        """Draw; the whole crop is the network's, background and all."""
        step = self.batch
        for first in range(0, len(motions), step):
            wanted = [dict(motion.arrays) for motion in motions[first : first + step]]
            for image in self._networks.draw(encoded.source, wanted):
                yield Drawn(image)
