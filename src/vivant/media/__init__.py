"""Pixels and sound in and out of files.

`read_image`, `write_image` for stills; `VideoReader` (or `open_video`) gives the frames
of a video and `read_sound` what is heard, both decoded in a child process; `VideoWriter`
makes mp4, webm, gif or numbered pngs. Names are resolved on first use: importing this
loads neither FFmpeg nor Pillow, and the child process, which imports it too, not even
numpy.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vivant.media.info import AudioInfo, VideoInfo
    from vivant.media.reader import VideoReader, open_video
    from vivant.media.stills import read_image, write_image
    from vivant.media.waveform import read_sound
    from vivant.media.writer import VideoWriter

__all__ = [
    "AudioInfo",
    "VideoInfo",
    "VideoReader",
    "VideoWriter",
    "open_video",
    "read_image",
    "read_sound",
    "write_image",
]

_HOMES = {
    "AudioInfo": "info",
    "VideoInfo": "info",
    "VideoReader": "reader",
    "VideoWriter": "writer",
    "open_video": "reader",
    "read_image": "stills",
    "read_sound": "waveform",
    "write_image": "stills",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found: object = getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted(__all__)
