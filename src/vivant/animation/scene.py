"""All that is shown, from what was asked: a portrait or a video, one driver or several."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from fractions import Fraction
from os import PathLike
from pathlib import Path

import numpy as np

from vivant.animation.group import Also, drawn_together, open_parts
from vivant.animation.moving import Part, drawn_frames
from vivant.animation.portrait import Portrait, prepare
from vivant.animation.retarget import NEUTRAL_SECONDS, find_target, replaced_frames
from vivant.animation.settings import AnimateSettings
from vivant.animation.shown import Shown
from vivant.animation.sources import Drivers, open_driver
from vivant.engines import Engine
from vivant.errors import SettingsError, UnsupportedFormat
from vivant.faces.track import FaceTracker
from vivant.media import VideoInfo, VideoReader, read_image
from vivant.motion.stream import Stream
from vivant.types import check_picture

Portraits = str | PathLike[str] | np.ndarray
"""A picture or a video by its path, or a (h, w, 3) uint8 RGB array."""


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """What is to be brought together."""

    portrait: Portraits
    driving: Drivers
    also: Also = ()


@dataclass(frozen=True, slots=True, eq=False)
class How:
    """What it is done with."""

    settings: AnimateSettings
    engine: Engine
    tracker: FaceTracker


@dataclass(frozen=True, slots=True, eq=False)
class Still:
    """A portrait that is a picture, made ready."""

    image: np.ndarray
    """(h, w, 3) uint8 RGB."""
    portrait: Portrait


@dataclass(frozen=True, slots=True)
class Sound:
    """The part of a file's sound that goes along."""

    path: Path
    start: Fraction | None
    end: Fraction | None


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """What is shown, and what is known of it."""

    frames: Iterator[Shown]
    """Drawn; not labelled."""
    image: np.ndarray
    """The portrait's picture, or the first frame of its video that shows the face."""
    portrait: Portrait
    """The face in it (the first of several)."""
    clock: VideoInfo | None
    """The video that gives the times; None where a program gives them."""
    driver: VideoInfo | None
    sound: Sound | None
    streams: tuple[Stream, ...]
    """State of every face that is followed."""
    total: int | None
    """Expected number of frames; None where nobody knows."""

    @property
    def missed(self) -> int:
        """Frames so far in which a face that is followed was missing."""
        return sum(stream.missed for stream in self.streams)


def look_at(asked: Asked, how: How) -> Still | Path:
    """Return the portrait, made ready where it is a picture; the path of a video.

    Raises:
        NoFaceFound, UnsuitablePortrait, MediaError and others: it cannot be used.
    """
    given = asked.portrait
    if isinstance(given, np.ndarray):
        check_picture(given, "portrait")
        return Still(given, prepare(given, how.engine, how.tracker, how.settings))
    path = Path(given)
    try:
        image = read_image(path)
    except UnsupportedFormat as error:
        try:
            VideoReader(path).close()
        except UnsupportedFormat:
            raise error from None
        return path
    return Still(image, prepare(image, how.engine, how.tracker, how.settings, str(path)))


def open_scene(portrait: Still | Path, asked: Asked, how: How, stack: ExitStack) -> Scene:
    """Open the drivers and bring all together; `stack` closes them.

    Raises:
        SettingsError: what is asked for does not go together.
        MediaError and others: a file cannot be used.
    """
    if isinstance(portrait, Path):
        return _video(portrait, asked, how, stack)
    return _picture(portrait, asked, how, stack)


def _picture(still: Still, asked: Asked, how: How, stack: ExitStack) -> Scene:
    settings = how.settings
    if settings.sound == "portrait":
        raise SettingsError("the portrait is a picture: it has no sound. Leave --sound out.")
    silent = settings.sound == "none"
    source, info = open_driver(asked.driving, settings, how.engine, stack)
    first = Part(still.portrait, source, settings, Stream())
    parts = open_parts(still.image, asked.also, first, (how.engine, how.tracker), stack)
    if len(parts) == 1:
        frames = drawn_frames(first.portrait, source, how.tracker, settings, first.stream)
    else:
        frames = drawn_together(parts, how.tracker)
    return Scene(
        frames=frames,
        image=still.image,
        portrait=still.portrait,
        clock=info,
        driver=info,
        sound=None if silent else _sound(asked.driving, info, (settings.start, settings.end)),
        streams=tuple(part.stream for part in parts),
        total=_expected(info, settings),
    )


def _video(path: Path, asked: Asked, how: How, stack: ExitStack) -> Scene:
    settings = how.settings
    if asked.also:
        raise SettingsError(
            "the portrait is a video, of which one face is given another expression: "
            "several faces can only be moved in a picture."
        )
    with VideoReader(path, end=NEUTRAL_SECONDS) as beginning:
        target = find_target(beginning, how.engine, how.tracker, settings, str(path))
    reader = stack.enter_context(VideoReader(path))
    source, info = open_driver(asked.driving, settings, target.engine, stack)
    streams = Stream(), Stream()
    known = [one.duration for one in (reader.info, info) if one is not None and one.duration]
    shorter = min(known) if len(known) == 2 else None
    sound = None
    if settings.sound == "portrait":
        sound = _sound(path, reader.info, (None, shorter))
    elif settings.sound == "driver":
        begin = settings.start or Fraction(0)
        end = settings.end if shorter is None else begin + shorter
        sound = _sound(asked.driving, info, (settings.start, end))
    return Scene(
        frames=replaced_frames(target, (reader, source), how.tracker, settings, streams),
        image=target.image,
        portrait=target.portrait,
        clock=reader.info,
        driver=info,
        sound=sound,
        streams=streams,
        total=_lasting(reader.info, shorter),
    )


def _expected(info: VideoInfo | None, settings: AnimateSettings) -> int | None:
    if info is None:
        return None
    if settings.start is None and settings.end is None:
        return info.frames
    if info.rate is None or info.duration is None:
        return None
    end = info.duration if settings.end is None else min(settings.end, info.duration)
    return max(0, round((end - (settings.start or 0)) * info.rate))


def _lasting(info: VideoInfo, duration: Fraction | None) -> int | None:
    """Return how many frames of a video are shown in so many seconds."""
    if duration is None or info.rate is None:
        return info.frames
    return round(duration * info.rate)


def _sound(
    source: object, info: VideoInfo | None, span: tuple[Fraction | None, Fraction | None]
) -> Sound | None:
    if info is None or info.audio is None or not isinstance(source, (str, PathLike)):
        return None
    return Sound(Path(source), *span)
