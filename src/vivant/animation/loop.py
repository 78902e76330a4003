"""The one loop: portrait + driving frames + engine -> frames, in memory and unmarked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path
from typing import Literal

from vivant.animation.group import Also
from vivant.animation.scene import Asked, How, Portraits, Still, look_at, open_scene
from vivant.animation.settings import AnimateSettings
from vivant.animation.sources import Drivers
from vivant.engines import Engine, open_engine
from vivant.faces.track import FaceTracker
from vivant.types import Frame


def animate(
    portrait: Portraits,
    driving: Drivers,
    *,
    also: Also = (),
    engine: str | Engine = AnimateSettings.engine,
    relative: bool = AnimateSettings.relative,
    frame: Literal["full", "crop"] = AnimateSettings.frame,
    size: int | None = AnimateSettings.size,
    reference: str | int = AnimateSettings.reference,
    face: str | int = AnimateSettings.face,
    driver_face: str | int = AnimateSettings.driver_face,
    crop: str = AnimateSettings.crop,
    driver_crop: str = AnimateSettings.driver_crop,
    on_missing_face: Literal["hold", "rest", "fail"] = AnimateSettings.on_missing_face,
    start: Fraction | None = AnimateSettings.start,
    end: Fraction | None = AnimateSettings.end,
    mirror: bool = AnimateSettings.mirror,
    controls: Mapping[str, float] | None = None,
    sound: Literal["driver", "portrait", "none"] = AnimateSettings.sound,
    threads: int | None = AnimateSettings.threads,
    device: Literal["cpu", "cuda"] = AnimateSettings.device,
) -> Iterator[Frame]:
    """Move a portrait as a driver does; frames come as they are drawn, unmarked.

    For programs and for measuring: what leaves the machine should be made by
    `animate_file`, which marks and signs it.

    Args:
        portrait: a picture file, a (h, w, 3) uint8 RGB array, or a video file, of which
            the expression is replaced and the rest stays.
        driving: a video file, a recorded performance (file or `Performance`), or
            `Frame`s in order.
        also: further faces of the portrait, each with its driver: `[(1, "b.mp4")]`. The
            first driver gives the times; `start` and `end` count for all.
        engine: its name, or a loaded engine.
        relative: carry the driver's change of face, not the face itself.
        frame: `full` for the whole portrait, `crop` for the square around the face.
        size: longer side of the frames in pixels; without it, the portrait's own.
        reference: frame at which the driver is at rest, or `auto`.
        face: the portrait's face: `largest`, its number from the left, or `X,Y`.
        driver_face: the same for the driver.
        crop: `auto`, `whole`, or `X,Y,W,H` in pixels of the portrait.
        driver_crop: the same of the driver, for engines that read nothing but its pixels; but
            for `auto`, nobody looks for a face in it.
        on_missing_face: `hold` the last expression, ease to `rest`, or `fail`.
        start: second of the driver to begin at (files only).
        end: second of the driver to stop at (files only).
        mirror: swap the driver's left and right.
        controls: sliders of the engine, such as `{"smile": 0.5}`, on top of the driver's motion;
            for the engine mesh see `vivant.engines.mesh.edit.SLIDERS`.
        sound: whose sound goes along: the `driver`'s, of a video its own (`portrait`), or `none`.
        threads: 1 does one step after another; otherwise the steps overlap.
        device: where learned engines run; an engine that is loaded already stays where it is.

    Returns:
        Exactly one `Frame` a driving frame, with its index and time. Of a portrait that is a
        video, its own frames, until it or the driver ends.

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
        driver_crop=driver_crop,
        on_missing_face=on_missing_face,
        start=start,
        end=end,
        mirror=mirror,
        controls=controls or {},
        sound=sound,
        threads=threads,
        device=device,
    )
    loaded = open_engine(engine, device=device) if isinstance(engine, str) else engine
    asked = Asked(portrait, driving, also)
    how = How(settings, loaded, FaceTracker())
    return _run(look_at(asked, how), asked, how)


def _run(portrait: Still | Path, asked: Asked, how: How) -> Iterator[Frame]:
    with ExitStack() as stack:
        yield from open_scene(portrait, asked, how, stack).frames
