"""The engine `ganimation`: a face drawn under other Action Units, the driver's or of sliders.

Pumarola et al. 2018, arXiv:1807.09251. The units are read from the 52 expression scores
(`vivant.action_units`), not by OpenFace, on whose readings the method was trained. torch is loaded
only when an engine is opened.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from vivant.action_units import INTENSITY_NAMES, STRONGEST, intensities
from vivant.engines.base import BATCH, Controls, Device
from vivant.engines.layers import loading
from vivant.engines.layers.loading import Runtime
from vivant.errors import SettingsError, ShapeError, listed
from vivant.types import Crop, Drawn, FaceCrop, Motion
from vivant.weights import store

if TYPE_CHECKING:
    import torch

    from vivant.engines.ganimation.eager import Network

_UNITS: Final = len(INTENSITY_NAMES)


@dataclass(frozen=True, kw_only=True)
class GanimationSettings:
    """Options of GANimation."""

    weights: str | None = None
    """Name of added weights, or a file as vivant keeps them; without it, the only ones added."""
    runtime: Runtime = "auto"
    """Who runs the networks: openvino (compiled ones), torch, or auto: openvino where it can."""
    strength: float = 1.0
    """Share of the driver's change that is carried over, 0 (none) to 1.5 (exaggerated)."""

    def __post_init__(self) -> None:
        if not 0 <= self.strength <= 1.5:
            raise ValueError(f"ganimation.strength must lie in [0, 1.5], got {self.strength}")


@dataclass(frozen=True, slots=True, eq=False)
class EncodedFace:
    """What the engine keeps of a portrait."""

    picture: torch.Tensor
    """As the generator reads it."""
    units: np.ndarray
    """Its own Action Units, (17,) float32 in [0, 1]."""


class GanimationEngine:
    """Draws the portrait's face under other Action Units; the head's pose stays.

    A motion holds `units` (17,), OpenFace's intensities over 5. Sliders (`edit`) are the units by
    name, AU01 to AU45, each -5 to 5: what is added to the motion on OpenFace's scale.
    """

    Settings = GanimationSettings
    devices: tuple[Device, ...] = ("cpu", "cuda")
    size = 128
    # Tight around the face, as the faces it was trained on.
    crop = Crop(scale=1.15, shift_y=-0.04)
    needs: frozenset[str] = frozenset({"scores"})

    def __init__(
        self,
        settings: GanimationSettings | None = None,
        network: Network | None = None,
        *,
        device: Device = "cpu",
    ) -> None:
        self._settings = settings or GanimationSettings()
        if network is None:
            weights = store.chosen("ganimation", self._settings.weights)
            network = loading.networks("ganimation", weights, self._settings.runtime, device)
        self._network = network
        self.batch = BATCH[device]

    def encode(self, face: FaceCrop) -> EncodedFace:
        """Read the portrait; without expression scores its face is taken to be at rest."""
        units = np.zeros(_UNITS, np.float32) if face.scores is None else _units(face.scores)
        return EncodedFace(self._network.read(face.image), units)

    def motion(self, face: FaceCrop) -> Motion:
        """Read the driver's Action Units.

        Raises:
            ShapeError: nobody read the face's expression scores.
        """
        if face.scores is None:
            raise ShapeError("the ganimation engine needs a driving face with expression scores")
        return Motion({"units": _units(face.scores)})

    def rest(self, encoded: EncodedFace) -> Motion:
        """Return the portrait's own Action Units."""
        return Motion({"units": encoded.units})

    def relative(self, encoded: EncodedFace, reference: Motion, motion: Motion) -> Motion:
        """Add the driver's change of each unit to the portrait's own."""
        change = motion.arrays["units"] - reference.arrays["units"]
        return _motion(encoded.units + self._settings.strength * change)

    def blend(self, a: Motion, b: Motion, share: float) -> Motion:
        """Return the units on the way from `a` to `b`."""
        start, end = a.arrays["units"], b.arrays["units"]
        return _motion(start + share * (end - start))

    def edit(self, encoded: EncodedFace, motion: Motion, controls: Controls) -> Motion:
        """Add to single units, -5 to 5 each, by OpenFace's names.

        Raises:
            SettingsError: there is no such unit (the nearest is offered), or a value is refused.
        """
        units = motion.arrays["units"].copy()
        for name, value in controls.items():
            if name not in INTENSITY_NAMES:
                near = difflib.get_close_matches(name, INTENSITY_NAMES, n=1)
                hint = f"did you mean {near[0]!r}? " if near else ""
                raise SettingsError(
                    f"no Action Unit {name!r}; {hint}known: {listed(INTENSITY_NAMES)}"
                )
            if not -STRONGEST <= value <= STRONGEST:
                raise SettingsError(
                    f"{name} must lie in [{-STRONGEST:g}, {STRONGEST:g}], got {value}"
                )
            units[INTENSITY_NAMES.index(name)] += value / STRONGEST
        return _motion(units)

    def render(self, encoded: EncodedFace, motions: Sequence[Motion]) -> Iterator[Drawn]:
        """Draw the portrait under each motion's units.

        The picture is the generator's, its colours over the portrait by its attention. Where it
        draws (almost) nothing the alpha is 0, so that the portrait stays in its own resolution.
        """
        for first in range(0, len(motions), self.batch):
            units = [motion.arrays["units"] for motion in motions[first : first + self.batch]]
            for image, alpha in zip(
                *self._network.draw(encoded.picture, np.stack(units)), strict=True
            ):
                yield Drawn(image, alpha)


def _units(scores: np.ndarray) -> np.ndarray:
    return (intensities(scores) / STRONGEST).astype(np.float32)


def _motion(units: np.ndarray) -> Motion:
    return Motion({"units": np.clip(units, 0, 1).astype(np.float32)})
