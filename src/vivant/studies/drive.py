"""An engine at work on a driver, as `vivant.animate` has it, with the frames missed counted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from vivant.animation.moving import drawn_frames
from vivant.animation.portrait import Portrait, prepare
from vivant.animation.settings import AnimateSettings
from vivant.engines import Engine
from vivant.faces.track import FaceTracker
from vivant.motion.stream import Stream
from vivant.types import Frame


def ready(image: np.ndarray, engine: Engine, tracker: FaceTracker, where: str) -> Portrait:
    """Return a portrait made ready; it serves any number of drives.

    Args:
        image: (h, w, 3) uint8 RGB.
        engine: what will draw.
        tracker: finds the face.
        where: names the portrait in messages.

    Raises:
        NoFaceFound, FaceTooSmall: it has no face to animate.
    """
    return prepare(image, engine, tracker, AnimateSettings(), where)


class Drive:
    """Frames drawn from one portrait and one driver; iterate once.

    Raises:
        NoFaceFound: the driver never shows a face (at its end).
    """

    def __init__(
        self,
        portrait: Portrait,
        driver: Iterable[Frame],
        tracker: FaceTracker,
        *,
        relative: bool,
        reference: str,
    ) -> None:
        """Begin.

        Args:
            portrait: what `ready` made.
            driver: all frames in order, so that smoothing works as for a user.
            tracker: follows the driver's face.
            relative: carry changes since the reference, not the face itself.
            reference: the driver's frame at rest, or `auto`.
        """
        settings = AnimateSettings(relative=relative, reference=reference, threads=1)
        self._stream = Stream()
        self._frames = drawn_frames(portrait, driver, tracker, settings, self._stream)

    def __iter__(self) -> Iterator[Frame]:
        return self._frames

    @property
    def missed(self) -> int:
        """Driving frames so far on which the face was missing."""
        return self._stream.missed
