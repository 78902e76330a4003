"""A portrait on stage: follows a camera's frames one by one, and takes directions meanwhile."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from vivant.animation.driving import Observed, Observer, sight
from vivant.animation.moving import to_draw
from vivant.animation.portrait import Portrait, prepare
from vivant.animation.settings import AnimateSettings, Box
from vivant.engines import Editable, Engine
from vivant.errors import SettingsError
from vivant.faces.track import FaceTracker
from vivant.live.canvas import Canvas
from vivant.motion.neutral import Neutral
from vivant.motion.stream import Stream
from vivant.types import Frame, Motion


@dataclass(frozen=True, slots=True, eq=False)
class Role:
    """A portrait made ready for a canvas."""

    image: np.ndarray
    """The portrait as it is shown, (h, w, 3) uint8 RGB, no larger than the canvas."""
    portrait: Portrait
    settings: AnimateSettings


def ready(
    image: np.ndarray,
    engine: Engine,
    tracker: FaceTracker,
    canvas: Canvas,
    settings: AnimateSettings,
) -> Role:
    """Make a portrait ready; this takes up to a second, so not where frames wait.

    Args:
        image: the portrait, (h, w, 3) uint8 RGB.
        engine: what draws it.
        tracker: finds the face.
        canvas: the portrait is shrunk or enlarged to fill it.
        settings: how it is driven; `frame` must be `full`.

    Raises:
        NoFaceFound, UnsuitablePortrait and others: see `animation.portrait.prepare`.
    """
    shown = canvas.fitted(image)
    return Role(shown, prepare(shown, engine, tracker, settings), settings)


@dataclass(slots=True, eq=False)
class Directions:
    """What the performer wants; may be changed from any thread between frames."""

    frozen: bool = False
    """Whether the portrait keeps its expression."""
    resting: bool = False
    """Whether it eases to its own expression as if the face had left."""
    controls: Mapping[str, float] = field(default_factory=dict)
    """Sliders of the engine, on top of the motion."""


class Performer:
    """One stream: what it remembers lies in one `motion.Stream`, whatever portrait is on."""

    def __init__(self, role: Role, tracker: FaceTracker) -> None:
        self._tracker = tracker
        self.stream = Stream()
        self.directions = Directions()
        self.role = role
        self._observe = Observer(role.portrait, tracker, role.settings, self.stream)
        self._neutral_wanted = False
        self._last: Motion | None = None
        self.seen = False
        """Whether the last frame showed the driver's face."""
        self.faces: tuple[Box, ...] = ()
        """Where the faces were in the last picture, x, y, width, height in its pixels."""

    def take(self, role: Role) -> None:
        """Put another portrait or engine on; where the driver is stays known."""
        same = type(role.portrait.engine) is type(self.role.portrait.engine)
        self.role = role
        stream = self.stream
        stream.crop_from_frame = stream.seen = stream.anchor = self._last = None
        if not same:
            stream.reference = None  # another engine's motions mean something else
        self._observe = Observer(role.portrait, self._tracker, role.settings, stream)

    def set_neutral(self) -> None:
        """Take the driver's next face as its face at rest, and stay with it."""
        self._neutral_wanted = True

    def perform(self, frame: Frame) -> np.ndarray:
        """Follow one frame; return the portrait as it then looks, (h, w, 3) uint8 RGB.

        Raises:
            Exception: whatever the engine raises; the next frame may go well again.
        """
        role = self.role
        engine, encoded = role.portrait.engine, role.portrait.encoded
        seen = self._observe(sight(frame, self._tracker, role.settings, self.stream, scores=True))
        self.seen = seen.motion is not None
        self._settle(seen)
        if self.directions.resting:
            seen = Observed(seen.index, seen.time, None)
        motion = to_draw(seen, role.portrait, role.settings, self.stream)
        if self.directions.frozen and self._last is not None:
            motion = self._last
        self._last = motion
        if self.directions.controls:
            if not isinstance(engine, Editable):
                raise SettingsError(f"the engine {role.settings.engine!r} has no sliders")
            motion = engine.edit(encoded, motion, self.directions.controls)
        self.faces = role.portrait.faces(motion)
        (drawn,) = engine.render(encoded, [motion])
        return role.portrait.show(drawn)

    def _settle(self, seen: Observed) -> None:
        """Choose the driver's rest: the first face, then calmer ones; or the one asked for."""
        if seen.motion is None:
            return
        if self._neutral_wanted:
            self._neutral_wanted = False
            self.stream.reference = Neutral.of(seen.motion)
        elif self.stream.reference is None:
            self.stream.reference = Neutral.of(seen.motion, seen.unrest)
