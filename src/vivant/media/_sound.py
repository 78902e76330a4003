"""Child side: the sound of a file as encoded packets that a container can take."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, cast

import av
from av.audio.codeccontext import AudioCodecContext
from av.audio.stream import AudioStream
from av.bitstream import BitStreamFilterContext
from av.container import InputContainer, OutputContainer
from av.filter import Graph
from av.packet import Packet

from vivant.errors import DamagedMedia
from vivant.media import _wire, formats, structure
from vivant.media._movie import open_container, zero

_AAC_RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000, 64000, 88200, 96000)
_ADVICE = "Copy or download the file again."
_NO_SOUND = {"mode": None, "tick": "1"}


@dataclass(frozen=True, slots=True)
class _Piece:
    """One encoded packet; times in seconds since `start`."""

    data: bytes
    time: Fraction
    duration: Fraction


def send_sound(job: dict[str, Any], sender: _wire.Sender) -> None:
    """Send the mode, an empty file that shows the codec, and every packet.

    `job["holds"]` lists codecs that are passed on untouched; others are encoded with
    `job["encoder"]`. `job["container"]` is the container that will hold the packets.
    """
    path = Path(job["path"])
    container = open_container(path)
    with formats.open_regular(path) as file:
        cut = structure.cut_short(file)
    if not container.streams.audio:
        if cut:
            raise DamagedMedia(path, f"{cut}.", _ADVICE)
        sender.send_plain(_wire.INFO, _NO_SOUND)
        return
    stream = container.streams.audio[0]
    start = Fraction(job["start"] or 0)
    length = None if job["end"] is None else Fraction(job["end"]) - start
    origin = zero(container) + start
    for other in container.streams:
        if other is not stream:
            other.discard = av.stream.Discard.all
    if start:
        _seek(container, stream, origin)
    copied = stream.codec_context.name in job["holds"]
    if copied:
        source: _Copied | _Encoded = _Copied(container, stream, origin, length, job["container"])
    else:
        source = _Encoded(container, stream, origin, length, job)
    mode = "copied" if copied else "encoded"
    sender.send_plain(_wire.INFO, {"mode": mode, "tick": str(source.tick)})
    sender.send(_wire.PACKET, source.template, -1)
    ended = Fraction(0)
    for piece in source:
        sender.send(_wire.PACKET, piece.data, round(piece.duration / source.tick), piece.time)
        ended = piece.time + piece.duration
    if cut and (length is None or ended < length):
        problem = f"the sound breaks off after {float(ended):.2f} s: {cut}."
        raise DamagedMedia(path, problem, _ADVICE)


def _seek(container: InputContainer, stream: AudioStream, origin: Fraction) -> None:
    """Go to a little before `origin`, or stay at the beginning."""
    base = stream.time_base or Fraction(1, 1000)
    wanted = int((origin - Fraction(1, 2)) / base)
    try:
        container.seek(wanted, stream=stream)
        first = next(iter(container.demux(stream)))
        late = first.pts is None or first.pts > wanted + Fraction(1, 4) / base
        container.seek(0 if late else wanted, stream=stream)
    except (av.FFmpegError, StopIteration):  # not seekable: read from the beginning
        container.seek(0)


class _Copied:
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

    def __iter__(self) -> Iterator[_Piece]:
        usual = Fraction(self._stream.codec_context.frame_size or 1024)
        usual /= self._stream.codec_context.sample_rate or 48000
        ended: Fraction | None = None
        before: _Piece | None = None
        while self._first is not None:
            packet, self._first = self._first, next(self._packets, None)
            base = packet.time_base or self.tick
            stamp = packet.pts if packet.pts is not None else packet.dts
            time = ended if stamp is None else stamp * base - self._origin
            duration = packet.duration * base if packet.duration else usual
            if time is None or (ended is not None and time <= ended - duration):
                time = ended or Fraction(0)
            ended = time + duration
            piece = _Piece(bytes(packet), time, duration)
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
    if kind == "mp4":
        return None
    head = context.extradata or b""
    if context.name in ("opus", "libopus") and len(head) >= 12:
        return Fraction(int.from_bytes(head[10:12], "little") + 48, 48000)
    return Fraction(0)


def _template(stream: AudioStream, kind: str) -> bytes:
    """Return a tiny file that shows codec, rate, channels and headers."""
    file = io.BytesIO()
    with av.open(file, "w", format=kind) as output:
        _show(output, output.add_stream_from_template(stream))
    return file.getvalue()


def _show(output: OutputContainer, stream: AudioStream) -> None:
    """Write one packet of nothing, for containers that leave out empty streams."""
    packet = cast("Packet[AudioStream]", Packet(bytes(16)))
    packet.stream = stream
    packet.pts = packet.dts = 0
    packet.duration = 1
    packet.is_keyframe = True
    output.mux(packet)


class _Encoded:
    """Sound decoded, cut exactly, gaps filled with silence, and encoded anew."""

    def __init__(
        self,
        container: InputContainer,
        stream: AudioStream,
        origin: Fraction,
        length: Fraction | None,
        job: dict[str, Any],
    ) -> None:
        self._container, self._stream = container, stream
        self._origin, self._length = origin, length
        context = stream.codec_context
        rate = 48000
        if job["encoder"] == "aac" and context.sample_rate in _AAC_RATES:
            rate = context.sample_rate
        self._output = av.open(io.BytesIO(), "w", format=job["container"])
        options = {"aac_coder": "fast"} if job["encoder"] == "aac" else {}
        encoder = self._output.add_stream(job["encoder"], rate=rate, options=options)
        assert isinstance(encoder, AudioStream)
        encoder.codec_context.layout = "mono" if context.channels == 1 else "stereo"
        encoder.codec_context.bit_rate = 160_000 if context.channels > 1 else 96_000
        encoder.codec_context.time_base = Fraction(1, rate)
        self._output.start_encoding()
        self._encoder = encoder.codec_context
        self.tick = Fraction(1, rate)
        self.template = self._shown(job)

    def _shown(self, job: dict[str, Any]) -> bytes:
        file = io.BytesIO()
        with av.open(file, "w", format=job["container"]) as output:
            stream = output.add_stream(job["encoder"], rate=self._encoder.sample_rate)
            assert isinstance(stream, AudioStream)
            stream.codec_context.layout = self._encoder.layout
            stream.codec_context.bit_rate = self._encoder.bit_rate or 0
            _show(output, stream)
        return file.getvalue()

    def __iter__(self) -> Iterator[_Piece]:
        graph: Graph | None = None
        for packet in self._container.demux(self._stream):
            for frame in packet.decode():
                if graph is None:
                    graph = self._graph(frame)
                base = frame.time_base or self.tick
                if frame.pts is not None:
                    frame.pts -= round(self._origin / base)
                    if self._length is not None and frame.pts * base > self._length + 1:
                        continue
                if not self._pushed(graph, frame):
                    break
                yield from self._pulled(graph)
            else:
                continue
            break
        if graph is not None and self._pushed(graph, None):
            yield from self._pulled(graph)
        yield from self._pieces(self._encoder.encode(None))

    @staticmethod
    def _pushed(graph: Graph, frame: av.AudioFrame | None) -> bool:
        """Give the graph a frame; False once it has all it wants."""
        try:
            graph.push(frame)
        except av.EOFError:
            return False
        return True

    def _graph(self, frame: av.AudioFrame) -> Graph:
        graph = Graph()
        graph.threads = 1
        end = "" if self._length is None else f":end={float(self._length):.6f}"
        nodes = [
            graph.add_abuffer(
                sample_rate=frame.sample_rate,
                format=frame.format,
                layout=frame.layout,
                time_base=frame.time_base,
            ),
            graph.add(
                "aresample", f"{self._encoder.sample_rate}:async=1:min_hard_comp=0.05:first_pts=0"
            ),
            graph.add("atrim", f"start=0{end}"),
            graph.add(
                "aformat",
                f"sample_fmts={self._encoder.format.name}:"
                f"channel_layouts={self._encoder.layout.name}",
            ),
            graph.add("abuffersink"),
        ]
        graph.link_nodes(*nodes).configure()
        graph.set_audio_frame_size(self._encoder.frame_size or 1024)
        return graph

    def _pulled(self, graph: Graph) -> Iterator[_Piece]:
        while True:
            try:
                frame = graph.pull()
            except (av.BlockingIOError, av.EOFError):
                return
            yield from self._pieces(self._encoder.encode(frame))  # type: ignore[arg-type]

    def _pieces(self, packets: list[Packet[Any]]) -> Iterator[_Piece]:
        for packet in packets:
            base = packet.time_base or self.tick
            time = (packet.pts or 0) * base
            yield _Piece(bytes(packet), time, (packet.duration or 0) * base)
