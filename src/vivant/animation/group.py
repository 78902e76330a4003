"""Several faces of one portrait, each with its own driver."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from fractions import Fraction

import numpy as np

from vivant.animation.moving import Part, motions
from vivant.animation.portrait import Portrait, prepare, resized
from vivant.animation.resample import Resampled
from vivant.animation.settings import Box
from vivant.animation.shown import Shown, times
from vivant.animation.sources import Drivers, open_driver
from vivant.engines import Engine
from vivant.errors import SettingsError
from vivant.faces.track import FaceTracker
from vivant.motion.stream import Stream
from vivant.types import Motion

Also = Sequence[tuple[str | int, Drivers]]
"""Further faces of a portrait (a number from the left, or `X,Y`), each with its driver."""


def open_parts(
    image: np.ndarray,
    also: Also,
    first: Part,
    how: tuple[Engine, FaceTracker],
    stack: ExitStack,
) -> list[Part]:
    """Make the further faces of a portrait ready.

    They take the settings of the first, but their drivers' most prominent face and
    their own rest; sliders belong to the first alone.

    Args:
        image: the portrait.
        also: the further faces and their drivers.
        first: the face that gives the times.
        how: the engine as it was opened, and the tracker.
        stack: closes the drivers when it ends.

    Raises:
        SettingsError: only a crop is shown, or the same face is asked for twice.
        FaceIndexError, UnsuitablePortrait and others: as for the first face.
    """
    engine, tracker = how
    parts = [first]
    for face, driving in also:
        if first.portrait.paster is None or first.settings.crop != "auto":
            raise SettingsError(
                "several faces can only move in the whole picture: leave --frame crop and "
                "--crop out, or animate one face."
            )
        settings = replace(
            first.settings,
            face=str(face),
            driver_face="largest",
            reference="auto",
            size=None,
            controls={},
        )
        source, _ = open_driver(driving, settings, engine, stack)
        portrait = prepare(image, engine, tracker, settings)
        if any(_same(portrait, part.portrait) for part in parts):
            raise SettingsError(
                f"portrait: face {face} is driven twice. Give each face one driver; "
                f"`vivant inspect` tells their numbers."
            )
        parts.append(Part(portrait, source, settings, Stream()))
    return parts


def _same(a: Portrait, b: Portrait) -> bool:
    return a.tracked is not None and b.tracked is not None and a.tracked.track == b.tracked.track


def drawn_together(parts: Sequence[Part], tracker: FaceTracker) -> Iterator[Shown]:
    """Yield one drawn frame a frame of the first driver, with all faces moved.

    The others are taken at the same time, between their frames where the rates differ;
    where one ends earlier, its face holds or comes to rest as `on_missing_face` says.

    Raises:
        NoFaceFound: a driver never showed a face.
    """
    first, *others = parts
    with ExitStack() as stack:
        players = [_Player(part, tracker) for part in others]
        for player in players:
            stack.callback(player.close)
        for moved in motions(first, tracker):
            picture = _drawn(first.portrait, moved.motion, None)
            faces: tuple[Box, ...] = ()
            for player in players:
                motion = player.at(moved.time)
                picture = _drawn(player.part.portrait, motion, picture)
                faces += player.part.portrait.faces(motion)[:1]
            shown = resized(picture, first.portrait.size)
            scale = shown.shape[1] / picture.shape[1]
            known = first.portrait.faces(moved.motion) + tuple(times(box, scale) for box in faces)
            yield Shown(shown, moved.index, moved.time, faces=known)


def _drawn(portrait: Portrait, motion: Motion, onto: np.ndarray | None) -> np.ndarray:
    assert portrait.paster is not None  # `open_parts` saw to it
    (drawn,) = portrait.engine.render(portrait.encoded, [motion])
    return portrait.paster(drawn, onto)


class _Player:
    """Plays one driver's motions at the times of another."""

    def __init__(self, part: Part, tracker: FaceTracker) -> None:
        self.part = part
        self._moves = Resampled(motions(part, tracker))

    def close(self) -> None:
        """Stop following the driver."""
        self._moves.close()

    def at(self, time: Fraction) -> Motion:
        """Return the motion at a time, seconds; times must not decrease."""
        engine, encoded = self.part.portrait.engine, self.part.portrait.encoded
        here = self._moves.at(time)
        if here is None:  # a driver without a frame
            return engine.rest(encoded)
        if here.after is not None and here.share:
            return engine.blend(here.before.motion, here.after.motion, here.share)
        if here.after is None and self.part.settings.on_missing_face == "rest":
            away = self.part.stream.ease(time, present=False)
            return engine.blend(here.before.motion, engine.rest(encoded), away)
        return here.before.motion
