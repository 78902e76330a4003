"""Child side: sound decoded and encoded anew."""

from __future__ import annotations

import io
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.filter import Graph
from av.packet import Packet

from vivant.errors import DamagedMedia
from vivant.media._pieces import Piece, show_codec

_AAC_RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000, 64000, 88200, 96000)


class Encoded:
    """Sound decoded, cut exactly, gaps filled with silence, and encoded anew."""

    def __init__(
        self,
        container: InputContainer,
        stream: AudioStream,
        origin: Fraction,
        length: Fraction | None,
        job: dict[str, Any],
    ) -> None:
        self._path = Path(job["path"])
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
            show_codec(output, stream)
        return file.getvalue()

    def __iter__(self) -> Iterator[Piece]:
        graph: Graph | None = None
        for frame in self._filled():
            if graph is None:
                graph = self._graph(frame)
            try:
                graph.push(frame)
            except av.EOFError:  # the graph has all that it wants
                break
            yield from self._pulled(graph)
        else:
            if graph is not None:
                graph.push(None)
                yield from self._pulled(graph)
        yield from self._pieces(self._encoder.encode(None))

    def _filled(self) -> Iterator[av.AudioFrame]:
        """Yield frames on the clock of the clip, long gaps filled second by second.

        Short gaps are left to the resampler, which would hold a long one in memory.
        """
        ended = Fraction(0)
        for frame in self._decoded():
            base = frame.time_base or Fraction(1, frame.sample_rate)
            if frame.pts is not None:
                frame.pts -= round(self._origin / base)
                while frame.pts * base > ended + 1:
                    yield _silence(frame, ended)
                    ended += 1
                ended = frame.pts * base
            ended += Fraction(frame.samples, frame.sample_rate)
            yield frame

    def _decoded(self) -> Iterator[av.AudioFrame]:
        """Decode; before the first sound, what a cut recording begins with is skipped."""
        began = False
        for packet in self._container.demux(self._stream):
            try:
                frames = packet.decode()
            except av.InvalidDataError as error:
                if began:
                    problem = f"its sound is damaged ({error.strerror})."
                    raise DamagedMedia(self._path, problem) from error
                continue
            began = began or bool(frames)
            yield from frames

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

    def _pulled(self, graph: Graph) -> Iterator[Piece]:
        while True:
            try:
                frame = graph.pull()
            except (av.BlockingIOError, av.EOFError):
                return
            yield from self._pieces(self._encoder.encode(frame))  # type: ignore[arg-type]

    def _pieces(self, packets: list[Packet[Any]]) -> Iterator[Piece]:
        for packet in packets:
            base = packet.time_base or self.tick
            time = (packet.pts or 0) * base
            yield Piece(bytes(packet), time, (packet.duration or 0) * base)


def _silence(like: av.AudioFrame, time: Fraction) -> av.AudioFrame:
    """Return one second of silence of the same kind, at `time`."""
    frame = av.AudioFrame(like.format.name, like.layout.name, like.sample_rate)
    for plane in frame.planes:
        plane.update(bytes(plane.buffer_size))
    frame.sample_rate, frame.time_base = like.sample_rate, like.time_base
    frame.pts = round(time / (like.time_base or Fraction(1, like.sample_rate)))
    return frame
