"""Child side: the sound of a file as encoded packets that a container can take."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av.audio.stream import AudioStream
from av.container import InputContainer

from vivant.errors import DamagedMedia
from vivant.media import _wire, formats, structure
from vivant.media._copied import Copied
from vivant.media._encoded import Encoded
from vivant.media._movie import open_container, zero

_ADVICE = "Copy or download the file again."
_NO_SOUND = {"mode": None, "tick": "1"}


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
    if getattr(stream, "codec_context", None) is None:
        raise DamagedMedia(path, "no decoder knows its kind of sound.", _ADVICE)
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
        source: Copied | Encoded = Copied(container, stream, origin, length, job["container"])
    else:
        source = Encoded(container, stream, origin, length, job)
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
