"""Write frames to a video file, with the sound of another; complete or not at all."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Literal, Protocol, Self

from vivant.errors import SettingsError, ShapeError, UnsupportedFormat
from vivant.media import beside, formats, sequence
from vivant.media.reader import check_range
from vivant.media.sound import Soundtrack
from vivant.types import Frame

if TYPE_CHECKING:
    import numpy as np

MOVIES = {".mp4": "mp4", ".m4v": "mp4", ".mov": "mov", ".webm": "webm"}
"""Suffixes of files that hold sound, and their containers."""
PICTURES = frozenset((".png", ".jpg", ".jpeg", ".webp"))
"""Suffixes of a single picture: of these, those that can carry signed credentials."""


class Output(Protocol):
    """A file under construction."""

    clock: Fraction
    """Tick of the file's clock in seconds; times are kept to the nearest tick."""
    step: int
    """Ticks that must lie between two frames at least."""

    def write(self, frame: Frame, tick: int) -> None:
        """Add a frame that is shown at `tick`."""

    def close(self) -> None:
        """Complete the file."""

    def abort(self) -> None:
        """Let go of the file; it will be removed."""


class Marker(Protocol):
    """Changes every picture just before it is encoded; an invisible watermark does."""

    def on_luma(self, luma: np.ndarray) -> None:
        """Change the plane of luma that a video encoder gets, (height, width) uint8, in place."""

    def on_picture(self, image: np.ndarray) -> np.ndarray:
        """Return the picture, (height, width, 3) uint8 RGB, that any other encoder gets."""


class VideoWriter:
    """Writes a video; a context manager.

    The suffix decides: `.mp4` and `.mov` (H.264, AAC), `.webm` (VP9, Opus), `.gif`, numbered
    pictures for a name without suffix (a directory) or with a pattern such as
    `face_%05d.png`, or one picture (`.png`, `.jpg`, `.webp`), which takes one frame.
    The file is written beside `path` under a hidden name and renamed by `close`; where the
    with-block fails, Ctrl-C included, nothing is left behind and what was at `path` stays.

    Each frame is shown at exactly its `time` where the file's clock can tell it: in mp4 and
    mov any multiple of 1/90000 s, of 1/`rate` and of `time_base`; webm counts milliseconds,
    gif 1/100 s, and numbered pictures keep no times at all.

    H.264 and VP9 store even sizes here: an odd picture gets its last column or row
    twice, one pixel more than asked.

    Args:
        path: where the video shall be.
        width, height: pixels of every frame.
        rate: frames a second on average, exact; None where unknown.
        audio: file whose sound goes along, untouched where the container can hold it;
            it ends 10 s after the last frame at the latest.
        start, end: seconds; the part of `audio` that belongs to the frames.
        time_base: `VideoInfo.time_base` of a source of variable rate.
        metadata: tags of the container, such as `title`.
        finish: called with the complete hidden file before it is renamed (a directory
            for numbered pictures); an error in it removes the file.
        marker: changes the pictures on their way to the encoder; frames stay as they are.

    Raises:
        PathRefused: the place cannot be written to.
        UnsupportedFormat: another suffix.
        DiskFull: there is no room.
        SettingsError: a rate, range or time that cannot be.
        DamagedMedia: the sound cannot be read.
    """

    audio_mode: Literal["copied", "encoded"] | None
    """What became of the sound; None without any."""

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        width: int,
        height: int,
        rate: Fraction | None = None,
        audio: str | os.PathLike[str] | None = None,
        start: Fraction | None = None,
        end: Fraction | None = None,
        time_base: Fraction | None = None,
        metadata: Mapping[str, str] | None = None,
        finish: Callable[[Path], None] | None = None,
        marker: Marker | None = None,
    ) -> None:
        self.path = formats.local_path(path)
        self._shape = (height, width, 3)
        self._finish = finish
        self._last: Frame | None = None
        self._tick = 0
        _check(width, height, rate)
        check_range(start, end)
        kind = _kind(self.path)
        self.audio_mode = None
        sound: Soundtrack | None = None
        self._numbered = kind == "png"
        self._marker = None if kind in MOVIES.values() else marker
        self._temporary = _claim(self.path, self._numbered)
        try:
            if audio is not None and kind in MOVIES.values():
                sound = Soundtrack(audio, kind, start, end)
                self.audio_mode = sound.mode
            with beside.writing(self.path):
                self._output = _output(
                    kind, self._temporary, (width, height), rate, time_base, sound, metadata, marker
                )
        except BaseException:
            if sound is not None:
                sound.close()
            beside.discard(self._temporary)
            raise
        self._open = True

    def write(self, frame: Frame) -> None:
        """Add a frame; its time must come after the one before it.

        Raises:
            ShapeError: the frame has another size.
            SettingsError: its time is negative, not after the last, or falls on the
                same tick of the file's clock.
            DiskFull: there is no room.
        """
        if not self._open:
            raise ValueError(f"{self.path}: write() after close()")
        if frame.image.shape != self._shape:
            raise ShapeError(
                f"{self.path}: frame {frame.index} has shape {frame.image.shape}, "
                f"wanted {self._shape}"
            )
        tick = self._next_tick(frame)
        if self._marker is not None:
            frame = replace(frame, image=self._marker.on_picture(frame.image))
        with beside.writing(self.path):
            self._output.write(frame, tick)
        self._last, self._tick = frame, tick

    def _next_tick(self, frame: Frame) -> int:
        tick = round(frame.time / self._output.clock)
        if tick < 0:
            raise SettingsError(
                f"{self.path}: frame {frame.index} has the time {float(frame.time):.6f} s; "
                f"times begin at 0."
            )
        if self._last is not None and tick < self._tick + self._output.step:
            raise SettingsError(
                f"{self.path}: frame {frame.index} at {float(frame.time):.6f} s does not come "
                f"clearly after frame {self._last.index} at {float(self._last.time):.6f} s: this "
                f"file needs {float(self._output.step * self._output.clock):.6f} s between them. "
                f"Give increasing times, or write an mp4, whose clock is finer."
            )
        return tick

    def close(self) -> None:
        """Complete the file, call `finish`, and rename it to `path`.

        Raises:
            SettingsError: no frame was written.
            DiskFull, PathRefused: the file could not be completed.
        """
        if not self._open:
            return
        self._open = False
        try:
            if self._last is None:
                raise SettingsError(f"{self.path}: no frame was written; there is no video.")
            with beside.writing(self.path):
                self._output.close()
            if self._finish is not None:
                self._finish(self._temporary)
            with beside.writing(self.path):
                _publish(self._temporary, self.path, self._numbered)
        except BaseException:
            self._output.abort()
            raise
        finally:
            beside.discard(self._temporary)

    def abort(self) -> None:
        """Give up: remove what was written; `path` stays as it was."""
        if self._open:
            self._open = False
            try:
                self._output.abort()
            finally:
                beside.discard(self._temporary)

    def __del__(self) -> None:
        if getattr(self, "_open", False):  # forgotten without close(): as a failure
            self.abort()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            self.close()
        else:
            self.abort()


