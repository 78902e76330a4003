"""Inputs of the benchmarks, made from the samples that vivant ships."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np

from vivant import samples
from vivant.media import VideoReader, VideoWriter, read_image, write_image
from vivant.types import Frame

RATE = Fraction(30)
MINUTE = 60.0


def portrait(folder: Path, side: int = 512) -> Path:
    """Write the sample portrait cut to a square of `side` pixels."""
    image = read_image(samples.portrait())
    path = folder / f"portrait-{side}.png"
    image = image[:512, :512]
    if side != 512:
        image = cv2.resize(image, (side, side), interpolation=cv2.INTER_CUBIC)
    write_image(path, image)
    return path


def _shown(width: int, height: int) -> list[np.ndarray]:
    """The sample driver, cut and enlarged to the size asked for."""
    frames = []
    with VideoReader(samples.driving()) as reader:
        for frame in reader:
            image = frame.image
            if width == height:  # the face stands right of the middle
                image = image[:, 240:600]
            frames.append(cv2.resize(image, (width, height), interpolation=cv2.INTER_CUBIC))
    return frames


def driver(folder: Path, width: int, height: int, seconds: float, rate: Fraction = RATE) -> Path:
    """Write the sample driver forwards and backwards until `seconds` are full."""
    path = folder / f"driver-{width}x{height}-{seconds:g}s.mp4"
    if path.exists():
        return path
    if seconds > MINUTE:
        return _repeated(driver(folder, width, height, MINUTE, rate), path, seconds)
    frames = _shown(width, height)
    there_and_back = frames + frames[-2:0:-1]

    def looped() -> Iterator[Frame]:
        for index in range(round(seconds * rate)):
            yield Frame(there_and_back[index % len(there_and_back)], index, index / rate)

    with VideoWriter(path, width=width, height=height, rate=rate) as writer:
        for frame in looped():
            writer.write(frame)
    return path


def _repeated(minute: Path, path: Path, seconds: float) -> Path:
    """Copy the packets of a one-minute file again and again, without encoding them anew."""
    with av.open(str(path), "w") as output:
        stream = None
        for turn in range(round(seconds / MINUTE)):
            with av.open(str(minute)) as source:
                video = source.streams.video[0]
                if stream is None:
                    stream = output.add_stream_from_template(video)
                shift = round(turn * MINUTE / video.time_base)
                for packet in source.demux(video):
                    if packet.dts is None:
                        continue
                    packet.pts += shift
                    packet.dts += shift
                    packet.stream = stream
                    output.mux(packet)
    return path
