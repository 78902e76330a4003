"""Record a performance: the face of a video, without its pictures."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from fractions import Fraction
from os import PathLike
from pathlib import Path

from vivant.animation.driving import Sighting, follow
from vivant.animation.settings import AnimateSettings, Progress
from vivant.animation.sources import refuse_performance
from vivant.errors import Cancelled, NoFaceFound, SettingsError
from vivant.faces.track import FaceTracker
from vivant.media import VideoReader
from vivant.motion.performance import MAX_FRAMES, Performance
from vivant.motion.stream import Stream
from vivant.threads import prefetch
from vivant.types import Frame


def record(
    driving: str | PathLike[str] | Iterable[Frame],
    *,
    name: str = "recording",
    origin: str = "",
    licence: str = "",
    driver_face: str | int = AnimateSettings.driver_face,
    start: Fraction | None = AnimateSettings.start,
    end: Fraction | None = AnimateSettings.end,
    mirror: bool = AnimateSettings.mirror,
    on_progress: Callable[[Progress], None] | None = None,
    cancel: threading.Event | None = None,
) -> Performance:
    """Follow the face in a video and keep what it does; no picture and no sound is kept.

    Args:
        driving: a video file, or `Frame`s in order.
        name: what the performance is called.
        origin: who performed, in words; it is stored as it stands.
        licence: under which conditions others may use it.
        driver_face: `largest`, the face's number from the left, or `X,Y` inside it.
        start: second of the video to begin at (files only).
        end: second of the video to stop at (files only).
        mirror: swap left and right.
        on_progress: called after each frame.
        cancel: once set, the work ends.

    Returns:
        The performance; frames without a face are kept as missing.

    Raises:
        NoFaceFound: the video never showed a face.
        SettingsError: it is longer than a performance can be.
        MediaError: it cannot be read.
        Cancelled: `cancel` was set.
    """
    settings = AnimateSettings(driver_face=str(driver_face), start=start, end=end, mirror=mirror)
    where = str(driving) if isinstance(driving, (str, PathLike)) else "driver"
    with ExitStack() as stack:
        frames, rate, total = _opened(driving, settings, stack)
        tracker = FaceTracker()
        seen = prefetch(follow(frames, tracker, settings, Stream(), scores=True), depth=4)
        sightings = _collected(seen, where, total, on_progress, cancel)
    best = max(sightings, key=lambda item: item.score)
    if all(item.face is None for item in sightings):
        raise NoFaceFound(
            where,
            best.score,
            tracker.settings.detection_threshold,
            "Use a video in which a face is seen, or choose the part with --from and --to.",
        )
    return Performance(
        name=name,
        width=best.shape[1],
        height=best.shape[0],
        times=tuple(item.time for item in sightings),
        faces=tuple(item.face for item in sightings),
        rate=rate,
        origin=origin,
        licence=licence,
    )


def _opened(
    driving: str | PathLike[str] | Iterable[Frame], settings: AnimateSettings, stack: ExitStack
) -> tuple[Iterable[Frame], Fraction | None, int | None]:
    """Return the frames, their rate, and how many there may be."""
    if not isinstance(driving, (str, PathLike)):
        return driving, None, None
    refuse_performance(Path(driving))
    reader = VideoReader(Path(driving), start=settings.start, end=settings.end)
    stack.enter_context(reader)
    return reader, reader.info.rate, reader.info.frames


def _collected(
    seen: Iterable[Sighting],
    where: str,
    total: int | None,
    on_progress: Callable[[Progress], None] | None,
    cancel: threading.Event | None,
) -> list[Sighting]:
    """Take in all sightings, without their pictures."""
    begun = time.perf_counter()
    kept: list[Sighting] = []
    for item in seen:
        if cancel is not None and cancel.is_set():
            raise Cancelled(f"{where}: recording stopped on request; nothing was kept.")
        if len(kept) == MAX_FRAMES:
            raise SettingsError(
                f"{where}: a performance has at most {MAX_FRAMES} frames; record a part of it "
                f"with --from and --to."
            )
        kept.append(Sighting(item.index, item.time, item.face, item.shape, score=item.score))
        if on_progress is not None:
            rate = len(kept) / (time.perf_counter() - begun)
            on_progress(Progress(len(kept), total, rate))
    if not kept:
        raise SettingsError(f"{where}: there is no frame to record.")
    return kept
