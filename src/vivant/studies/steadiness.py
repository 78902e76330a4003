"""How calm and how quick an engine is: a driver that stands still, and one that jumps."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Final

import numpy as np

from vivant.engines import open_engine
from vivant.faces.track import FaceTracker
from vivant.metrics.jitter import Jitter
from vivant.studies.drive import Drive, ready
from vivant.types import Frame

RATE: Final = Fraction(25)
NOISE: Final = 2.0
"""Standard deviation of the noise on the still driver, in steps of 1/255."""
STEP: Final = 10
"""The jump of the driver, pixels."""
_SETTLING: Final = 25
"""Frames at the beginning that are not measured: the smoothing finds its calm."""


def study_steadiness(
    portrait: np.ndarray,
    still: np.ndarray,
    engine: str = "mesh",
    engine_settings: Mapping[str, object] | None = None,
    seed: int = 0,
) -> dict[str, float]:
    """Measure the trembling and the lag of drawn landmarks.

    Args:
        portrait: (h, w, 3) uint8 RGB; 512x512 is the protocol's size.
        still: the driver's one picture, likewise.
        engine: what draws.
        engine_settings: its own options, by name.
        seed: of the noise.

    Returns:
        `jitter`: standard deviation of the drawn landmarks over two seconds of
        noise, pixels. `driver_jitter`: the same of the driver's own, as the tracker
        sees them, unsmoothed. `frames_to_90_percent`: after a jump of the driver by
        10 pixels, frames after the first moved one until nine tenths are reached.
        `step`: how far the drawn landmarks moved in the end, pixels.

    Raises:
        NoFaceFound, FaceTooSmall: one of the pictures shows no face to work with.
    """
    tracker = FaceTracker()
    drawing = ready(portrait, open_engine(engine, engine_settings), tracker, "portrait")
    rng = np.random.default_rng(seed)
    noisy = tuple(_noisy(still, rng, index) for index in range(_SETTLING + 50))
    drawn = Drive(drawing, noisy, tracker, relative=True, reference="0")
    trembling = _trembling(tracker, portrait, [frame.image for frame in drawn])
    own = _trembling(tracker, still, [frame.image for frame in noisy])
    jumping = tuple(
        Frame(still if index < _SETTLING else _moved(still), index, index / RATE)
        for index in range(2 * _SETTLING)
    )
    drawn = Drive(drawing, jumping, tracker, relative=True, reference="0")
    path = _path(tracker, portrait, [frame.image for frame in drawn])
    start, end = path[_SETTLING - 5 : _SETTLING].mean(), path[-5:].mean()
    share = (path[_SETTLING:] - start) / (end - start)
    return {
        "jitter": trembling,
        "driver_jitter": own,
        "frames_to_90_percent": float(np.argmax(share >= 0.9)),
        "step": float(end - start),
    }


def _noisy(still: np.ndarray, rng: np.random.Generator, index: int) -> Frame:
    noise = rng.normal(0, NOISE, still.shape)
    return Frame(np.clip(still + noise, 0, 255).round().astype(np.uint8), index, index / RATE)


def _moved(still: np.ndarray) -> np.ndarray:
    """Shift the picture to the right; its left edge repeats."""
    edge = np.repeat(still[:, :1], STEP, axis=1)
    return np.concatenate([edge, still[:, :-STEP]], axis=1)


def _landmarks(
    tracker: FaceTracker, first: np.ndarray, images: list[np.ndarray]
) -> list[np.ndarray]:
    seen = tracker.detect(first)[:1]
    found = []
    for image in images:
        seen = tracker.track(image, seen, scores=False) or seen
        found.append(seen[0].landmarks[:, :2])
    return found


def _trembling(tracker: FaceTracker, first: np.ndarray, images: list[np.ndarray]) -> float:
    total = Jitter()
    for points in _landmarks(tracker, first, images)[_SETTLING:]:
        total.update(points)
    return total.compute()


def _path(tracker: FaceTracker, first: np.ndarray, images: list[np.ndarray]) -> np.ndarray:
    """Return the mean x of the landmarks over time."""
    return np.array([points[:, 0].mean() for points in _landmarks(tracker, first, images)])
