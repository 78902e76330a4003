"""The engine `liveportrait`: LivePortrait behind the verbs of all engines.

Guo et al. 2024, arXiv:2407.03168. torch is loaded only when an engine is opened.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Final

import numpy as np

from vivant.engines.base import BATCH, Controls, Device
from vivant.engines.layers import loading
from vivant.engines.layers.loading import Runtime
from vivant.engines.liveportrait import openness, sliders, transfer
from vivant.errors import ShapeError
from vivant.types import Crop, Drawn, FaceCrop, Motion
from vivant.weights import store

if TYPE_CHECKING:
    from vivant.engines.liveportrait.eager import Networks, Source

_BORDER: Final = 0.08
"""Share of the side over which what is drawn fades out."""
_STILL: Final = 0.001
"""Movement of a key point, in half sides, from which on a face in a video is drawn anew."""
_OPENNESS: Final = {"eyes": openness.eyes, "lips": openness.lips}


@dataclass(frozen=True, kw_only=True)
class LivePortraitSettings:
    """Options of LivePortrait."""

    weights: str | None = None
    """Name of added weights, or a file as vivant keeps them; without it, the only ones added."""
    runtime: Runtime = "auto"
    """Who runs the networks: openvino (compiled ones), torch, or auto: openvino where it can."""
    pose: float = 1.0
    """Share of the driver's turning, nearness and place that is carried over, 0 to 1."""
    expression: float = 1.0
    """Share of the driver's change of the face, but for eyes and lips."""
    lips: float = 1.0
    """Share of the change of the lips."""
    eyes: float = 1.0
    """Share of the change of lids and gaze."""
    multiplier: float = 1.0
    """Factor on the whole movement, 0 (none) to 2 (exaggerated)."""
    stitching: bool = True
    """Keep neck and shoulders in their place, so that no seam shows."""
    eye_retargeting: bool = False
    """Open and close the eyes by the measured lids, through the network made for it."""
    lip_retargeting: bool = False
    """The same with the lips."""
    batch: int | None = None
    """Pictures drawn at a time; without it 1, and 8 on a graphics card, which then is faster."""

    def __post_init__(self) -> None:
        for name in ("pose", "expression", "lips", "eyes"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(
                    f"liveportrait.{name} must lie in [0, 1], got {getattr(self, name)}"
                )
        if not 0 <= self.multiplier <= 2:
            raise ValueError(f"liveportrait.multiplier must lie in [0, 2], got {self.multiplier}")
        if self.batch is not None and self.batch < 1:
            raise ValueError(f"liveportrait.batch must be at least 1, got {self.batch}")

    @cached_property
    def measured(self) -> tuple[str, ...]:
        """Parts whose openness is read from landmarks."""
        asked = {"eyes": self.eye_retargeting, "lips": self.lip_retargeting}
        return tuple(part for part, wanted in asked.items() if wanted)

    @cached_property
    def shares(self) -> transfer.Shares:
        """Share of the driver's change that each part takes."""
        return transfer.Shares(self.pose, self.expression, self.lips, self.eyes)


@dataclass(frozen=True, slots=True, eq=False)
class EncodedPortrait:
    """All that is worked out once for a portrait."""

    canonical: np.ndarray
    """Its key points without pose and expression, (K, 3)."""
    points: np.ndarray
    """Where they are, (K, 3)."""
    motion: Mapping[str, np.ndarray]
    """Its own motion."""
    openness: Mapping[str, np.ndarray]
    """How far `eyes` (2,) and `lips` (1,) are open; empty where no tracker looked."""
    source: Source


class LivePortraitEngine:
    """Moves a portrait by a driver's head pose and expression, as 21 key points in space.

    A motion holds `rotation` (3, 3), `expression` (K, 3), `scale` (1,), `shift` (3,), and `eyes`
    and `lips` (1,) where these are measured (`transfer`). All but those is read from the
    driver's pixels, so a recorded performance cannot drive it. Sliders are those of `sliders`.
    """

    Settings = LivePortraitSettings
    devices: tuple[Device, ...] = ("cpu", "cuda")
    # The square that the authors' code cuts by 203 landmarks (2.3 times their box, an eighth of it
    # upwards), said by a box that reaches up to the hair. Upright heads, a fixed place for drivers.
    crop = Crop(scale=2.0, shift_y=-0.08, rotate=True, follow="fixed")

    def __init__(
        self,
        settings: LivePortraitSettings | None = None,
        networks: Networks | None = None,
        *,
        device: Device = "cpu",
    ) -> None:
        self._settings = settings or LivePortraitSettings()
        if networks is None:
            weights = store.chosen("liveportrait", self._settings.weights)
            networks = loading.networks("liveportrait", weights, self._settings.runtime, device)
        self._networks = networks
        self.batch = self._settings.batch or BATCH[device]
        self._steady = False
        self.size = networks.size
        measured = {"landmarks"} if self._settings.measured else set()
        self.needs: frozenset[str] = frozenset({"pixels"} | measured)

    def encode(self, face: FaceCrop) -> EncodedPortrait:
        """Read the portrait's features, key points, pose and expression.

        Raises:
            ShapeError: eyes or lips are to be measured, and nobody looked for landmarks.
        """
        canonical, motion = self._networks.read(face.image)
        points = transfer.points(canonical, motion)
        own = {}
        if face.landmarks is not None:
            own = {part: measure(face.landmarks) for part, measure in _OPENNESS.items()}
        return EncodedPortrait(
            canonical,
            points,
            motion | self._measured(face),
            own,
            self._networks.source(face.image, points),
        )

    def motion(self, face: FaceCrop) -> Motion:
        """Read the driver's pose and expression.

        Raises:
            ShapeError: eyes or lips are to be measured, and nobody looked for landmarks.
        """
        return Motion(self._networks.read(face.image)[1] | self._measured(face))

    def rest(self, encoded: EncodedPortrait) -> Motion:
        """Return the portrait's own pose and expression."""
        return Motion(encoded.motion)

    def relative(self, encoded: EncodedPortrait, reference: Motion, motion: Motion) -> Motion:
        """Move the portrait as the driver has moved (`transfer.relative`).

        What is measured by landmarks is not taken from the key points as well.
        """
        shares = replace(self._settings.shares, **dict.fromkeys(self._settings.measured, 0.0))
        return Motion(transfer.relative(encoded.motion, reference.arrays, motion.arrays, shares))

    def blend(self, a: Motion, b: Motion, share: float) -> Motion:
        """Return the motion on the way from `a` to `b`."""
        return Motion(transfer.blend(a.arrays, b.arrays, share))

    def edit(self, encoded: EncodedPortrait, motion: Motion, controls: Controls) -> Motion:
        """Open or close eyes and lips, turn the head (`sliders`).

        Raises:
            SettingsError: there is no such slider, its value is refused, or eyes or lips are to
                move in a portrait in which nobody looked for landmarks.
        """
        return Motion(sliders.edited(motion.arrays, encoded.openness, controls))

    def steady(self) -> LivePortraitEngine:
        """Return the same engine, leaving faces in a video alone that do not change."""
        other = copy.copy(self)
        other._steady = True
        return other

    def replaced(
        self, encoded: EncodedPortrait, neutral: Motion, reference: Motion, motion: Motion
    ) -> Motion:
        """Return the portrait's pose with the driver's change of expression on `neutral`."""
        own = dict(encoded.motion) | {"expression": neutral.arrays["expression"]}
        shares = replace(self._settings.shares, pose=0.0)
        moved = dict(transfer.relative(own, reference.arrays, motion.arrays, shares))
        for part in self._settings.measured:  # the key points tell here
            moved[part] = encoded.motion[part]
        return Motion(moved)

    def render(self, encoded: EncodedPortrait, motions: Sequence[Motion]) -> Iterator[Drawn]:
        """Draw the square, background and all; it fades out at its border."""
        step = self.batch
        for first in range(0, len(motions), step):
            moves = [self._moved(encoded, one) for one in motions[first : first + step]]
            images = self._networks.draw(encoded.source, [wanted for wanted, _ in moves])
            for image, (_, moving) in zip(images, moves, strict=True):
                alpha = _border(self.size)
                if self._steady and moving < 1:
                    alpha = np.round(alpha * np.float32(moving)).astype(np.uint8)
                yield Drawn(image, alpha)

    def _measured(self, face: FaceCrop) -> dict[str, np.ndarray]:
        """Return how far the parts that are to be measured are open, (1,) each."""
        if not self._settings.measured:
            return {}
        if face.landmarks is None:
            raise ShapeError(
                "liveportrait: retargeting eyes or lips needs a face with landmarks; leave "
                "eye_retargeting and lip_retargeting out for a crop given by hand."
            )
        return {
            part: _OPENNESS[part](face.landmarks).mean(keepdims=True)
            for part in self._settings.measured
        }

    def _moved(self, encoded: EncodedPortrait, motion: Motion) -> tuple[np.ndarray, float]:
        """Return the key points to draw, (K, 3), and whether anything moves, 0 to 1."""
        wanted = transfer.points(encoded.canonical, motion.arrays)
        for part, own in encoded.openness.items():
            if part in motion.arrays:
                wanted += self._networks.opened(encoded.source, part, own, motion.arrays[part])
        moving = float(np.abs(wanted - encoded.points).max()) / _STILL
        if self._settings.stitching:
            wanted = self._networks.stitched(encoded.source, wanted)
        change = np.float32(self._settings.multiplier) * (wanted - encoded.points)
        return encoded.points + change, min(moving, 1.0)


@lru_cache(maxsize=4)
def _border(size: int) -> np.ndarray:
    """(size, size) uint8: 255 inside, falling softly to 0 at the border."""
    distance = np.minimum(np.arange(size), np.arange(size)[::-1]) + 0.5
    ramp = np.clip(distance / (_BORDER * size), 0, 1)
    ramp = ramp * ramp * (3 - 2 * ramp)
    alpha = np.round(255 * ramp[:, None] * ramp[None]).astype(np.uint8)
    alpha.setflags(write=False)
    return alpha
