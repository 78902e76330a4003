"""A portrait that is itself a video: its pose and body stay, its expression is replaced."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Final

import numpy as np

from vivant.animation.driving import Observed, Sighting, follow, observe, settle
from vivant.animation.moving import eased, edited, no_driver, with_rest
from vivant.animation.portrait import Portrait, prepare, resized
from vivant.animation.resample import Between, Resampled
from vivant.animation.settings import AnimateSettings
from vivant.animation.shown import Shown, times
from vivant.animation.sources import Source
from vivant.engines import Engine, Replacing, Scalable
from vivant.errors import NoFaceFound, SettingsError
from vivant.faces import crop as cropping
from vivant.faces.findings import MOST_TURNED
from vivant.faces.paste import Paster
from vivant.faces.track import FaceTracker
from vivant.motion import smooth
from vivant.motion.neutral import Neutral, unrest
from vivant.motion.stream import Stream
from vivant.threads import prefetch
from vivant.types import Face, FaceCrop, Frame, Motion

NEUTRAL_SECONDS: Final = Fraction(3)
"""Seconds of the portrait in which its own rest is looked for."""
_AVERAGED: Final = 5
"""Most neutral frames that are averaged: noise of the tracker would stay for the whole video."""
_ROOM: Final = 1.2
"""Factor by which a face may grow or shrink before it is cut at another size."""
_AHEAD: Final = 3
"""Frames that each stage may be ahead of the next."""


@dataclass(frozen=True, slots=True, eq=False)
class Target:
    """A video whose expression is to be replaced."""

    engine: Engine
    """Prepared for poses that stay."""
    portrait: Portrait
    """Its first frame with a face, made ready."""
    image: np.ndarray
    """That frame."""
    neutral: Neutral
    """The face at rest; learned on while it is followed."""


def find_target(
    frames: Iterable[Frame],
    engine: Engine,
    tracker: FaceTracker,
    settings: AnimateSettings,
    where: str,
) -> Target:
    """Look at the beginning of a video: which face is meant, and how it looks at rest.

    Args:
        frames: the first `NEUTRAL_SECONDS`.
        engine: what draws.
        tracker: finds faces.
        settings: `face` is read.
        where: names the video in messages.

    Raises:
        SettingsError: the engine cannot do it, or what is asked for goes with pictures only.
        NoFaceFound, FaceIndexError, UnsuitablePortrait: as for a picture.
    """
    if not isinstance(engine, Replacing):
        raise SettingsError(
            f"the engine {settings.engine!r} cannot keep the pose of a portrait that is a video. "
            f"Take the engine mesh, or a picture as portrait."
        )
    by_hand = {settings.crop, settings.driver_crop} != {"auto"}
    if not settings.relative or settings.frame != "full" or by_hand:
        raise SettingsError(
            "a portrait that is a video keeps its pose and its frame: leave --absolute, "
            "--frame crop, --crop and --driver-crop out, or take a picture as portrait."
        )
    engine = engine.steady()
    stream = Stream()
    found: list[tuple[float, Motion]] = []
    image, portrait, cutter = None, None, _Cutter(engine)
    for seen in follow(frames, tracker, _own(settings), stream, scores=True):
        if seen.face is None or seen.image is None:
            continue
        if portrait is None:
            image = seen.image
            portrait = prepare(image, engine, tracker, settings, where)
        face = seen.face
        assert face.scores is not None
        sized, crop = cutter(face, None)
        found.append((unrest(face.scores, face.pose, portrait.face.pose), sized.motion(crop)))
    if portrait is None or image is None:
        raise NoFaceFound(
            where,
            stream.best_missed,
            tracker.settings.detection_threshold,
            f"Its first {float(NEUTRAL_SECONDS):g} seconds must show the face.",
        )
    found.sort(key=lambda entry: entry[0])
    neutral = found[0][1]
    for number, (_, motion) in enumerate(found[1:_AVERAGED], 2):
        neutral = engine.blend(neutral, motion, 1 / number)
    return Target(engine, portrait, image, Neutral.of(neutral, found[0][0]))


def _own(settings: AnimateSettings) -> AnimateSettings:
    """Settings by which the target's own face is followed."""
    return replace(settings, driver_face=settings.face, mirror=False, on_missing_face="hold")


class _Cutter:
    """Cuts each frame pixel for pixel, so that what is not drawn stays exactly as it is.

    The square follows the face in whole pixels, and keeps its size as long as the face does.
    """

    def __init__(self, engine: Engine) -> None:
        self._given = engine
        self._sized: Engine | None = None

    def __call__(self, face: Face, image: np.ndarray | None) -> tuple[Engine, FaceCrop]:
        """Return the engine at the size of a face, and its crop (without pixels: no image)."""
        side = self._given.size / cropping.scale_of(self._around(face, self._given.size))
        engine = self._sized
        if engine is None or not _near(side, engine.size):
            given = self._given
            engine = given.at_size(round(side)) if isinstance(given, Scalable) else given
            self._sized = engine
        place = self._around(face, engine.size)
        if _near(side, engine.size) and place[0, 1] == 0:
            place = _whole(place, engine.size)
        return engine, cropping.face_crop(image, face, place, engine.size)

    def _around(self, face: Face, size: int) -> np.ndarray:
        return cropping.crop_from_face(face, self._given.crop, size)


