"""The loop around files: read, animate, label, write, sign; all or nothing."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import islice
from os import PathLike
from pathlib import Path
from typing import Any, Literal

import numpy as np

import vivant
from vivant.animation.group import Also
from vivant.animation.memory import PeakMemory
from vivant.animation.origin import Origin, path_of
from vivant.animation.portrait import Portrait
from vivant.animation.scene import Asked, How, Portraits, Scene, look_at, open_scene
from vivant.animation.settings import AnimateSettings, LabelBox, Progress, Report
from vivant.animation.shown import Shown
from vivant.animation.sources import Drivers, check_output
from vivant.engines import Engine, open_engine
from vivant.errors import Cancelled
from vivant.faces.suitability import suitability
from vivant.faces.track import FaceTracker
from vivant.marks import Consent, Imprint, Label, LabelSettings, Signing, consent_for, new_id, sign
from vivant.media import VideoInfo, VideoWriter
from vivant.media.writer import is_still
from vivant.threads import prefetch, undivided

_PREVIEW_SECONDS = 3
_PREVIEW_SIZE = 384
_AHEAD = 4
_COMMENT = (
    "AI-generated: a portrait moved by another's performance, made with vivant "
    f"{vivant.__version__}. Check it with: vivant verify FILE"
)
"""Stands in the file's own description; a title would tell the names of files."""
_SAMPLE_EVERY = 50
"""Frames between two looks at the memory."""
_POOR = 7.0
"""Suitability under which a portrait is worth a warning."""
_TOLD = 3
"""Findings that the warning tells, the gravest first."""


