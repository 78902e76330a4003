"""Encode and mux one mp4, mov or webm file."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange
from av.video.stream import VideoStream

from vivant.errors import DamagedMedia
from vivant.media._yuv import yuv_frame
from vivant.media.sound import Soundtrack
from vivant.types import Frame

_BT709 = 1
_FINEST = 100_000_000
"""Ticks a second that an mp4 clock may have."""
_AFTER = Fraction(10)
"""Seconds that the sound may go on after the last frame; a damaged file claims days."""
_AHEAD = Fraction(1, 2)
"""Seconds of sound that are handed over before the picture needs them."""
_H264 = ("libx264", {"preset": "superfast", "crf": "19"}, {"movflags": "+faststart"})
_CODECS: dict[str, tuple[str, dict[str, str], dict[str, str]]] = {
    "mp4": _H264,
    "mov": _H264,
    "webm": (
        "libvpx-vp9",
        {"deadline": "realtime", "cpu-used": "8", "crf": "22", "row-mt": "1", "lag-in-frames": "0"},
        {},
    ),
}


def clock(kind: str, rate: Fraction | None, time_base: Fraction | None) -> Fraction:
    """Return the tick of the file's clock in seconds.

    >>> clock("mp4", Fraction(24000, 1001), None)
    Fraction(1, 360000)
    >>> clock("mp4", Fraction(25), Fraction(1, 12800))
    Fraction(1, 2880000)
    >>> clock("webm", Fraction(25), None)
    Fraction(1, 1000)
    """
    if kind == "webm":
        return Fraction(1, 1000)
    ticks = 90000
    for more in (rate.numerator if rate else 1, time_base.denominator if time_base else 1):
        if math.lcm(ticks, more) <= _FINEST:
            ticks = math.lcm(ticks, more)
    return Fraction(1, ticks)


class Muxed:
    """One mp4, mov or webm file under construction."""

    step = 1

    def __init__(
        self,
        kind: str,
        path: Path,
        size: tuple[int, int],
        rate: Fraction | None,
        time_base: Fraction | None,
        sound: Soundtrack | None,
        metadata: dict[str, str],
        on_luma: Callable[[np.ndarray], None] | None = None,
    ) -> None:
        self.clock = clock(kind, rate, time_base)
        self._usual = max(1, round(1 / (rate or 25) / self.clock))
        self._sound = sound if sound is not None and sound.mode is not None else None
        self._shown = Fraction(0)
        self._on_luma = on_luma
        self._odd = (size[1] % 2, size[0] % 2)
        codec, options, muxing = _CODECS[kind]
        if kind != "webm":  # the duration is as exact as the times
            muxing = {**muxing, "movie_timescale": str(self.clock.denominator)}
        name = f"file:{path.absolute()}"
        self._container = av.open(name, "w", format=kind, container_options=muxing)
        self._container.metadata.update(metadata)
        stream = self._container.add_stream(codec, rate=rate or 25, options=options)
        assert isinstance(stream, VideoStream)
        stream.width, stream.height = size[0] + self._odd[1], size[1] + self._odd[0]
        stream.pix_fmt = "yuv420p"
        stream.time_base = self.clock
        context = stream.codec_context
        context.time_base = self.clock
        context.thread_count = 2
        context.color_range = ColorRange.MPEG
        context.colorspace = context.color_primaries = context.color_trc = _BT709
        self._stream = stream
        if self._sound is not None:
            self._sound.add_to(self._container)
        self._container.start_encoding()

    def write(self, frame: Frame, tick: int) -> None:
        """Encode a frame and hand over the sound up to it."""
        picture = self._converted(frame.image)
        picture.pts = tick
        picture.time_base = self.clock
        picture.duration = self._usual
        self._shown = frame.time
        self._mux(self._stream.encode(picture))
        self._mux_sound(frame.time + _AHEAD)

    def _converted(self, image: np.ndarray) -> VideoFrame:
        """Convert RGB to BT.709 YUV of limited range, padded to an even size."""
        if any(self._odd):
            image = np.pad(image, ((0, self._odd[0]), (0, self._odd[1]), (0, 0)), mode="edge")
        return yuv_frame(image, self._on_luma)

    def _mux_sound(self, until: Fraction) -> None:
        if self._sound is None:
            return
        for packet in self._sound.until(until):
            try:
                self._container.mux(packet)
            except ValueError as error:  # FFmpeg's word for packets that make no sense
                raise DamagedMedia(
                    self._sound.path, f"its sound cannot be copied ({error})."
                ) from error

    def _mux(self, packets: list[Packet[Any]]) -> None:
        for packet in packets:
            if not packet.duration:
                packet.duration = self._usual
            self._container.mux(packet)

    def close(self) -> None:
        """Write what the encoder still holds, the rest of the sound, and the index."""
        self._mux(self._stream.encode(None))
        self._mux_sound(self._shown + _AFTER)
        self._end_sound()
        self._container.close()

    def abort(self) -> None:
        """Let go of the file."""
        self._end_sound()
        try:
            self._container.close()
        except (av.FFmpegError, OSError, ValueError):
            return  # the file is removed anyway; the first error is the one to report

    def _end_sound(self) -> None:
        if self._sound is not None:
            self._sound.close()
