"""The engine over GANimation's generator: Action Units of the driver, or of sliders, in and out.

The units are read from the 52 expression scores (`vivant.action_units`), not by OpenFace, on whose
readings the method was trained; what they are worth is told there.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch
from torch import Tensor

from vivant.action_units import INTENSITY_NAMES, STRONGEST, intensities
from vivant.engines.base import Controls
from vivant.engines.ganimation.network import Generator, composed
from vivant.engines.ganimation.weights import read_generator
from vivant.errors import SettingsError, ShapeError, WeightsError, listed
from vivant.types import Crop, Drawn, FaceCrop, Motion

_UNITS: Final = len(INTENSITY_NAMES)
_FAINT: Final = 0.1
"""Share of drawn colour up to which the portrait's own, finer pixels come through."""


@dataclass(frozen=True, kw_only=True)
class GanimationSettings:
    """Options of the ganimation engine."""

    weights: str = ""
    """The generator's weights, a .safetensors file."""
    strength: float = 1.0
    """Share of the driver's change that is carried over, 0 (none) to 1.5 (exaggerated)."""

    def __post_init__(self) -> None:
        if not 0 <= self.strength <= 1.5:
            raise ValueError(f"ganimation.strength must lie in [0, 1.5], got {self.strength}")


@dataclass(frozen=True, slots=True, eq=False)
class EncodedFace:
    """What the engine keeps of a portrait."""

    picture: Tensor
    """(1, 3, 128, 128) in [-1, 1]."""
    units: np.ndarray
    """Its own Action Units, (17,) float32 in [0, 1]."""


class GanimationEngine:
    """Draws the portrait's face under other Action Units; the head's pose stays.

    Sliders (`edit`) are the units by OpenFace's names, AU01 to AU45, each -5 to 5 on its scale:
    what is added to the motion; 0 changes nothing.

    Source: Pumarola et al. 2018, arXiv:1807.09251.
    """

    Settings = GanimationSettings
    size = 128
    crop = Crop(scale=1.15, shift_y=-0.04)
    needs: frozenset[str] = frozenset({"scores"})

    def __init__(
        self, settings: GanimationSettings | None = None, generator: Generator | None = None
    ) -> None:
        """Load the generator, or take one that is there.

        Raises:
            WeightsError: there are no weights, or they are no such generator's.
            PathRefused: their file cannot be read.
        """
        self.settings = settings or GanimationSettings()
        if generator is None:
            generator = _generator(self.settings.weights)
        if generator.c_dim != _UNITS:
            raise WeightsError(
                f"the generator draws {generator.c_dim} Action Units, vivant reads {_UNITS} "
                f"({listed(INTENSITY_NAMES)}); take weights trained on OpenFace's intensities."
            )
        self._generator = generator.eval()

    def encode(self, face: FaceCrop) -> EncodedFace:
        """Read the portrait; without expression scores its face is taken to be at rest."""
        side = face.image.shape[0]
        if side != self.size:
            raise ShapeError(f"ganimation draws {self.size} x {self.size} pixels, got {side}")
        pixels = torch.from_numpy(face.image.copy()).permute(2, 0, 1)  # (3, 128, 128)
        units = np.zeros(_UNITS, np.float32) if face.scores is None else _units(face.scores)
        return EncodedFace(pixels[None].float() / 127.5 - 1, units)

    def motion(self, face: FaceCrop) -> Motion:
        """Read the driver's Action Units: `units`, (17,) in [0, 1].

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
        return _motion(encoded.units + self.settings.strength * change)

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

        The picture is the generator's, colour over the portrait by its attention. Where it draws
        (almost) nothing the alpha is 0, so that the portrait stays in its own resolution.
        """
        for motion in motions:
            wanted = torch.from_numpy(motion.arrays["units"])[None]  # (1, 17)
            with torch.inference_mode():
                colours, mask = self._generator(encoded.picture, wanted)
                drawn = composed(encoded.picture, colours, mask)[0]  # (3, 128, 128)
                alpha = ((1 - mask[0, 0]) / _FAINT).clamp(0, 1) * 255  # (128, 128)
                image = ((drawn + 1) * 127.5).round().clamp(0, 255).permute(1, 2, 0)
            yield Drawn(
                np.ascontiguousarray(image.to(torch.uint8).numpy()),
                alpha.round().to(torch.uint8).numpy(),
            )


def _generator(weights: str) -> Generator:
    if not weights:
        raise WeightsError(
            "the engine 'ganimation' needs its generator's weights, and has none: its authors "
            "published none. Give the .safetensors file of a generator that was trained on "
            "OpenFace's 17 intensities, by the setting ganimation.weights."
        )
    return read_generator(Path(weights))


def _units(scores: np.ndarray) -> np.ndarray:
    return (intensities(scores) / STRONGEST).astype(np.float32)


def _motion(units: np.ndarray) -> Motion:
    return Motion({"units": np.clip(units, 0, 1).astype(np.float32)})
