"""The two roles of a source and a target video in an online class, timed frame by frame."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import numpy as np

from vivant.animation.retarget import NEUTRAL_SECONDS, find_target, replaced_frames
from vivant.animation.settings import AnimateSettings
from vivant.engines import Engine, Replacing
from vivant.faces.track import FaceTracker
from vivant.motion.shipped import held
from vivant.motion.stream import Stream
from vivant.studies.drive import Drive, ready
from vivant.types import Frame

_MORE: Final = 2.0
"""Seconds by which a held expression outlasts the video."""


class Acting:
    """One engine in one role, under way; iterate once.

    The time of a frame is wall-clock time from its being handed over to its being drawn:
    the face is found, read and drawn in it. Work before the first frame (the source is
    made ready; for `swap` the video is searched for the face at rest) counts for the
    first frame only.
    """

    def __init__(self, frames: Sequence[Frame]) -> None:
        self._frames = frames
        self._asked = 0.0
        self._handed: list[float] = []
        self.delays: list[float] = []
        """Of each frame drawn so far, seconds."""
        self.first = 0.0
        """Seconds from the request to the first frame."""

    def reenact(self, source: np.ndarray, engine: Engine, tracker: FaceTracker) -> Iterator[Frame]:
        """Yield the source driven by the target video; its first frame counts as rest.

        Raises:
            NoFaceFound, FaceTooSmall: the source has no face to animate, or the video no face.
        """
        self._asked = time.perf_counter()
        portrait = ready(source, engine, tracker, "source")
        for frame in Drive(portrait, self._given(), tracker, relative=True, reference="0"):
            self._drawn()
            yield frame

    def swap(self, scores: np.ndarray, engine: Engine, tracker: FaceTracker) -> Iterator[Frame]:
        """Yield the target video with an expression, (52,) scores in 0..1, held on its face.

        Raises:
            SettingsError: the engine cannot; ask `able` first.
            NoFaceFound, FaceTooSmall: the video shows no face to change.
        """
        self._asked = time.perf_counter()
        settings = AnimateSettings(threads=1)
        first = [frame for frame in self._frames if frame.time < NEUTRAL_SECONDS]
        target = find_target(first, engine, tracker, settings, "target")
        seconds = float(self._frames[-1].time) + _MORE
        sources, streams = (self._given(), held(scores, seconds)), (Stream(), Stream())
        for frame in replaced_frames(target, sources, tracker, settings, streams):
            self._drawn()
            yield frame

    def _given(self) -> Iterable[Frame]:
        for frame in self._frames:
            self._handed.append(time.perf_counter())
            yield frame

    def _drawn(self) -> None:
        now = time.perf_counter()
        if not self.delays:
            self.first = now - self._asked
        self.delays.append(now - self._handed[len(self.delays)])

    def compute(self) -> dict[str, float]:
        """Return the delay in ms (median, 95th percentile), and two metrics of the same name."""
        each = np.array(self.delays)
        return {
            "delay": float(1000 * np.median(each)),
            "delay_p95": float(1000 * np.percentile(each, 95)),
            "first_frame": self.first,
            "pace": float(len(each) / max(each.sum(), 1e-9)),
        }


def able(engine: Engine, role: str) -> bool:
    """Say whether an engine can take a role: `swap` wants one that can keep a pose."""
    return role != "swap" or isinstance(engine, Replacing)
