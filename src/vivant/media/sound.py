"""The sound of a file, taken out by a child process, ready to be put in another."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING, Literal, cast

from vivant.media import _wire, formats
from vivant.media._process import Child

if TYPE_CHECKING:
    from av.audio.stream import AudioStream
    from av.container import OutputContainer
    from av.packet import Packet

Mode = Literal["copied", "encoded"]
_HOLDS = {
    "mp4": (["aac", "mp3", "mp3float", "alac", "flac", "opus", "libopus"], "aac"),
    "mov": (["aac", "alac"], "aac"),
    "webm": (["opus", "libopus", "vorbis", "libvorbis"], "libopus"),
}


class Soundtrack:
    """Encoded packets of one file's sound between two times, read as they are needed.

    Args:
        path: a local media file.
        container: `mp4`, `mov` or `webm`; decides what is copied and what is encoded anew.
        start, end: seconds on the clock of `VideoReader` for the same file.

    Raises:
        PathRefused, UnsupportedFormat, DamagedMedia: as `VideoReader` does.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        container: str,
        start: Fraction | None = None,
        end: Fraction | None = None,
    ) -> None:
        self.path = source = formats.local_path(path)
        formats.open_regular(source).close()
        holds, encoder = _HOLDS[container]
        self._next: tuple[Fraction, int, bytes] | None = None
        self._child = Child(
            {
                "task": "sound",
                "path": str(source),
                "start": None if start is None else str(Fraction(start)),
                "end": None if end is None else str(Fraction(end)),
                "container": container,
                "holds": holds,
                "encoder": encoder,
            }
        )
        try:
            head = self._child.header(_wire.INFO)
            assert head is not None  # a child never ends before its info
            plain = self._child.plain(head)
            self.mode: Mode | None = plain["mode"]
            """`copied`, `encoded`, or None where the file has no sound."""
            self._tick = Fraction(plain["tick"])
            if self.mode is not None and (head := self._child.header(_wire.PACKET)):
                self._template = self._child.payload(head)
                self._next = self._read()
        except BaseException:
            self.close()
            raise

    def add_to(self, output: OutputContainer) -> None:
        """Add a stream for this sound to a container that has not been started."""
        import av

        self._shown = av.open(io.BytesIO(self._template), "r")
        template: AudioStream = self._shown.streams.audio[0]
        self._stream = output.add_stream_from_template(template)

    def until(self, time: Fraction) -> Iterator[Packet[AudioStream]]:
        """Yield the packets that begin before `time` and were not given yet."""
        from av.packet import Packet

        while self._next is not None and self._next[0] < time:
            begins, duration, data = self._next
            packet = cast("Packet[AudioStream]", Packet(data))
            packet.stream = self._stream
            packet.time_base = self._tick
            packet.pts = packet.dts = round(begins / self._tick)
            packet.duration = duration
            packet.is_keyframe = True
            yield packet
            self._next = self._read()

    def _read(self) -> tuple[Fraction, int, bytes] | None:
        head = self._child.header(_wire.PACKET)
        if head is None:
            self._child.close()
            return None
        return head.time, head.number, self._child.payload(head)

    def close(self) -> None:
        """End the child process."""
        self._child.close()
