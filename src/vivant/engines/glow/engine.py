"""The engine `glow`: an expression added to a portrait's codes in an exact flow.

Kingma & Dhariwal 2018, arXiv:1807.03039; expressions: Valenzuela et al. 2021, "Expression Transfer
Using Flow-based Generative Models". torch is loaded only when an engine is opened.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from vivant.engines.base import BATCH, Controls, Device
from vivant.engines.layers import loading
from vivant.engines.layers.loading import Runtime
from vivant.errors import SettingsError
from vivant.types import Crop, Drawn, FaceCrop, Motion
from vivant.weights import store

if TYPE_CHECKING:
    from vivant.engines.glow.eager import Network

_STRONGEST: Final = 2.0
_SAME, _OTHER = 2.0, 10.0
"""Difference of a colour, of 255, up to which the portrait stays, and from which it is drawn."""
_BORDER: Final = 1 / 16
"""Share of the side over which what is drawn fades out at the border."""


@dataclass(frozen=True, kw_only=True)
class GlowSettings:
    """Options of expression transfer by Glow."""

    weights: str | None = None
    """Name of added weights, or a file as vivant keeps them; without it, the only ones added."""
    runtime: Runtime = "auto"
    """Who runs the networks: openvino (compiled ones), torch, or auto: openvino where it can."""
    alpha: float = 0.5
    """Strength of the expression, -2 to 2; 0.3 to 0.5 transfers, more destroys the face."""
    portrait_pictures: tuple[str, ...] = ()
    """Further pictures of the portrait's person; the mean of all is what moves."""
    driver_pictures: tuple[str, ...] = ()
    """Pictures of the driver; their mean is his face at rest."""

    def __post_init__(self) -> None:
        if not -_STRONGEST <= self.alpha <= _STRONGEST:
            raise ValueError(f"glow.alpha must lie in [-2, 2], got {self.alpha}")
        for name in ("portrait_pictures", "driver_pictures"):
            if isinstance(getattr(self, name), str):
                raise ValueError(f"glow.{name} must be a list of files, got one word")


@dataclass(frozen=True, slots=True, eq=False)
class EncodedFace:
    """What the engine keeps of a portrait."""

    image: np.ndarray
    """(size, size, 3) uint8."""
    codes: list[np.ndarray]
    """Of the portrait, or the mean of all pictures of its person."""


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """What the engine knows of both people besides the portrait and the video."""

    portrait: tuple[list[np.ndarray], ...] = ()
    """Codes of further pictures."""
    driver: list[np.ndarray] | None = None
    """The mean of the pictures' codes; None where there are none."""


