"""Pixels and sound in and out of files.

`read_image`, `write_image` for stills; `VideoReader` (or `open_video`) gives the frames
of a video, decoded in a child process; `VideoWriter` makes mp4, webm, gif or numbered
pngs. Importing this loads neither FFmpeg nor Pillow.
"""

from __future__ import annotations

from vivant.media.info import AudioInfo, VideoInfo
from vivant.media.reader import VideoReader, open_video
from vivant.media.stills import read_image, write_image
from vivant.media.writer import VideoWriter

__all__ = [
    "AudioInfo",
    "VideoInfo",
    "VideoReader",
    "VideoWriter",
    "open_video",
    "read_image",
    "write_image",
]
