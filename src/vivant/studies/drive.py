"""An engine at work on a driver, as `vivant.animate` has it, with the frames missed counted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from vivant.animation.loop import drawn_frames
from vivant.animation.portrait import prepare
from vivant.animation.settings import AnimateSettings
from vivant.engines import Engine
from vivant.faces.track import FaceTracker
from vivant.motion.stream import Stream
from vivant.types import Frame


class Drive:
    """Frames drawn from one portrait and one driver; iterate once.

    Raises:
        NoFaceFound, FaceTooSmall: the portrait has no face to animate (at once), or
            the driver never shows one (at its end).
    """

    def __init__(
        self,
        portrait: np.ndarray,
        driver: Iterable[Frame],
        engine: Engine,
        tracker: FaceTracker,
        *,
        relative: bool,
        reference: str,
    ) -> None:
        """Make the portrait ready.

        Args:
            portrait: (h, w, 3) uint8 RGB.
            driver: all frames in order, so that smoothing works as for a user.
            engine: what draws.
            tracker: finds faces.
            relative: carry changes since the reference, not the face itself.
            reference: the driver's frame at rest, or `auto`.
        """
        settings = AnimateSettings(
            engine=type(engine).__name__, relative=relative, reference=reference, threads=1
        )
        ready = prepare(portrait, engine, tracker, settings)
        self._stream = Stream()
        self._frames = drawn_frames(ready, driver, tracker, settings, self._stream)

    def __iter__(self) -> Iterator[Frame]:
        return self._frames

    @property
    def missed(self) -> int:
        """Driving frames so far on which the face was missing."""
        return self._stream.missed
