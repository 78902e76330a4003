"""What a portrait is to do: the driver's motion, carried over, eased and edited."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import islice

from vivant.animation.driving import Observed, observe, settle
from vivant.animation.portrait import Portrait
from vivant.animation.settings import AnimateSettings
from vivant.animation.shown import Shown
from vivant.animation.sources import Source
from vivant.engines import Batched, Editable, Encoded, Engine, Referring
from vivant.errors import NoFaceFound
from vivant.faces.track import FaceTracker
from vivant.motion.performance import Performance
from vivant.motion.stream import Stream
from vivant.threads import prefetch
from vivant.types import Motion

_AHEAD = 4
"""Frames that following may be ahead of drawing."""


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """One face of a portrait, and who drives it."""

    portrait: Portrait
    source: Source
    settings: AnimateSettings
    stream: Stream


@dataclass(frozen=True, slots=True, eq=False)
class Moved:
    """What a portrait is to do at one time."""

    index: int
    time: Fraction
    motion: Motion


def drawn_frames(
    portrait: Portrait,
    source: Source,
    tracker: FaceTracker,
    settings: AnimateSettings,
    stream: Stream,
) -> Iterator[Shown]:
    """Yield one drawn frame a driving frame; tracking and drawing overlap.

    Raises:
        NoFaceFound: the driver never showed a face.
    """
    engine = portrait.engine
    together = engine.batch if isinstance(engine, Batched) else 1
    moves = motions(Part(portrait, source, settings, stream), tracker)
    while batch := list(islice(moves, together)):
        pictures = engine.render(portrait.encoded, [moved.motion for moved in batch])
        for moved, drawn in zip(batch, pictures, strict=True):
            faces = portrait.faces(moved.motion)
            yield Shown(portrait.show(drawn), moved.index, moved.time, faces=faces)


def motions(part: Part, tracker: FaceTracker) -> Generator[Moved]:
    """Yield what a portrait is to do, once a driving frame.

    Raises:
        NoFaceFound: the driver never showed a face.
    """
    portrait, stream = part.portrait, part.stream
    settings = with_rest(part.settings, part.source)
    seen = settle(observe(part.source, portrait, tracker, settings, stream), settings, stream)
    if settings.threads != 1:
        seen = prefetch(seen, depth=_AHEAD)
    for item in seen:
        motion = to_draw(item, portrait, settings, stream)
        yield Moved(
            item.index, item.time, edited(portrait.engine, portrait.encoded, motion, settings)
        )
    if stream.track is None:
        raise no_driver(stream, tracker)


def with_rest(settings: AnimateSettings, source: Source) -> AnimateSettings:
    """Return settings that name the frame at rest, where a performance tells it."""
    if isinstance(source, Performance) and source.rest is not None and settings.reference == "auto":
        return replace(settings, reference=str(source.rest))
    return settings


def edited(engine: Engine, encoded: Encoded, motion: Motion, settings: AnimateSettings) -> Motion:
    """Return a motion with the sliders of the settings applied."""
    if not settings.controls:
        return motion
    assert isinstance(engine, Editable)  # `prepare` saw to it
    return engine.edit(encoded, motion, settings.controls)


def no_driver(stream: Stream, tracker: FaceTracker) -> NoFaceFound:
    """Return the error for a driver that never showed a face."""
    return NoFaceFound(
        "driver",
        stream.best_missed,
        tracker.settings.detection_threshold,
        "Use a driver in which a face is seen, or choose the part where it is with "
        "--from and --to.",
    )


def to_draw(
    item: Observed, portrait: Portrait, settings: AnimateSettings, stream: Stream
) -> Motion:
    """Carry the driver's motion over, and ease to rest and back where its face is missing."""
    engine, encoded = portrait.engine, portrait.encoded
    if item.motion is not None:
        if settings.relative:
            assert stream.reference is not None
            stream.reference.see(item.motion, item.unrest)
            reference = stream.reference.at(engine.blend, item.time)
            if isinstance(engine, Referring):
                reference = engine.reference(encoded, reference)
            stream.seen = engine.relative(encoded, reference, item.motion)
        else:
            stream.seen = item.motion
    rest = engine.rest(encoded)
    return eased(engine, stream, (rest, item.time), item.motion is None, settings)


def eased(
    engine: Engine,
    stream: Stream,
    at: tuple[Motion, Fraction],
    missing: bool,
    settings: AnimateSettings,
) -> Motion:
    """Return the last motion seen, eased to rest and back where the face is missing.

    Args:
        engine: blends.
        stream: holds the last motion seen, and the way to rest.
        at: the motion at rest, and the time.
        missing: whether the face is missing now.
        settings: `on_missing_face` is read.
    """
    rest, time = at
    current = stream.seen if stream.seen is not None else rest
    if missing and settings.on_missing_face == "hold":
        stream.anchor, stream.absence = current, 1.0
    elif missing:
        stream.anchor = rest
    away = stream.ease(time, present=not missing)
    if away == 0 or stream.anchor is None or stream.anchor is current:
        return current
    return engine.blend(current, stream.anchor, away)