def _near(side: float, size: int) -> bool:
    return size / _ROOM <= side <= size * _ROOM


def _whole(place: np.ndarray, size: int) -> np.ndarray:
    """Return the crop of scale 1 with the same middle, at whole pixels."""
    middle = np.array([(size - 1) / 2, (size - 1) / 2, 1.0])
    exact = np.eye(3)
    exact[:2, 2] = np.round(middle[:2] - (np.linalg.inv(place) @ middle)[:2])
    return exact


def replaced_frames(
    target: Target,
    sources: tuple[Iterable[Frame], Source],
    tracker: FaceTracker,
    settings: AnimateSettings,
    streams: tuple[Stream, Stream],
) -> Iterator[Shown]:
    """Yield the frames of the target with the driver's expressions, until one of them ends.

    Where the target's face is missing or turned by more than the engine can draw, the
    frame stays as it is.

    Args:
        target: what `find_target` found.
        sources: the target's frames, and the driver.
        tracker: finds faces.
        settings: how.
        streams: state of the target and of the driver.

    Raises:
        NoFaceFound: the driver never showed a face.
    """
    own, driver = streams
    frames = follow(sources[0], tracker, _own(settings), own, scores=True)
    seen = observe(sources[1], target.portrait, tracker, with_rest(settings, sources[1]), driver)
    driving = settle(seen, with_rest(settings, sources[1]), driver)
    if settings.threads != 1:
        frames, driving = prefetch(frames, depth=_AHEAD), prefetch(driving, depth=_AHEAD)
    cutter = _Cutter(target.engine)
    with closing(Resampled(driving)) as drivers:
        for sighting in frames:
            here = drivers.at(sighting.time)
            if here is None or drivers.over(sighting.time):
                break
            motion = _driven(here, target.engine, settings, driver, sighting.time)
            picture = _replaced(sighting, motion, (target, cutter, settings), streams)
            shown = resized(picture, settings.size)
            faces = tuple(
                times(face.box, shown.shape[1] / picture.shape[1]) for face in sighting.faces
            )
            yield Shown(shown, sighting.index, sighting.time, faces=faces)
    if driver.track is None:
        raise no_driver(driver, tracker)


def _driven(
    here: Between[Observed],
    engine: Engine,
    settings: AnimateSettings,
    stream: Stream,
    time: Fraction,
) -> Motion | None:
    """Return what the driver does at a time; None before its face was seen."""
    motion = here.before.motion
    if motion is not None and here.after is not None and here.after.motion is not None:
        motion = engine.blend(motion, here.after.motion, here.share) if here.share else motion
    if motion is not None:
        stream.seen = motion
    if stream.reference is None:
        return None
    if here.before.motion is not None:
        stream.reference.see(here.before.motion, here.before.unrest)
    missing = motion is None
    return eased(engine, stream, (stream.reference.motion, time), missing, settings)


def _replaced(
    seen: Sighting,
    motion: Motion | None,
    how: tuple[Target, _Cutter, AnimateSettings],
    streams: tuple[Stream, Stream],
) -> np.ndarray:
    """Return the frame with the driver's expression on its face."""
    target, cutter, settings = how
    own, driver = streams
    assert seen.image is not None
    face = seen.face
    away = own.ease(seen.time, present=face is not None and abs(face.pose.yaw) <= MOST_TURNED)
    if face is None:
        own.smoothing, own.absence = None, 1.0
    if face is None or motion is None or away == 1:
        return seen.image.copy()
    own.smoothing, face = smooth.smooth_face(own.smoothing, face, seen.time)
    engine, crop = cutter(face, seen.image)
    assert isinstance(engine, Replacing)
    assert driver.reference is not None
    encoded = engine.encode(crop)
    rest = engine.rest(encoded)
    assert face.scores is not None
    target.neutral.see(rest, unrest(face.scores, face.pose, target.portrait.face.pose))
    neutral = target.neutral.at(engine.blend, seen.time)
    moved = engine.replaced(encoded, neutral, driver.reference.at(engine.blend, seen.time), motion)
    moved = edited(engine, encoded, moved, settings)
    if away:
        moved = engine.blend(moved, rest, away)
    (drawn,) = engine.render(encoded, [moved])
    return Paster(seen.image, crop.crop_from_frame, engine.size)(drawn)
