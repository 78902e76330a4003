"""Child side: sound passed on as it is in the file."""

from __future__ import annotations

import io
from collections.abc import Iterator
from fractions import Fraction

import av
from av.audio.codeccontext import AudioCodecContext
from av.audio.stream import AudioStream
from av.bitstream import BitStreamFilterContext
from av.container import InputContainer
from av.packet import Packet

from vivant.media._pieces import Piece, show_codec


class Copied:
    """Packets as they are in the file."""

    def __init__(
        self,
        container: InputContainer,
        stream: AudioStream,
        origin: Fraction,
        length: Fraction | None,
        kind: str,
    ) -> None:
        self._container, self._stream = container, stream
        self._origin, self._length = origin, length
        self.tick = stream.time_base or Fraction(1, stream.codec_context.sample_rate)
        self._packets = self._filtered()
        self._first = next(self._packets, None)
        self._before = _allowed_before(stream.codec_context, kind)
        self.template = _template(stream, kind)

    def _filtered(self) -> Iterator[Packet[AudioStream]]:
        """Yield the packets; AAC of broadcast streams without its transport headers."""
        strip: BitStreamFilterContext | None = None
        for packet in self._container.demux(self._stream):
            if not packet.size:
                continue
            adts = self._stream.codec_context.name == "aac" and (
                int.from_bytes(bytes(packet)[:2], "big") & 0xFFF6 == 0xFFF0
            )
            if adts and strip is None and not self._stream.codec_context.extradata:
                strip = BitStreamFilterContext("aac_adtstoasc", self._stream)
            if strip is None:
                yield packet
            else:
                yield from strip.filter(packet)

    def __iter__(self) -> Iterator[Piece]:
        usual = Fraction(self._stream.codec_context.frame_size or 1024)
        usual /= self._stream.codec_context.sample_rate or 48000
        ended: Fraction | None = None
        before: Piece | None = None
        while self._first is not None:
            packet, self._first = self._first, next(self._packets, None)
            base = packet.time_base or self.tick
            stamp = packet.pts if packet.pts is not None else packet.dts
            time = ended if stamp is None else stamp * base - self._origin
            duration = packet.duration * base if packet.duration else usual
            if time is None or (ended is not None and time <= ended - duration):
                time = ended or Fraction(0)
            ended = time + duration
            piece = Piece(bytes(packet), time, duration)
            if self._length is not None and time >= self._length:
                return
            if ended <= 0:
                before = piece
                continue
            if before is not None and self._before is None:
                yield before  # decoders need it to begin cleanly; players do not play it
            before = None
            if self._before is None or time >= -self._before:
                yield piece


def _allowed_before(context: AudioCodecContext, kind: str) -> Fraction | None:
    """How far before 0 a packet may begin: None where the container can say so itself."""
    if kind != "webm":
        return None
    head = context.extradata or b""
    if context.name in ("opus", "libopus") and len(head) >= 12:
        return Fraction(int.from_bytes(head[10:12], "little") + 48, 48000)
    return Fraction(0)


def _template(stream: AudioStream, kind: str) -> bytes:
    """Return a tiny file that shows codec, rate, channels and headers."""
    file = io.BytesIO()
    with av.open(file, "w", format=kind) as output:
        show_codec(output, output.add_stream_from_template(stream))
    return file.getvalue()
