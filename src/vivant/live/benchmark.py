"""`vivant live --benchmark`: a file plays as a camera, and what comes of it is counted."""

from __future__ import annotations

import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from vivant.animation.memory import processor_seconds, resident_mb
from vivant.live.camera import Capture, Recording
from vivant.live.session import Session
from vivant.live.timing import Latencies
from vivant.live.virtual import VirtualCamera

_WARM_SECONDS = 3.0
"""After which the memory counts as that of the start."""
_BACKEND = "vivant-benchmark"


@dataclass(frozen=True, slots=True)
class BenchmarkReport:
    """What a live session did."""

    sink: str
    """Where the pictures went."""
    seconds: float
    frames: int
    """Frames that the camera gave."""
    shown: int
    latency_ms_median: float
    """Frame in hand to frame at the sink."""
    latency_ms_p95: float
    latency_ms_p99: float
    dropped_share: float
    """Frames of the camera that were not shown, 0 to 1."""
    frames_per_second: float
    """Shown."""
    cpu_share: float
    """Processor time of this process and its children over that of all cores, 0 to 1."""
    rss_mb_start: float | None
    """Resident memory, children included, three seconds after the first frame."""
    rss_mb_end: float | None
    faces_missed: int
    failures: int

    def to_json(self) -> dict[str, Any]:
        """Return the report as plain data."""
        return asdict(self)


class _Wall:
    """A backend of pyvirtualcam that takes frames as a camera does, and shows them to nobody."""

    def __init__(self, *, width: int, height: int, **_: object) -> None:
        self._frame = np.zeros(width * height * 3, np.uint8)

    def send(self, frame: np.ndarray) -> None:
        np.copyto(self._frame, frame)

    def close(self) -> None:
        """Nothing is held."""

    def device(self) -> str:
        return _BACKEND

    def native_fourcc(self) -> None:
        return None


def benchmark(
    session: Session,
    path: Path,
    minutes: float | None,
    cancel: threading.Event | None = None,
) -> BenchmarkReport:
    """Play a file as a camera into a virtual camera.

    Args:
        session: the portrait.
        path: the video; it is played at its own rate.
        minutes: how long; the file begins anew at its end. Without it, once.
        cancel: ends it before.

    Raises:
        MissingExtra: pyvirtualcam is not installed.
        MediaError and others: the file cannot be read.
    """
    import pyvirtualcam

    pyvirtualcam.register_backend(_BACKEND, _Wall)
    camera = VirtualCamera(session.canvas, 30, backend=_BACKEND)
    session.open(camera)
    watch = _Watch(None if minutes is None else 60 * minutes, cancel or threading.Event())
    capture = session.run(Recording(path, loop=minutes is not None), watch.cancel, watch)
    watch.end()
    tally = session.show.tally
    seen = tally.latencies.get(camera.name, Latencies())
    return BenchmarkReport(
        sink=f"{camera.name}, in memory",
        seconds=round(watch.seconds, 3),
        frames=capture.frames,
        shown=tally.frames,
        latency_ms_median=round(seen.percentile(50), 2),
        latency_ms_p95=round(seen.percentile(95), 2),
        latency_ms_p99=round(seen.percentile(99), 2),
        dropped_share=round(1 - tally.frames / max(capture.frames, 1), 5),
        frames_per_second=round(tally.frames / watch.seconds, 2),
        cpu_share=round(watch.share, 3),
        rss_mb_start=watch.first_mb,
        rss_mb_end=watch.last_mb,
        faces_missed=tally.missed,
        failures=tally.failures,
    )


class _Watch:
    """Looks at time and memory while a session runs, and ends it in time."""

    def __init__(self, seconds: float | None, cancel: threading.Event) -> None:
        self.cancel = cancel
        self._wanted = seconds
        self._done = threading.Event()
        self.seconds = self.share = 0.0
        self.first_mb: float | None = None
        self.last_mb: float | None = None

    def __call__(self, capture: Capture) -> None:
        self._capture = capture
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._capture.frames and not self._done.wait(0.005):
            pass
        begun, worked = time.perf_counter(), processor_seconds()
        self._done.wait(_WARM_SECONDS)
        self.first_mb = resident_mb()
        while not self._done.wait(0.25):
            self.last_mb = resident_mb()
            if self._wanted is not None and time.perf_counter() - begun >= self._wanted:
                self.cancel.set()
                break
        self.seconds = time.perf_counter() - begun
        self.share = (processor_seconds() - worked) / self.seconds / cores()

    def end(self) -> None:
        """Stop looking."""
        self._done.set()
        self._thread.join()


def cores() -> int:
    """Return how many cores this process may use."""
    import os

    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
