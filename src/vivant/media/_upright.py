"""Child side: from a decoded frame to the RGB picture that a viewer sees.

Interlaced frames are deinterlaced, rotation and mirroring of the display matrix
applied, pixels made square, and YUV converted with the matrix and range that the
video states (BT.709 from 720 lines on and BT.601 below where it states none).
"""

from __future__ import annotations

import struct
from collections import deque
from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
from av.buffer import Buffer
from av.filter import Graph
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace, Interpolation, VideoReformatter

from vivant.media import formats

_UNSPECIFIED = 2
_Filters = tuple[tuple[str, str | None], ...]
_TURNS: dict[
    tuple[int, int, int, int], _Filters
] = {  # signs of the display matrix (a, b, c, d) -> filters that undo it
    (1, 0, 0, 1): (),
    (0, 1, -1, 0): (("transpose", "clock"),),
    (-1, 0, 0, -1): (("hflip", None), ("vflip", None)),
    (0, -1, 1, 0): (("transpose", "cclock"),),
    (-1, 0, 0, 1): (("hflip", None),),
    (1, 0, 0, -1): (("vflip", None),),
    (0, 1, 1, 0): (("transpose", "cclock_flip"),),
    (0, -1, -1, 0): (("transpose", "clock_flip"),),
}


def upright(
    frames: Iterable[tuple[Fraction, VideoFrame]],
) -> Iterator[tuple[Fraction, VideoFrame]]:
    """Yield the frames deinterlaced and turned; one comes out for each that goes in."""
    turns: _Filters | None = None
    graph: Graph | None = None
    shape: tuple[int, int, str] | None = None
    interlaced = False
    times: deque[Fraction] = deque()
    for time, frame in frames:
        if turns is None:
            turns = _turns(frame)
        now = (frame.width, frame.height, frame.format.name)
        if graph is not None and (now != shape or (frame.interlaced_frame and not interlaced)):
            yield from _pull(graph, times, last=True)
            graph = None
        interlaced = interlaced or frame.interlaced_frame
        if graph is None and (turns or interlaced):
            graph, shape = _graph(frame, turns, interlaced), now
        if graph is None:
            yield time, frame
            continue
        times.append(time)
        graph.vpush(frame)
        yield from _pull(graph, times)
    if graph is not None:
        yield from _pull(graph, times, last=True)


def _turns(frame: VideoFrame) -> _Filters:
    matrix = frame.side_data.get("DISPLAYMATRIX")
    if matrix is None:
        return ()
    a, b, _, c, d = struct.unpack("=5i", bytes(cast("Buffer", matrix))[:20])
    signs = (round(a / 65536), round(b / 65536), round(c / 65536), round(d / 65536))
    return _TURNS.get(signs, ())  # other angles are shown as they are stored


def _graph(frame: VideoFrame, turns: _Filters, interlaced: bool) -> Graph:
    graph = Graph()
    graph.threads = 1
    nodes = [
        graph.add_buffer(
            width=frame.width,
            height=frame.height,
            format=frame.format,
            time_base=frame.time_base or Fraction(1, 1000),
        )
    ]
    if interlaced:
        nodes.append(graph.add("bwdif", "mode=send_frame:deint=interlaced"))
    nodes += [graph.add(name, argument) for name, argument in turns]
    nodes.append(graph.add("buffersink"))
    graph.link_nodes(*nodes).configure()
    return graph


def _pull(
    graph: Graph, times: deque[Fraction], last: bool = False
) -> Iterator[tuple[Fraction, VideoFrame]]:
    if last:
        graph.vpush(None)
    while times:
        try:
            frame = graph.vpull()
        except (av.BlockingIOError, av.EOFError):
            return
        yield times.popleft(), frame


class Painter:
    """Converts frames to rows of RGB at the size of the first one, pixels square."""

    def __init__(self, path: Path, frame: VideoFrame, aspect: Fraction | None) -> None:
        self.width, self.height = frame.width, frame.height
        if aspect and aspect != 1 and Fraction(1, 4) <= aspect <= 4:
            if frame.rotation % 180:
                aspect = 1 / aspect
            if aspect > 1:
                self.width = round(self.width * aspect)
            else:
                self.height = round(self.height / aspect)
        formats.check_size(path, self.width, self.height)
        self._reformatter = VideoReformatter()

    def paint(self, frame: VideoFrame) -> bytes | memoryview:
        """Return height * width * 3 bytes."""
        matrix = None
        if frame.colorspace == _UNSPECIFIED and not frame.format.is_rgb:
            matrix = Colorspace.ITU709 if frame.height >= 720 else Colorspace.ITU601
        scaled = (frame.width, frame.height) != (self.width, self.height)
        picture = self._reformatter.reformat(
            frame,
            self.width,
            self.height,
            "rgb24",
            src_colorspace=matrix,
            dst_color_range=ColorRange.JPEG,
            interpolation=Interpolation.BICUBIC if scaled else Interpolation.BILINEAR,
            threads=1,
        )
        plane = picture.planes[0]
        rows, line = memoryview(plane), self.width * 3
        if plane.line_size == line:
            return rows[: line * self.height]
        step = plane.line_size
        return b"".join(rows[y * step : y * step + line] for y in range(self.height))