def animate_file(
    portrait: Portraits,
    driving: Drivers,
    output: str | PathLike[str],
    *,
    also: Also = (),
    engine: str | Engine = AnimateSettings.engine,
    engine_settings: Mapping[str, object] | None = None,
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
    preview: bool = False,
    consent: str | Consent | None = None,
    ask_consent: Callable[[], str | None] | None = None,
    label: LabelSettings | None = None,
    release_driver: bool = False,
    signing: Signing | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    cancel: threading.Event | None = None,
) -> Report:
    """Make a video of the portrait moving as the driver does: labelled and signed.

    Args:
        portrait: a picture file, a (h, w, 3) uint8 RGB array, or a video file, of which
            the expression is replaced and the rest stays, until it or the driver ends.
        driving: a video file, or without sound a recorded performance (file or
            `Performance`) or `Frame`s in order.
        output: .mp4, .mov, .webm, .gif, a folder or pattern for PNG pictures, or .png, .jpg or
            .webp for the first frame alone. An existing file is replaced once the new one
            is complete.
        also: further faces of the portrait, each with its driver: `[(1, "b.mp4")]`. The
            first driver gives the times and the sound; `start` and `end` count for all.
        engine: its name, or a loaded engine.
        engine_settings: the engine's own options, by name.
        relative: carry the driver's change of face, not the face itself.
        frame: `full` for the whole portrait, `crop` for the square around the face.
        size: longer side of the result in pixels; without it, the portrait's own.
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
        preview: make only the first three seconds, small.
        consent: why this portrait may be animated: `historical`, `own`,
            `permission` or `fictional`; without it the variable VIVANT_CONSENT counts. A
            `Consent` is taken as it is.
        ask_consent: asks a person for one of these where nobody stated it.
        label: the visible label; without it, the usual one.
        release_driver: the performer agreed to be shown: the credentials then tell the first
            driver's file name, show a frame of it and keep its own credentials.
        signing: a certificate, and what signs; without it, what `signing.toml` in vivant's user
            folder says, else this installation's own.
        on_progress: called after each frame.
        cancel: once set, the work ends and nothing is left behind.

    Returns:
        What was done, and how fast.

    Raises:
        ConsentMissing: nobody said why the portrait may be animated.
        PathRefused: the output is an input or cannot be written.
        NoFaceFound, UnsuitablePortrait, MediaError and others: see `vivant.errors`.
        Cancelled: `cancel` was set.
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
    if preview:
        begin = settings.start or Fraction(0)
        stop = min(begin + _PREVIEW_SECONDS, settings.end or begin + _PREVIEW_SECONDS)
        settings = replace(settings, end=stop, size=min(settings.size or 8192, _PREVIEW_SIZE))
    work = _Work(
        settings=settings,
        output=Path(output),
        label=label or LabelSettings(),
        release_driver=release_driver,
        signing=signing,
        on_progress=on_progress,
        cancel=cancel or threading.Event(),
    )
    with undivided(), ExitStack() as stack:
        asked = Asked(portrait, driving, also)
        return work.run(stack, asked, (engine, engine_settings), (consent, ask_consent))


@dataclass(frozen=True, eq=False)
class _Work:
    """One file to make."""

    settings: AnimateSettings
    output: Path
    label: LabelSettings
    release_driver: bool
    signing: Signing | None
    on_progress: Callable[[Progress], None] | None
    cancel: threading.Event

    def run(
        self,
        stack: ExitStack,
        asked: Asked,
        engine: tuple[str | Engine, Mapping[str, object] | None],
        consent: tuple[str | Consent | None, Callable[[], str | None] | None],
    ) -> Report:
        started = time.perf_counter()
        inputs = [asked.portrait, asked.driving, *(driving for _, driving in asked.also)]
        paths = [path_of(given) for given in inputs]
        check_output(self.output, [path for path in paths if path is not None])
        name, options = engine
        device = self.settings.device
        loaded = open_engine(name, options, device=device) if isinstance(name, str) else name
        origin = Origin(asked, self.settings, self.label, name, options, self.release_driver)
        agreed = consent_for(origin.portrait_sha256, given=consent[0], ask=consent[1])
        files = stack.enter_context(ThreadPoolExecutor(1)).submit(origin.files)
        how = How(self.settings, loaded, FaceTracker())
        look = look_at(asked, how)
        scene = open_scene(look, asked, how, stack)

        imprint = Imprint(new_id())

        def finish(unsigned: Path) -> None:
            edited = isinstance(look, Path)
            told = {**files.result(), "watermark_id": imprint.id}
            claim = origin.claim(scene.image, agreed, told, edited=edited)
            sign(
                unsigned,
                unsigned,
                claim,
                final=self.output,
                signing=self.signing,
                cancel=self.cancel,
            )

        memory = PeakMemory()
        counts = self._write(scene, finish, imprint, (started, memory))
        rate = None if scene.driver is None else scene.driver.rate
        return Report(
            output=str(self.output),
            **counts,
            fps_in=None if rate is None else round(float(rate), 3),
            faces_missed=scene.missed,
            engine=self.settings.engine,
            peak_rss_mb=memory.mb,
            warnings=_warnings(scene.image, scene.portrait, how.tracker),
        )

    def _write(
        self,
        scene: Scene,
        finish: Callable[[Path], None],
        imprint: Imprint,
        watch: tuple[float, PeakMemory],
    ) -> dict[str, Any]:
        """Label, mark and write all frames; return the report's counts."""
        started, memory = watch
        one = is_still(self.output)
        drawn = scene.frames
        if one:
            drawn = islice(drawn, 1)
        elif self.settings.threads != 1:
            drawn = prefetch(drawn, depth=_AHEAD)
        first = next(drawn)
        begun = time.perf_counter()
        height, width = first.image.shape[:2]
        label = Label(replace(self.label, card=0.0) if one else self.label, width, height)
        clock, sound = scene.clock, scene.sound
        count, last = 0, first.time
        labels: list[tuple[int, LabelBox]] = []
        with VideoWriter(
            self.output,
            width=width,
            height=height,
            rate=None if clock is None else clock.rate,
            audio=None if sound is None else sound.path,
            start=None if sound is None else sound.start,
            end=None if sound is None else sound.end,
            time_base=None if clock is None else clock.time_base,
            metadata={"comment": _COMMENT},
            finish=finish,
            marker=imprint,
        ) as writer:
            audio = writer.audio_mode
            for item in _chain(first, drawn):
                if self.cancel.is_set():
                    raise Cancelled(f"{self.output}: stopped on request; nothing was written.")
                label.draw(item.image, item.faces, item.time)
                if label.place is not None and label.place not in (box for _, box in labels[-1:]):
                    labels.append((count, label.place))
                writer.write(item)
                if count % _SAMPLE_EVERY == 0:
                    memory.sample()
                count, last = count + 1, item.time
                if self.on_progress is not None:
                    rate = count / (time.perf_counter() - begun)
                    self.on_progress(Progress(count, 1 if one else scene.total, rate))
        return {
            "frames": count,
            "seconds": round(float(last - first.time) + _frame_seconds(clock, count, last), 3),
            "seconds_to_first_frame": round(begun - started, 3),
            "frames_per_second": round(count / (time.perf_counter() - begun), 2),
            "audio": audio,
            "labels": tuple(labels),
        }


def _chain(first: Shown, rest: Iterator[Shown]) -> Iterator[Shown]:
    yield first
    yield from rest


def _frame_seconds(info: VideoInfo | None, count: int, last: Fraction) -> float:
    """How long the last frame is shown: one frame of the average rate."""
    if info is not None and info.rate:
        return float(1 / info.rate)
    return float(last) / (count - 1) if count > 1 else 0.0


def _warnings(image: np.ndarray, portrait: Portrait, tracker: FaceTracker) -> tuple[str, ...]:
    """Say once what speaks most against the portrait, where much does."""
    if portrait.tracked is None:
        return ()
    judged = suitability(image, portrait.tracked, tracker)
    if judged.score >= _POOR:
        return ()
    return (f"The portrait scores {judged.score:g} of 10. " + " ".join(judged.advice[:_TOLD]),)
