"""Child side: decode one video file with FFmpeg, through PyAV."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from vivant.errors import DamagedMedia, UnsupportedFormat
from vivant.media import formats, structure
from vivant.media._upright import Painter, upright
from vivant.media.info import AudioInfo, VideoInfo

_BROADCAST = {"mpegts", "mpeg", "mpegvideo", "h264", "hevc"}
"""Formats without a beginning: one joins in the middle, and waits for a first key frame."""
_FASTEST = 1000
"""Frames a second; where more are stated, nobody knows the rate."""
_LEAD = Fraction(1, 10)
"""Sound may begin so much before the picture without moving the clip's zero."""


def open_container(path: Path) -> InputContainer:
    """Open a local media file of a whitelisted container; nothing else is opened by it.

    Raises:
        UnsupportedFormat: another container, a playlist or a script.
        DamagedMedia: no container at all, or a broken one.
    """
    file = formats.open_regular(path)
    formats.refuse_scripts(path, file.read(4096))
    cut = structure.cut_short(file)
    options = {"format_whitelist": formats.DEMUXERS, "protocol_whitelist": "none"}
    try:
        return av.open(file, "r", options=options, buffer_size=1 << 18, metadata_errors="replace")
    except av.error.ArgumentError as error:
        raise UnsupportedFormat(
            f"{path}: not a video of a kind that vivant reads "
            f"(mp4, mov, webm, mkv, avi, mpeg, ts, ogg, flv, gif, webp, png sequence ...)."
        ) from error
    except av.FFmpegError as error:
        problem = f"{cut}." if cut else f"this is no video, or a damaged one ({error.strerror})."
        raise DamagedMedia(path, problem, "Copy or download it again.") from error


def picture_stream(container: InputContainer) -> VideoStream | None:
    """Return the first stream of moving pictures; cover art does not count."""
    for stream in container.streams.video:
        if not stream.disposition & av.stream.Disposition.attached_pic:
            return stream
    return None


def zero(container: InputContainer) -> Fraction:
    """Return the file's own time of the clip's zero, in seconds.

    It is where the picture begins, unless the sound begins clearly earlier; both
    children, for pictures and for sound, ask this function.
    """
    starts = [
        stream.start_time * stream.time_base
        for stream in (picture_stream(container), *container.streams.audio[:1])
        if stream is not None and stream.start_time is not None and stream.time_base
    ]
    if not starts:
        return Fraction(0)
    return min(starts) if min(starts) < starts[0] - _LEAD else starts[0]


