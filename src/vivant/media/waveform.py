"""The sound of a file as samples, for measuring."""

from __future__ import annotations

import os
from fractions import Fraction
from typing import Final

import numpy as np

from vivant.errors import MediaError
from vivant.media import _wire, formats
from vivant.media._process import Child

RATE: Final = 48000
"""Samples a second of what `read_sound` gives, whatever the file has."""


def read_sound(
    path: str | os.PathLike[str], start: Fraction | None = None, end: Fraction | None = None
) -> np.ndarray:
    """Return the sound of a file on the clock of its pictures, decoded in a child process.

    Sample 0 is heard at `start`, or at time 0, which may be before the first frame:
    pass that frame's time to begin with it. What the file leaves out is silence.

    Args:
        path: a local media file.
        start: seconds on the clock of `VideoReader` for the same file; None is its beginning.
        end: seconds on the same clock; None is its end.

    Returns:
        (count,) float32, -1 to 1, the mean of the channels, `RATE` samples a second.

    Raises:
        PathRefused, UnsupportedFormat, DamagedMedia: as `VideoReader` does.
        MediaError: the file has no sound.
    """
    source = formats.local_path(path)
    formats.open_regular(source).close()
    job = {"task": "sound", "path": str(source), "container": "wav", "encoder": "pcm_s16le"}
    times = {"start": start, "end": end}
    asked = {name: None if time is None else str(Fraction(time)) for name, time in times.items()}
    child = Child({**job, **asked, "holds": []})
    pieces: list[np.ndarray] = []
    try:
        head = child.header(_wire.INFO)
        assert head is not None  # a child never ends before its info
        if child.plain(head)["mode"] is None:
            raise MediaError(source, "it has no sound.")
        template = child.header(_wire.PACKET)
        assert template is not None  # the description of the codec
        child.payload(template)
        while (head := child.header(_wire.PACKET)) is not None:
            # The header counts what is heard at once; the bytes tell how many channels that is.
            samples = np.frombuffer(child.payload(head), "<i2").reshape(head.number, -1)
            pieces.append(samples.mean(axis=1, dtype=np.float32) / np.float32(32768))
    finally:
        child.close()
    return np.concatenate(pieces) if pieces else np.zeros(0, np.float32)