def _check(width: int, height: int, rate: Fraction | None) -> None:
    if not (1 <= width <= formats.MAX_SIDE and 1 <= height <= formats.MAX_SIDE):
        raise SettingsError(
            f"a video must be 1 to {formats.MAX_SIDE} pixels wide and high, got {width}x{height}."
        )
    if rate is not None and not 0 < rate <= 1000:
        raise SettingsError(f"rate must be above 0 and at most 1000 frames/s, got {rate}.")


def is_still(path: Path) -> bool:
    """Tell whether `path` names a single picture.

    >>> is_still(Path("anna.png")), is_still(Path("anna_%05d.png")), is_still(Path("anna.mp4"))
    (True, False, False)
    """
    picture = path.suffix.lower() in PICTURES and not formats.is_directory(path)
    return picture and not (path.suffix.lower() == ".png" and sequence.is_pattern(path))


def _kind(path: Path) -> str:
    """Return mp4, mov, webm, gif, png (numbered) or still, by the name."""
    suffix = path.suffix.lower()
    if is_still(path):
        return "still"
    if suffix in MOVIES:
        return MOVIES[suffix]
    if suffix == ".gif":
        return "gif"
    if not suffix or (suffix == ".png" and sequence.is_pattern(path)) or formats.is_directory(path):
        return "png"
    raise UnsupportedFormat(
        f"{path}: cannot write a video named {suffix!r}; use .mp4, .mov, .webm, .gif, a "
        f"directory for numbered pictures, a pattern such as {path.stem}_%05d.png, or .png, .jpg "
        f"or .webp for the first frame alone."
    )


def _claim(path: Path, numbered: bool) -> Path:
    if not numbered:
        return beside.claim(path)
    from vivant.media._numbered import claim

    return claim(path)


def _publish(temporary: Path, path: Path, numbered: bool) -> None:
    if not numbered:
        temporary.replace(path)
        return
    from vivant.media._numbered import publish

    publish(temporary, path)


def _output(
    kind: str,
    temporary: Path,
    size: tuple[int, int],
    rate: Fraction | None,
    time_base: Fraction | None,
    sound: Soundtrack | None,
    metadata: Mapping[str, str] | None,
    marker: Marker | None,
) -> Output:
    if kind == "png":
        from vivant.media._numbered import Numbered

        return Numbered(temporary)
    if kind == "still":
        from vivant.media._still import Still

        return Still(temporary)
    if kind == "gif":
        from vivant.media._gif import Gif

        return Gif(temporary, size, rate)
    from vivant.media._mux import Muxed

    on_luma = None if marker is None else marker.on_luma
    return Muxed(kind, temporary, size, rate, time_base, sound, dict(metadata or {}), on_luma)
