"""Read the frames of a video, decoded in a child process."""

from __future__ import annotations

import os
from fractions import Fraction
from types import TracebackType
from typing import Self

from vivant.errors import SettingsError
from vivant.media import _wire, formats, sequence
from vivant.media._process import Child
from vivant.media.info import VideoInfo
from vivant.types import Frame


class VideoReader:
    """The frames of one video, in order; a context manager and an iterator.

    Reads mp4, mov, webm, mkv, avi, mpeg, ts, ogg, flv ..., animated GIF, WebP and PNG,
    a still picture (one frame) and image sequences (a directory of numbered pictures or
    a pattern such as `face_%05d.png`). Frames come upright, with square pixels, RGB,
    all of one size.

    `Frame.index` counts from 0 at `start`; `Frame.time` is measured from `start`, so
    the first frame may come a little after 0, as in the file: that keeps sound in sync.
    The clip's zero is where its picture begins (or its sound, if clearly earlier).
    Times increase strictly: a frame without a time, or with one not after the frame
    before it, is put one frame duration after that.

    Decoding happens in a child process, so a crash of the decoder is `DamagedMedia`
    here. One frame at a time is held, whatever the length of the clip.

    Args:
        path: a local file, directory or pattern.
        start, end: seconds; frames shown in [start, end) are given. None: all.
        rate: frames a second of an image sequence (25 where None); else not used.

    Raises:
        PathRefused: missing, unreadable, or no regular file.
        UnsupportedFormat: not a video, a playlist, an address, or sound only.
        DamagedMedia: empty, truncated or broken; from the iterator, after the frames
            that could be read, it says at what time the file broke.
        PictureTooLarge: frames over the limits of `vivant.media.formats`.
        SettingsError: `start` and `end` make no sense for this clip.
    """

    info: VideoInfo
    """What is known of the clip; duration and frames count from `start` to `end`."""

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        start: Fraction | None = None,
        end: Fraction | None = None,
        rate: Fraction | None = None,
    ) -> None:
        self.path = formats.local_path(path)
        check_range(start, end)
        if not sequence.is_sequence(self.path):
            formats.open_regular(self.path).close()
        self._index = 0
        self._closed = False
        self._child = Child(
            {
                "task": "video",
                "path": str(self.path),
                "start": None if start is None else str(Fraction(start)),
                "end": None if end is None else str(Fraction(end)),
                "rate": None if rate is None else str(Fraction(rate)),
            }
        )
        try:
            head = self._child.header(_wire.INFO)
            assert head is not None  # a child never ends before its info
            self.info = VideoInfo.from_plain(self._child.plain(head))
        except BaseException:
            self._child.close()
            raise

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Frame:
        if self._closed:
            raise StopIteration
        try:
            head = self._child.header(_wire.FRAME)
            if head is not None:
                image = self._child.picture(head, self.info.height, self.info.width)
        except Exception:
            if self._closed:  # by another thread, while this one waited
                raise StopIteration from None
            self.close()
            raise
        if head is None:
            self.close()
            raise StopIteration
        frame = Frame(image, self._index, head.time)
        self._index += 1
        return frame

    def close(self) -> None:
        """End the child process; safe to call twice, and from another thread."""
        self._closed = True
        self._child.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"VideoReader({str(self.path)!r}, {self.info.width}x{self.info.height})"


def open_video(
    path: str | os.PathLike[str],
    *,
    start: Fraction | None = None,
    end: Fraction | None = None,
    rate: Fraction | None = None,
) -> VideoReader:
    """Open a video for reading; the same as `VideoReader(path, ...)`."""
    return VideoReader(path, start=start, end=end, rate=rate)


def check_range(start: Fraction | None, end: Fraction | None) -> None:
    """Raise `SettingsError` unless 0 <= start < end."""
    if start is not None and start < 0:
        raise SettingsError(f"start must be 0 s or later, got {float(start):.3f} s.")
    if end is not None and end <= (start or 0):
        raise SettingsError(
            f"end must come after start ({float(start or 0):.3f} s), got {float(end):.3f} s."
        )
