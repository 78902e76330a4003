"""The driver: each frame becomes what the engine needs to draw the portrait."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from typing import Final

import numpy as np

from vivant.animation.portrait import Portrait, square_by_hand
from vivant.animation.settings import AnimateSettings
from vivant.animation.sources import Source
from vivant.engines import Engine, Scalable
from vivant.errors import NoFaceFound, SettingsError
from vivant.faces import crop as cropping
from vivant.faces.identity import remember
from vivant.faces.select import choose
from vivant.faces.track import FaceTracker
from vivant.motion import smooth
from vivant.motion.neutral import Neutral, unrest
from vivant.motion.performance import Performance
from vivant.motion.stream import Stream
from vivant.types import Face, Frame, Motion

LOOKAHEAD: Final = Fraction(1)
"""Seconds of the driver in which `--reference auto` looks for the most neutral face."""
_MOST_FACES: Final = 4
"""Faces of a driver that are kept apart."""
MOST_HELD: Final = 1000
"""Largest reference frame number: so many motions are held until it is reached."""


@dataclass(frozen=True, slots=True, eq=False)
class Sighting:
    """One driving frame, and the face that is followed in it."""

    index: int
    time: Fraction
    face: Face | None
    """None where it is missing."""
    shape: tuple[int, ...]
    """Height and width of the frame."""
    image: np.ndarray | None = None
    """None for a recorded performance."""
    score: float = 0.0
    """How near a frame without a face came to showing one."""
    faces: tuple[Face, ...] = ()
    """All faces that are kept apart, as they were last seen."""


@dataclass(frozen=True, slots=True, eq=False)
class Observed:
    """One driving frame, understood."""

    index: int
    time: Fraction
    motion: Motion | None
    """None where the face is missing."""
    unrest: float = math.inf
    """How far the face is from rest; infinity where nobody looked."""


def observe(
    source: Source,
    portrait: Portrait,
    tracker: FaceTracker,
    settings: AnimateSettings,
    stream: Stream,
) -> Iterator[Observed]:
    """Find the driver's face and let the engine read its motion, frame by frame.

    Raises:
        NoFaceFound: a face is missing and `on_missing_face` is `fail`.
    """
    if settings.driver_crop != "auto":
        assert not isinstance(source, Performance)  # `open_driver` saw to it
        yield from _read_squares(source, portrait.engine, settings, stream)
        return
    observer = Observer(portrait, tracker, settings, stream)
    if isinstance(source, Performance):
        sightings = perform(source, stream)
    else:
        scores = "scores" in portrait.engine.needs
        sightings = follow(source, tracker, settings, stream, scores=scores)
    for seen in sightings:
        yield observer(seen)


class Observer:
    """Lets an engine read the followed face of one driving frame after another."""

    def __init__(
        self, portrait: Portrait, tracker: FaceTracker, settings: AnimateSettings, stream: Stream
    ) -> None:
        """What it remembers of the stream stands in `stream`."""
        # Changes are the same in any crop; only absolute motion wants the portrait's kind of crop.
        free = settings.relative and isinstance(portrait.engine, Scalable)
        self._read = _Reader(portrait.engine, within=free or settings.frame == "crop")
        self._portrait, self._tracker = portrait, tracker
        self._settings, self._stream = settings, stream

    def __call__(self, seen: Sighting) -> Observed:
        """Read one face.

        Raises:
            NoFaceFound: it is missing and `on_missing_face` is `fail`.
        """
        stream, face = self._stream, seen.face
        if face is None:
            self._miss(seen)
            return Observed(seen.index, seen.time, None)
        stream.smoothing, face = smooth.smooth_face(stream.smoothing, face, seen.time)
        motion = self._read(seen, face, stream)
        away = math.inf
        if face.scores is not None:
            away = unrest(face.scores, face.pose, self._portrait.face.pose)
        return Observed(seen.index, seen.time, motion, away)

    def _miss(self, seen: Sighting) -> None:
        stream = self._stream
        if not stream.missed:
            stream.best_missed = seen.score
        stream.missed += 1
        stream.smoothing = None
        if self._settings.on_missing_face == "fail":
            raise NoFaceFound(
                f"driving frame {seen.index} at {float(seen.time):.2f} s",
                seen.score,
                self._tracker.settings.detection_threshold,
                "Pass --on-missing-face hold or rest to go on, or cut with --from and --to.",
            )


def _read_squares(
    frames: Iterable[Frame], engine: Engine, settings: AnimateSettings, stream: Stream
) -> Iterator[Observed]:
    """Let the engine read the same square of every frame; nobody looks for a face."""
    stream.track = 0  # there is no other that it could be taken for
    where = f"driver_crop {settings.driver_crop}", "driver"
    for frame in frames:
        image = _as_seen(frame, settings)
        if stream.crop_from_frame is None:
            stream.crop_from_frame = square_by_hand(
                image.shape, settings.driver_crop_box, engine.size, where
            )
        crop = cropping.face_crop(image, None, stream.crop_from_frame, engine.size)
        yield Observed(frame.index, frame.time, engine.motion(crop))


def _as_seen(frame: Frame, settings: AnimateSettings) -> np.ndarray:
    return np.ascontiguousarray(frame.image[:, ::-1]) if settings.mirror else frame.image


def perform(performance: Performance, stream: Stream) -> Iterator[Sighting]:
    """Yield the faces of a recorded performance."""
    shape = (performance.height, performance.width)
    for index, (time, face) in enumerate(performance):
        if face is not None:
            stream.track = face.track
        yield Sighting(index, time, face, shape)


def follow(
    frames: Iterable[Frame],
    tracker: FaceTracker,
    settings: AnimateSettings,
    stream: Stream,
    *,
    scores: bool,
) -> Iterator[Sighting]:
    """Track the driver's face through the frames of a video.

    Expression scores are read where `scores` asks for them, and while the
    driver's rest is looked for.
    """
    for frame in frames:
        yield sight(frame, tracker, settings, stream, scores=scores)


def sight(
    frame: Frame, tracker: FaceTracker, settings: AnimateSettings, stream: Stream, *, scores: bool
) -> Sighting:
    """Find the face that is followed in one more frame; see `follow`."""
    seeks_rest = settings.relative and settings.reference_index is None
    image = _as_seen(frame, settings)
    wanted = scores or (seeks_rest and stream.reference is None)
    face = _follow(image, (tracker, wanted), settings, stream)
    told = face is None and (not stream.missed or settings.on_missing_face == "fail")
    score = tracker.best_score(image) if told else 0.0
    return Sighting(frame.index, frame.time, face, image.shape[:2], image, score, stream.faces)


def _follow(
    image: np.ndarray, how: tuple[FaceTracker, bool], settings: AnimateSettings, stream: Stream
) -> Face | None:
    """Return the followed face, or None where it is missing; the first time, choose it.

    Faces that were there when it was chosen are followed too, so that crossing
    faces are not confused. Where the followed one is gone and a new one has
    come, that is the same performer again. `how` is the tracker, and whether it
    is to read expression scores.
    """
    tracker, scores = how
    if stream.track is None:
        stream.faces = tracker.detect(image)[:_MOST_FACES]
        if not stream.faces:
            return None
        stream.track = choose(stream.faces, settings.driver_face, "driver").track
        stream.others = frozenset(face.track for face in stream.faces) - {stream.track}
    else:
        count = 1 + len(stream.others)
        seen = tracker.track(image, stream.faces, faces=count, scores=scores)
        stream.faces = remember(stream.faces, seen)[: 2 * _MOST_FACES]
        if all(face.track != stream.track for face in seen):
            new = [face for face in seen if face.track not in stream.others]
            if not new:
                return None
            stream.track = new[0].track
        return next(face for face in seen if face.track == stream.track)
    return next(face for face in stream.faces if face.track == stream.track)


class _Reader:
    """Cuts the driver's face the way the engine wants it, and lets the engine read it.

    An engine that can change its size reads the driver at the driver's own
    resolution: where the crop stays in place, cutting is then a mere copy.
    """

    def __init__(self, engine: Engine, within: bool) -> None:
        self._engine = engine
        self._within = within
        self._sized: Engine | None = None

    def __call__(self, seen: Sighting, face: Face, stream: Stream) -> Motion:
        if self._sized is None:
            self._sized = self._at_own_size(seen.shape, face)
        engine = self._sized
        if stream.crop_from_frame is None or engine.crop.follow == "track":
            stream.crop_from_frame = cropping.snapped(
                self._place(seen.shape, face, engine.size), engine.size
            )
        crop = cropping.face_crop(seen.image, face, stream.crop_from_frame, engine.size)
        return engine.motion(crop)

    def _place(self, shape: tuple[int, ...], face: Face, size: int) -> np.ndarray:
        within = shape if self._within else None
        return cropping.crop_from_face(face, self._engine.crop, size, within)

    def _at_own_size(self, shape: tuple[int, ...], face: Face) -> Engine:
        engine = self._engine
        if not isinstance(engine, Scalable):
            return engine
        scale = cropping.scale_of(self._place(shape, face, engine.size))
        return engine.at_size(round(engine.size / scale))


def settle(
    observed: Iterable[Observed], settings: AnimateSettings, stream: Stream
) -> Iterator[Observed]:
    """Hold frames back until the driver's rest is known, then let them go on in order.

    With `reference` auto the most neutral face of the first second counts as
    rest, and calmer ones that come later take its place little by little; with
    a number, that frame. Only motions are held, never pictures.

    Raises:
        SettingsError: the reference frame is too far in, shows no face, or does not exist.
    """
    items = iter(observed)
    wanted = settings.reference_index
    if settings.relative and wanted is None:
        held: list[Observed] = []
        for item in items:
            if not held and item.motion is None:
                yield item
                continue
            held.append(item)
            if item.time - held[0].time >= LOOKAHEAD:
                break
        seen = [item for item in held if item.motion is not None]
        if seen:
            calmest = min(seen, key=lambda item: item.unrest)
            assert calmest.motion is not None
            stream.reference = Neutral.of(calmest.motion, calmest.unrest)
        yield from held
    elif settings.relative and wanted is not None:
        held = list(islice(items, min(wanted, MOST_HELD) + 1))
        stream.reference = Neutral.of(_asked_reference(held, wanted))
        yield from held
    yield from items


def _asked_reference(held: list[Observed], wanted: int) -> Motion:
    if wanted > MOST_HELD:
        raise SettingsError(
            f"reference frame {wanted} is too far in: at most {MOST_HELD}; begin later with --from"
        )
    if len(held) <= wanted:
        raise SettingsError(
            f"reference frame {wanted} does not exist: the driver has {len(held)} frames"
        )
    motion = held[wanted].motion
    if motion is None:
        raise SettingsError(f"reference frame {wanted} shows no face; choose another")
    return motion
