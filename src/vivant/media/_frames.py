"""Child side: frames of a video, an animated picture or an image sequence."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any, Protocol

from vivant.errors import DamagedMedia, SettingsError
from vivant.media import _wire, formats, sequence
from vivant.media.info import VideoInfo


class Source(Protocol):
    """Something that yields pictures and knows what they are."""

    info: VideoInfo

    def __iter__(self) -> Iterator[tuple[Fraction, bytes | memoryview]]:
        """Yield the time since `start` and the RGB rows of each picture."""


def send_frames(job: dict[str, Any], sender: _wire.Sender) -> None:
    """Send the info and then every frame of `job`."""
    source = open_source(job)
    sender.send_plain(_wire.INFO, source.info.to_plain())
    for index, (time, rows) in enumerate(source):
        sender.send(_wire.FRAME, rows, index, time)


def open_source(job: dict[str, Any]) -> Source:
    """Open what `job["path"]` holds, whatever its name says."""
    path = Path(job["path"])
    start, end = _seconds(job["start"]), _seconds(job["end"])
    rate = _seconds(job["rate"])
    if sequence.is_sequence(path):
        from vivant.media._pictures import Sequence

        return _checked(Sequence(path, start, end, rate or Fraction(25)), path, start)
    with formats.open_regular(path) as file:
        head = file.read(4096)
    formats.refuse_scripts(path, head)
    kind = formats.picture_format(head)
    if kind is not None:
        from vivant.media._pictures import Animated

        return _checked(Animated(path, kind, start, end), path, start)
    from vivant.media._movie import Movie

    return _checked(Movie(path, start, end), path, start)


class _Begun:
    """A source whose first picture is already there, so that its size is known."""

    def __init__(
        self,
        info: VideoInfo,
        first: tuple[Fraction, bytes | memoryview],
        rest: Iterator[tuple[Fraction, bytes | memoryview]],
    ) -> None:
        self.info = info
        self._first = first
        self._rest = rest

    def __iter__(self) -> Iterator[tuple[Fraction, bytes | memoryview]]:
        yield self._first
        yield from self._rest


def _checked(source: Source, path: Path, start: Fraction | None) -> Source:
    pictures = iter(source)
    first = next(pictures, None)
    if first is None:
        if start:
            raise SettingsError(
                f"{path}: there is no frame at or after {float(start):.3f} s; "
                f"the clip is shorter. Choose an earlier start."
            )
        raise DamagedMedia(path, "holds no frame that can be decoded.")
    return _Begun(source.info, first, pictures)


def _seconds(text: str | None) -> Fraction | None:
    return None if text is None else Fraction(text)
