"""Encode one animated GIF: a palette of its own for every frame."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.filter import Graph
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from vivant.types import Frame


class Gif:
    """One GIF under construction."""

    clock = Fraction(1, 100)
    step = 2
    """Viewers show frames of 1/100 s for 1/10 s: no faster than 50 frames/s."""

    def __init__(self, path: Path, size: tuple[int, int], rate: Fraction | None) -> None:
        self._container = av.open(f"file:{path.absolute()}", "w", format="gif")
        stream = self._container.add_stream("gif", rate=rate or 25)
        assert isinstance(stream, VideoStream)
        stream.width, stream.height = size
        stream.pix_fmt = "pal8"
        stream.time_base = stream.codec_context.time_base = Fraction(1, 100)
        self._stream = stream
        self._graph = _palettes(size)

    def write(self, frame: Frame, tick: int) -> None:
        """Choose the palette of a frame, dither it and encode it."""
        image = np.ascontiguousarray(frame.image)
        picture = VideoFrame.from_numpy_buffer(image, format="rgb24")
        picture.pts = tick
        picture.time_base = Fraction(1, 100)
        self._graph.vpush(picture)
        self._drain()

    def _drain(self) -> None:
        while True:
            try:
                picture = self._graph.vpull()
            except (av.BlockingIOError, av.EOFError):
                return
            for packet in self._stream.encode(picture):
                self._container.mux(packet)

    def close(self) -> None:
        """Write the last frames and the end."""
        self._graph.vpush(None)
        self._drain()
        for packet in self._stream.encode(None):
            self._container.mux(packet)
        self._container.close()

    def abort(self) -> None:
        """Let go of the file."""
        try:
            self._container.close()
        except (av.FFmpegError, OSError, ValueError):
            return  # the file is removed anyway; the first error is the one to report


def _palettes(size: tuple[int, int]) -> Graph:
    graph = Graph()
    graph.threads = 1
    rgb = av.VideoFormat("rgb24", *size)
    source = graph.add_buffer(width=size[0], height=size[1], format=rgb, time_base=Fraction(1, 100))
    split = graph.add("split")
    choose = graph.add("palettegen", "stats_mode=single")
    use = graph.add("paletteuse", "new=1:dither=bayer:bayer_scale=4")
    sink = graph.add("buffersink")
    source.link_to(split)
    split.link_to(choose, 1, 0)
    split.link_to(use, 0, 0)
    choose.link_to(use, 0, 1)
    use.link_to(sink)
    graph.configure()
    return graph
