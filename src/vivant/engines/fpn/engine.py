"""The engine `fpn`: a portrait drawn with the expression that another picture shows.

Petruk 2020, "Face-reenactment: generation flexibility and identity preservation". torch is loaded
only when an engine is opened.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, get_args

import numpy as np

from vivant.engines.base import BATCH, Device
from vivant.engines.layers import loading
from vivant.engines.layers.loading import Runtime
from vivant.types import Crop, Drawn, FaceCrop, Motion
from vivant.weights import store

if TYPE_CHECKING:
    from vivant.engines.fpn.eager import Network, Target

Normalise = Literal["similarity", "interocular"]

_MAPS: Final = ("pixels.4", "pixels.8", "pixels.16", "pixels.32")
_CROPS: Final[dict[Normalise, Crop]] = {
    # Eyes 0.28 sides apart, 0.4 sides below the top, as `normalise` has them.
    "similarity": Crop(scale=1.786, shift_y=-0.012, align="similarity"),
    "interocular": Crop(scale=1.786, shift_y=-0.012, align="eyes"),
}


@dataclass(frozen=True, kw_only=True)
class FpnSettings:
    """Options of the feature pyramid generator."""

    weights: str | None = None
    """Name of added weights, or a file as vivant keeps them; without it, the only ones added."""
    runtime: Runtime = "auto"
    """Who runs the networks: openvino (compiled ones), torch, or auto: openvino where it can."""
    normalise: Normalise = "similarity"
    """What brings faces to one place: eyes and mouth (similarity) or the eyes alone."""

    def __post_init__(self) -> None:
        if self.normalise not in get_args(Normalise):
            raise ValueError(
                f"fpn.normalise must be one of {', '.join(get_args(Normalise))}, "
                f"got {self.normalise!r}"
            )


@dataclass(frozen=True, slots=True, eq=False)
class EncodedFace:
    """What the engine keeps of a portrait."""

    target: Target
    own: Motion
    """The portrait seen as a source: its own expression."""


class FpnEngine:
    """Draws the target (the portrait) with the expression of the source (the driver).

    A motion holds what the source's encoder sees of the driver's pixels, four maps from fine to
    coarse: `pixels.4` (1/4 of the side) to `pixels.32`.
    """

    Settings = FpnSettings
    devices: tuple[Device, ...] = ("cpu", "cuda")
    needs: frozenset[str] = frozenset({"landmarks", "pixels"})  # landmarks: it wants aligned faces

    def __init__(
        self,
        settings: FpnSettings | None = None,
        network: Network | None = None,
        *,
        device: Device = "cpu",
    ) -> None:
        settings = settings or FpnSettings()
        if network is None:
            weights = store.chosen("fpn", settings.weights)
            network = loading.networks("fpn", weights, settings.runtime, device)
        self._network = network
        self.batch = BATCH[device]
        self.size = network.size
        self.crop = _CROPS[settings.normalise]

    def encode(self, face: FaceCrop) -> EncodedFace:
        """See the portrait as a target, and its own expression."""
        return EncodedFace(self._network.target(face.image), self.motion(face))

    def motion(self, face: FaceCrop) -> Motion:
        """See the driver's expression."""
        return _motion(self._network.expression(face.image))

    def rest(self, encoded: EncodedFace) -> Motion:
        """Return the portrait's own expression."""
        return encoded.own

    def relative(self, encoded: EncodedFace, reference: Motion, motion: Motion) -> Motion:
        """Change what is seen of the portrait as what is seen of the driver has changed.

        The thesis has the driver's own expression only (`--absolute`); this is our addition.
        """
        own, was, now = (_maps(each) for each in (encoded.own, reference, motion))
        return _motion([a + (c - b) for a, b, c in zip(own, was, now, strict=True)])

    def blend(self, a: Motion, b: Motion, share: float) -> Motion:
        """Return what is seen on the straight way from `a` to `b`."""
        part = np.float32(share)
        pairs = zip(_maps(a), _maps(b), strict=True)
        return _motion([(1 - part) * start + part * end for start, end in pairs])

    def render(self, encoded: EncodedFace, motions: Sequence[Motion]) -> Iterator[Drawn]:
        """Draw; the whole crop is the generator's, background and all."""
        for first in range(0, len(motions), self.batch):
            wanted = [_maps(motion) for motion in motions[first : first + self.batch]]
            for image in self._network.draw(encoded.target, wanted):
                yield Drawn(image)


def _maps(motion: Motion) -> list[np.ndarray]:
    return [motion.arrays[name] for name in _MAPS]


def _motion(maps: Sequence[np.ndarray]) -> Motion:
    return Motion(dict(zip(_MAPS, maps, strict=True)))
