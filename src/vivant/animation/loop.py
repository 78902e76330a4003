"""The one loop: portrait + driving frames + engine -> frames, in memory and unmarked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import replace
from fractions import Fraction
from os import PathLike
from pathlib import Path
from typing import Literal

import numpy as np

from vivant.animation.driving import Observed, observe, settle
from vivant.animation.portrait import Portrait, prepare
from vivant.animation.settings import AnimateSettings
from vivant.animation.sources import Drivers, Source, open_driver
from vivant.engines import Editable, Engine, open_engine
from vivant.errors import NoFaceFound
from vivant.faces.track import FaceTracker
from vivant.media import read_image
from vivant.motion.performance import Performance
from vivant.motion.stream import Stream
from vivant.threads import prefetch
from vivant.types import Frame, Motion, check_picture

Portraits = str | PathLike[str] | np.ndarray

_AHEAD = 4
"""Frames that each stage may be ahead of the next."""


def animate(
    portrait: Portraits,
    driving: Drivers,
    *,
    engine: str | Engine = AnimateSettings.engine,
    relative: bool = AnimateSettings.relative,
    frame: Literal["full", "crop"] = AnimateSettings.frame,
    size: int | None = AnimateSettings.size,
    reference: str | int = AnimateSettings.reference,
    face: str | int = AnimateSettings.face,
    driver_face: str | int = AnimateSettings.driver_face,
    crop: str = AnimateSettings.crop,
    on_missing_face: Literal["hold", "rest", "fail"] = AnimateSettings.on_missing_face,
    start: Fraction | None = AnimateSettings.start,
    end: Fraction | None = AnimateSettings.end,
    mirror: bool = AnimateSettings.mirror,
    controls: Mapping[str, float] | None = None,
    threads: int | None = AnimateSettings.threads,
    device: Literal["cpu", "cuda"] = AnimateSettings.device,
) -> Iterator[Frame]:
    """Move a portrait as a driver does; frames come as they are drawn, unmarked.

    For programs and for measuring: what leaves the machine should be made by
    `animate_file`, which marks and signs it.

    Args:
        portrait: a picture file, or a (h, w, 3) uint8 RGB array.
        driving: a video file, a recorded performance (file or `Performance`), or
            `Frame`s in order.
        engine: its name, or a loaded engine.
        relative: carry the driver's change of face, not the face itself.
        frame: `full` for the whole portrait, `crop` for the square around the face.
        size: longer side of the frames in pixels; without it, the portrait's own.
        reference: frame at which the driver is at rest, or `auto`.
        face: the portrait's face: `largest`, its number from the left, or `X,Y`.
        driver_face: the same for the driver.
        crop: `auto`, `whole`, or `X,Y,W,H` in pixels of the portrait.
        on_missing_face: `hold` the last expression, ease to `rest`, or `fail`.
        start: second of the driver to begin at (files only).
        end: second of the driver to stop at (files only).
        mirror: swap the driver's left and right.
        controls: sliders of the engine, such as `{"smile": 0.5}`, on top of the driver's motion;
            for the engine mesh see `vivant.engines.mesh.edit.SLIDERS`.
        threads: 1 does one step after another; otherwise the steps overlap.
        device: where learned engines run.

    Returns:
        Exactly one `Frame` a driving frame, with its index and time.

    Raises:
        VivantError: see `vivant.errors`; arguments are checked before the first frame.
    """
    settings = AnimateSettings(
        engine=engine if isinstance(engine, str) else type(engine).__name__,
        relative=relative,
        frame=frame,
        size=size,
        reference=str(reference),
        face=str(face),
        driver_face=str(driver_face),
        crop=crop,
        on_missing_face=on_missing_face,
        start=start,
        end=end,
        mirror=mirror,
        controls=controls or {},
        threads=threads,
        device=device,
    )
    loaded = open_engine(engine) if isinstance(engine, str) else engine
    image = load_portrait(portrait)
    tracker = FaceTracker()
    where = "portrait" if isinstance(portrait, np.ndarray) else str(portrait)
    ready = prepare(image, loaded, tracker, settings, where)
    return _run(ready, driving, tracker, settings)


def load_portrait(portrait: Portraits) -> np.ndarray:
    """Return the portrait's picture, (h, w, 3) uint8 RGB."""
    if isinstance(portrait, np.ndarray):
        check_picture(portrait, "portrait")
        return portrait
    return read_image(Path(portrait))


def _run(
    portrait: Portrait, driving: Drivers, tracker: FaceTracker, settings: AnimateSettings
) -> Iterator[Frame]:
    with ExitStack() as stack:
        source, _ = open_driver(driving, settings, portrait.engine, stack)
        yield from drawn_frames(portrait, source, tracker, settings, Stream())


def drawn_frames(
    portrait: Portrait,
    source: Source,
    tracker: FaceTracker,
    settings: AnimateSettings,
    stream: Stream,
) -> Iterator[Frame]:
    """Yield one drawn frame a driving frame; tracking and drawing overlap.

    Raises:
        NoFaceFound: the driver never showed a face.
    """
    if isinstance(source, Performance) and source.rest is not None and settings.reference == "auto":
        settings = replace(settings, reference=str(source.rest))
    seen = settle(observe(source, portrait, tracker, settings, stream), settings, stream)
    if settings.threads != 1:
        seen = prefetch(seen, depth=_AHEAD)
    for item in seen:
        motion = _motion_to_draw(item, portrait, settings, stream)
        if settings.controls:
            assert isinstance(portrait.engine, Editable)  # `prepare` saw to it
            motion = portrait.engine.edit(portrait.encoded, motion, settings.controls)
        (drawn,) = portrait.engine.render(portrait.encoded, [motion])
        yield Frame(portrait.show(drawn), item.index, item.time)
    if stream.track is None:
        raise NoFaceFound(
            "driver",
            stream.best_missed,
            tracker.settings.detection_threshold,
            "Use a driver in which a face is seen, or choose the part where it is with "
            "--from and --to.",
        )


def _motion_to_draw(
    item: Observed, portrait: Portrait, settings: AnimateSettings, stream: Stream
) -> Motion:
    """Carry the driver's motion over, and ease to rest and back where its face is missing."""
    engine, encoded = portrait.engine, portrait.encoded
    if item.motion is not None:
        if settings.relative:
            assert stream.reference is not None
            stream.seen = engine.relative(encoded, stream.reference, item.motion)
        else:
            stream.seen = item.motion
    rest = engine.rest(encoded)
    current = stream.seen if stream.seen is not None else rest
    missing = item.motion is None
    if missing and settings.on_missing_face == "hold":
        stream.anchor, stream.absence = current, 1.0
    elif missing:
        stream.anchor = rest
    away = stream.ease(item.time, present=not missing)
    if away == 0 or stream.anchor is None or stream.anchor is current:
        return current
    return engine.blend(current, stream.anchor, away)