class GlowEngine:
    """Adds what the driver's codes have changed by to the portrait's codes.

    A motion holds codes, `pixels.0` (the finest level) and on, and `alpha` (1,): drawn is the
    picture that lies that far on the way from the portrait's codes to these. Codes are as much
    as pixels, only in another form. The slider (`edit`) is `alpha`, -2 to 2.
    """

    Settings = GlowSettings
    devices: tuple[Device, ...] = ("cpu", "cuda")
    # Eyes and mouth where the aligned pictures of CelebA, cut square, have them.
    crop = Crop(scale=2.34, shift_y=-0.1, align="similarity")
    needs: frozenset[str] = frozenset({"pixels"})

    def __init__(
        self,
        settings: GlowSettings | None = None,
        network: Network | None = None,
        known: Known | None = None,
        *,
        device: Device = "cpu",
    ) -> None:
        self._settings = settings or GlowSettings()
        if network is None:
            weights = store.chosen("glow", self._settings.weights)
            network = loading.networks("glow", weights, self._settings.runtime, device)
        self._network = network
        self._device = device
        self.batch = BATCH[device]
        self.size = network.size
        self._known = known or Known()
        self.portrait_pictures = self._settings.portrait_pictures
        self.driver_pictures = self._settings.driver_pictures

    def knowing(self, portrait: Sequence[FaceCrop], driver: Sequence[FaceCrop]) -> GlowEngine:
        """Return the same engine, knowing further faces of the portrait's person and the driver."""
        ours, theirs = (
            tuple(self._network.codes(face.image) for face in faces) for faces in (portrait, driver)
        )
        known = Known(ours, _mean(theirs) if theirs else None)
        return GlowEngine(self._settings, self._network, known, device=self._device)

    def encode(self, face: FaceCrop) -> EncodedFace:
        """Take the portrait to its codes, or to the mean with those of further pictures."""
        own = self._network.codes(face.image)
        return EncodedFace(face.image, _mean([own, *self._known.portrait]))

    def motion(self, face: FaceCrop) -> Motion:
        """Take the driver's face to its codes."""
        return self._motion(self._network.codes(face.image))

    def rest(self, encoded: EncodedFace) -> Motion:
        """Return the portrait's own codes."""
        return self._motion(encoded.codes)

    def reference(self, encoded: EncodedFace, rest: Motion) -> Motion:
        """Return the mean of the driver's pictures, where they are known, else his rest."""
        return rest if self._known.driver is None else self._motion(self._known.driver)

    def relative(self, encoded: EncodedFace, reference: Motion, motion: Motion) -> Motion:
        """Add the change of the driver's codes to the portrait's own; its strength is kept apart.

        Source: Valenzuela et al. 2021: target + alpha * (source - mean of the source).
        """
        codes = zip(encoded.codes, _codes(reference), _codes(motion), strict=True)
        return self._motion([own + (now - was) for own, was, now in codes])

    def blend(self, a: Motion, b: Motion, share: float) -> Motion:
        """Return codes, and strength, on the straight way from `a` to `b`."""
        part = np.float32(share)
        return Motion(
            {name: (1 - part) * a.arrays[name] + part * b.arrays[name] for name in a.arrays}
        )

    def edit(self, encoded: EncodedFace, motion: Motion, controls: Controls) -> Motion:
        """Set the strength.

        Raises:
            SettingsError: there is no such slider, or the value is refused.
        """
        for name, value in controls.items():
            if name != "alpha":
                raise SettingsError(f"no slider {name!r}; the engine glow has 'alpha' only")
            if not -_STRONGEST <= value <= _STRONGEST:
                raise SettingsError(f"alpha must lie in [-2, 2], got {value}")
            motion = Motion({**motion.arrays, "alpha": np.array([value], np.float32)})
        return motion

    def render(self, encoded: EncodedFace, motions: Sequence[Motion]) -> Iterator[Drawn]:
        """Draw the portrait under each motion.

        Where (almost) nothing changes the alpha is 0, so that the portrait stays in its own
        resolution.
        """
        for first in range(0, len(motions), self.batch):
            wanted = [_wanted(encoded, motion) for motion in motions[first : first + self.batch]]
            for image in self._network.pictures(wanted):
                yield Drawn(image, _changed(encoded.image, image))

    def _motion(self, codes: Sequence[np.ndarray]) -> Motion:
        alpha = np.array([self._settings.alpha], np.float32)
        return Motion({f"pixels.{level}": code for level, code in enumerate(codes)}
                      | {"alpha": alpha})  # fmt: skip


def _wanted(encoded: EncodedFace, motion: Motion) -> list[np.ndarray]:
    """Return the codes to draw."""
    strength = motion.arrays["alpha"][0]
    pairs = zip(encoded.codes, _codes(motion), strict=True)
    return [own + strength * (to - own) for own, to in pairs]


def _mean(faces: Sequence[list[np.ndarray]]) -> list[np.ndarray]:
    levels = zip(*faces, strict=True)
    return [np.asarray(np.mean(level, axis=0, dtype=np.float32)) for level in levels]


def _codes(motion: Motion) -> list[np.ndarray]:
    """Return a motion's codes, the finest first."""
    return [motion.arrays[f"pixels.{level}"] for level in range(len(motion.arrays) - 1)]


def _changed(own: np.ndarray, drawn: np.ndarray) -> np.ndarray:
    """Return where a picture differs from the portrait, (size, size) uint8; nothing at the edge."""
    apart = cv2.absdiff(own, drawn).max(axis=2).astype(np.float32)
    share = np.clip((apart - _SAME) / (_OTHER - _SAME), 0, 1)
    near = np.ones((3, 3), np.uint8)
    share = cv2.blur(cv2.dilate(share, near), (3, 3))  # a change has no holes
    side = len(own)
    distance = np.minimum(np.arange(side), np.arange(side)[::-1]) + 0.5
    ramp = np.clip(distance / (_BORDER * side), 0, 1).astype(np.float32)
    return np.round(255 * share * np.minimum(ramp[:, None], ramp)).astype(np.uint8)