class Movie:
    """The frames of one video file between two times."""

    def __init__(self, path: Path, start: Fraction | None, end: Fraction | None) -> None:
        self._path = path
        self._start = start or Fraction(0)
        self._end = end
        with formats.open_regular(path) as file:
            self._cut = structure.cut_short(file)
        self._open()

    def _open(self) -> None:
        self._container = open_container(self._path)
        video = picture_stream(self._container)
        if video is None or getattr(video, "codec_context", None) is None:
            if self._cut:
                raise DamagedMedia(self._path, f"{self._cut}.", "Copy or download it again.")
            if video is not None:
                raise UnsupportedFormat(
                    f"{self._path}: no decoder knows this kind of video. "
                    f"Convert it to mp4 (H.264) first."
                )
            what = "sound but no picture" if self._container.streams.audio else "no picture"
            raise UnsupportedFormat(f"{self._path}: holds {what}. Pass a video that shows a face.")
        context = video.codec_context
        formats.check_size(self._path, context.width, context.height)
        context.options = {"max_pixels": str(formats.MAX_PIXELS)}
        context.thread_count = 1 if context.width * context.height <= 1280 * 720 else 2
        context.thread_type = "AUTO"
        self._video = video
        self._zero = zero(self._container)
        rate = video.average_rate or video.guessed_rate
        self._rate = rate if rate and 0 < rate <= _FASTEST else None

    def __iter__(self) -> Iterator[tuple[Fraction, memoryview | bytes]]:
        painter: Painter | None = None
        for time, frame in upright(self._wanted()):
            if painter is None:
                painter = Painter(self._path, frame, self._video.sample_aspect_ratio)
                self.info = self._describe(painter.width, painter.height)
            yield time - self._start, painter.paint(frame)

    def _wanted(self) -> Iterator[tuple[Fraction, VideoFrame]]:
        """Yield the frames shown at or after `start` and before `end`."""
        if self._start and not self._seek():
            self._container.close()
            self._open()
        for time, frame in self._timed(self._decoded()):
            if self._end is not None and time >= self._end:
                return
            if time >= self._start:
                yield time, frame
        if self._cut:
            raise DamagedMedia(self._path, self._where(self._cut), _ADVICE)

    def _seek(self) -> bool:
        """Go to a key frame before `start`; False where the file cannot do that."""
        base = self._video.time_base or Fraction(1, 1000)
        wanted = self._start + self._zero
        try:
            self._container.seek(int(wanted / base), stream=self._video)
            for packet in self._container.demux(self._video):
                if packet.pts is not None:
                    landed = packet.is_keyframe and packet.pts * base <= wanted
                    break
            else:
                return False
            if landed:
                self._container.seek(int(wanted / base), stream=self._video)
            return landed
        except av.FFmpegError:  # not seekable: read from the beginning instead
            return False

    def _decoded(self) -> Iterator[VideoFrame]:
        self._last: Fraction | None = None
        self._count = 0
        joined = self._container.format.name in _BROADCAST
        incomplete = False
        try:
            for packet in self._container.demux(self._video):
                incomplete = packet.is_corrupt if packet.size else incomplete
                if incomplete and (not joined or not packet.size):  # there: only at the end
                    raise av.InvalidDataError(1, "a packet is incomplete")
                try:
                    yield from packet.decode()
                except av.InvalidDataError:
                    if not joined or self._last is not None:
                        raise
        except av.FFmpegError as error:
            yield from self._left_over()
            problem = self._cut or str(error.strerror or error)
            raise DamagedMedia(self._path, self._where(problem), _ADVICE) from error

    def _left_over(self) -> list[VideoFrame]:
        """Return frames that the decoder still held when the damage came."""
        try:
            return self._video.codec_context.decode(None)
        except av.FFmpegError:  # it is the first error that gets reported
            return []

    def _timed(self, frames: Iterator[VideoFrame]) -> Iterator[tuple[Fraction, VideoFrame]]:
        """Give each frame its time; one without, or out of order, follows the last."""
        step = 1 / self._rate if self._rate else Fraction(1, 25)
        for frame in frames:
            stamp = frame.pts if frame.pts is not None else frame.dts
            base = frame.time_base or self._video.time_base
            time = None if stamp is None or not base else stamp * base - self._zero
            if time is None or (self._last is not None and time <= self._last):
                time = Fraction(0) if self._last is None else self._last + step
            elif self._last is None and time < 0 and not self._start:
                self._zero += time  # the header announced a later beginning
                time = Fraction(0)
            self._last = time
            self._count += 1
            yield time, frame

    def _where(self, problem: str) -> str:
        if self._last is None:
            return f"it breaks off before the first frame: {problem}."
        return f"it breaks off after {float(self._last):.2f} s ({self._count} frames): {problem}."

    def _describe(self, width: int, height: int) -> VideoInfo:
        video, base = self._video, self._video.time_base
        duration: Fraction | None = None
        if video.duration is not None and base:
            duration = video.duration * base
        elif self._container.duration is not None:
            duration = Fraction(self._container.duration, av.time_base)
        if duration is not None:
            end = duration if self._end is None else min(self._end, duration)
            duration = max(end - self._start, Fraction(0))
        whole = self._end is None and not self._start
        frames = video.frames if whole and video.frames else None
        if frames is None and duration is not None and self._rate:
            frames = round(duration * self._rate)
        return VideoInfo(
            width=width,
            height=height,
            rate=self._rate,
            duration=duration,
            frames=frames,
            codec=video.codec_context.name,
            audio=_audio(self._container),
            time_base=base,
        )


_ADVICE = "The frames before that were read; copy or download the file again."


def _audio(container: InputContainer) -> AudioInfo | None:
    for stream in container.streams.audio[:1]:
        context = stream.codec_context
        if context is not None:  # a codec that FFmpeg does not know has none
            return AudioInfo(context.name, context.sample_rate or 0, context.channels)
    return None
