"""Where live frames come from: a camera, or a file that plays as one.

Reading a camera waits for it, so it has its own thread (`Capture`), which puts every frame into
a mailbox the moment it has it. A camera that is lost is opened again until it is back; one that
is not there in the first place ends it.
"""

from __future__ import annotations

import os
import stat
import sys
import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Literal, Protocol

import numpy as np

from vivant.errors import CameraError, PathRefused, SettingsError
from vivant.live.mailbox import Mailbox
from vivant.media import VideoReader
from vivant.threads import prefetch
from vivant.types import Frame

State = Literal["opening", "on", "lost", "ended"]

_RETRY = 1.0
"""Seconds between two attempts to open a camera that was lost."""
_PATIENCE = 12.0
"""Seconds that leaving waits for a camera that does not answer."""


@dataclass(frozen=True, slots=True, eq=False)
class Taken:
    """A frame, and when it was in hand."""

    frame: Frame
    at: float
    """`time.perf_counter()` when vivant had it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CameraSettings:
    """What is asked of a camera; it may give something near to it."""

    width: int = 640
    """Pixels of a frame."""
    height: int = 480
    rate: float = 30.0
    """Frames a second."""

    def __post_init__(self) -> None:
        for name, low, high in (("width", 64, 3840), ("height", 64, 2160), ("rate", 1, 120)):
            value = getattr(self, name)
            if not low <= value <= high:
                raise SettingsError(f"camera.{name} must lie in [{low}, {high}], got {value}")


class Source(Protocol):
    """Something that gives pictures when it is opened, as often as one likes."""

    name: str
    """What people call it, for messages."""
    ends: bool
    """Whether it comes to an end by itself, as a file does; a camera is lost instead."""

    def pictures(self) -> Iterator[np.ndarray]:
        """Open it and yield (h, w, 3) uint8 RGB pictures, each the moment it is there.

        Raises:
            CameraError: it is not there, or busy.
        """


class Device:
    """A camera of this computer."""

    ends = False

    def __init__(self, which: int | str, settings: CameraSettings) -> None:
        """Name a camera by its number from 0, or by its device file; nothing is opened yet."""
        self._which = which
        self._settings = settings
        self.name = f"camera {which}"

    def pictures(self) -> Iterator[np.ndarray]:
        """Open the camera; the iterator ends when it gives no more."""
        import cv2

        cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)  # we tell it better
        camera = cv2.VideoCapture(self._which)
        try:
            if not camera.isOpened():
                raise CameraError(f"{self.name}: cannot be opened. {_advice(self._which)}")
            self._configure(camera)
            while True:
                there, picture = camera.read()
                if not there:
                    return
                yield cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)
        finally:
            camera.release()

    def _configure(self, camera: object) -> None:
        """Ask for size and rate; over USB only MJPEG carries 30 frames a second of any size."""
        import cv2

        asked = self._settings
        for name, value in (
            (cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG")),
            (cv2.CAP_PROP_FRAME_WIDTH, asked.width),
            (cv2.CAP_PROP_FRAME_HEIGHT, asked.height),
            (cv2.CAP_PROP_FPS, asked.rate),
            (cv2.CAP_PROP_BUFFERSIZE, 1),  # none of its frames may wait
        ):
            camera.set(name, value)  # type: ignore[attr-defined]


def _advice(which: int | str) -> str:
    if sys.platform == "linux":
        there = sorted(str(path) for path in Path("/dev").glob("video*"))
        if not there:
            return "This computer shows no camera (there is no /dev/video0). Plug one in."
        path = Path(f"/dev/video{which}" if isinstance(which, int) else which)
        if not path.exists():
            return f"There are: {', '.join(there)}."
        if not os.access(path, os.R_OK | os.W_OK):
            return f"You may not use {path}: become a member of the group video, and log in again."
    return (
        "Close the program that uses it (only one can), see whether the system lets "
        "this terminal use cameras, or name another with --camera 1."
    )


class Recording:
    """A video file that plays as a camera, at its own rate."""

    def __init__(self, path: Path, *, loop: bool = False) -> None:
        """Name a file; nothing is opened yet. With `loop` it begins anew at its end."""
        self._path = path
        self._loop = loop
        self.ends = not loop
        self.name = str(path)

    def pictures(self) -> Iterator[np.ndarray]:
        """Play the file."""
        begun, passed = time.perf_counter(), 0.0
        while True:
            last = 0.0
            with VideoReader(self._path) as reader, closing(_ahead(reader)) as frames:
                step = float(1 / reader.info.rate) if reader.info.rate else 1 / 30
                for frame in frames:
                    last = float(frame.time)
                    wait = begun + passed + last - time.perf_counter()
                    if wait > 0:
                        time.sleep(wait)
                    yield frame.image
            passed += last + step
            if not self._loop:
                return


def _ahead(reader: VideoReader) -> Generator[Frame]:
    yield from prefetch(reader, depth=4)


def open_source(spec: str, settings: CameraSettings, *, loop: bool = False) -> Source:
    """Return the camera or file that a person named.

    Args:
        spec: a camera's number from 0, its device file, or a video file.
        settings: what is asked of a camera.
        loop: whether a file begins anew at its end.

    Raises:
        SettingsError: it is an address of the network.
        PathRefused: there is no such file.

    >>> open_source("0", CameraSettings()).name
    'camera 0'
    """
    if spec.isdecimal():
        return Device(int(spec), settings)
    if "://" in spec:
        raise SettingsError(
            f"--camera {spec}: addresses of the network are refused; name a camera by its number, "
            f"such as 0, or a file."
        )
    path = Path(spec)
    try:
        mode = path.stat().st_mode
    except OSError as error:
        raise PathRefused(
            f"{spec}: no such camera or file ({error.strerror}). A camera is named by its number, "
            f"such as --camera 0."
        ) from error
    if stat.S_ISCHR(mode):
        return Device(spec, settings)
    return Recording(path, loop=loop)


class Capture:
    """The thread that reads a source; a context manager."""

    def __init__(
        self,
        source: Source,
        box: Mailbox[Taken],
        on_state: Callable[[State, str], None],
    ) -> None:
        """Read `source` into `box`.

        Args:
            source: is opened by the thread, and again when it is lost.
            box: is closed when the source ends.
            on_state: told of every change, from the thread, with what a person
                should know.
        """
        self._source = source
        self._box = box
        self._tell = on_state
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="capture", daemon=True)
        self._begun = time.perf_counter()
        self.state: State = "opening"
        self.frames = 0
        """How many it has given."""
        self.error: Exception | None = None
        """What went wrong last."""

    def __enter__(self) -> Capture:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._box.close()
        self._thread.join(_PATIENCE)

    def _run(self) -> None:
        try:
            while not self._stop.is_set():
                why = self._read()
                if self._stop.is_set():
                    return
                if self._source.ends or not self.frames:  # a camera has to be there at first
                    self._change("ended", why)
                    return
                self._change("lost", why)
                self._stop.wait(_RETRY)
        finally:
            self._box.close()

    def _read(self) -> str:
        """Read until there is no more, and return why."""
        try:
            for image in self._source.pictures():
                at = time.perf_counter()
                if self._stop.is_set():
                    break
                self._change("on", self._source.name)
                seconds = Fraction(round(1e6 * (at - self._begun)), 10**6)
                self._box.put(Taken(Frame(image, self.frames, seconds), at))
                self.frames += 1
        except Exception as error:  # noqa: BLE001 - told to whoever watches, and tried again
            self.error = error
            return str(error)
        return f"{self._source.name} gives no more pictures."

    def _change(self, state: State, why: str) -> None:
        if state != self.state:
            self.state = state
            self._tell(state, why)
