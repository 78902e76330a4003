"""The loop around files: read, animate, label, write, sign; all or nothing."""

from __future__ import annotations

import hashlib
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
from vivant.animation.loop import Portraits, drawn_frames, load_portrait
from vivant.animation.memory import PeakMemory
from vivant.animation.portrait import Portrait, prepare
from vivant.animation.settings import AnimateSettings, Progress, Report
from vivant.animation.sources import Drivers, check_output, open_driver
from vivant.engines import Engine, open_engine
from vivant.errors import Cancelled
from vivant.faces.suitability import suitability
from vivant.faces.track import FaceTracker
from vivant.marks import Claim, Consent, Label, LabelSettings, consent_for, sha256_of, sign
from vivant.media import VideoInfo, VideoWriter
from vivant.media.writer import is_still
from vivant.motion.container import pack
from vivant.motion.performance import Performance
from vivant.motion.stream import Stream
from vivant.threads import prefetch, undivided
from vivant.types import Frame

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
    engine: str | Engine = AnimateSettings.engine,
    engine_settings: Mapping[str, object] | None = None,
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
    preview: bool = False,
    consent: str | None = None,
    ask_consent: Callable[[], str | None] | None = None,
    label: LabelSettings | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    cancel: threading.Event | None = None,
) -> Report:
    """Make a video of the portrait moving as the driver does: labelled and signed.

    Args:
        portrait: a picture file, or a (h, w, 3) uint8 RGB array.
        driving: a video file, or without sound a recorded performance (file or
            `Performance`) or `Frame`s in order.
        output: .mp4, .webm, .gif, a folder or pattern for PNG pictures, or .png, .jpg or
            .webp for the first frame alone. An existing file is replaced once the new one
            is complete.
        engine: its name, or a loaded engine.
        engine_settings: the engine's own options, by name.
        relative: carry the driver's change of face, not the face itself.
        frame: `full` for the whole portrait, `crop` for the square around the face.
        size: longer side of the result in pixels; without it, the portrait's own.
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
        preview: make only the first three seconds, small.
        consent: why this portrait may be animated: `historical`, `own`,
            `permission` or `fictional`; without it the variable VIVANT_CONSENT counts.
        ask_consent: asks a person for one of these where nobody stated it.
        label: the visible label; without it, the usual one.
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
        on_missing_face=on_missing_face,
        start=start,
        end=end,
        mirror=mirror,
        controls=controls or {},
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
        on_progress=on_progress,
        cancel=cancel or threading.Event(),
    )
    with undivided(), ExitStack() as stack:
        return work.run(stack, portrait, driving, (engine, engine_settings), (consent, ask_consent))


@dataclass(frozen=True, eq=False)
class _Work:
    """One file to make."""

    settings: AnimateSettings
    output: Path
    label: LabelSettings
    on_progress: Callable[[Progress], None] | None
    cancel: threading.Event

    def run(
        self,
        stack: ExitStack,
        portrait: Portraits,
        driving: Drivers,
        engine: tuple[str | Engine, Mapping[str, object] | None],
        consent: tuple[str | None, Callable[[], str | None] | None],
    ) -> Report:
        started = time.perf_counter()
        source, driver = _path(portrait), _path(driving)
        check_output(self.output, [path for path in (source, driver) if path is not None])
        name, options = engine
        loaded = open_engine(name, options) if isinstance(name, str) else name
        image = load_portrait(portrait)
        digest = _digest(image) if source is None else sha256_of(source)
        agreed = consent_for(digest, given=consent[0], ask=consent[1])
        frames, info = open_driver(driving, self.settings, loaded, stack)
        told = driving if isinstance(driving, Performance) else driver
        driver_digest = stack.enter_context(ThreadPoolExecutor(1)).submit(_digest_of, told)
        tracker = FaceTracker()
        where = "portrait" if source is None else str(source)
        ready = prepare(image, loaded, tracker, self.settings, where)

        def finish(unsigned: Path) -> None:
            claim = self._claim(image, source, digest, agreed, driver_digest.result())
            sign(unsigned, unsigned, claim, final=self.output, cancel=self.cancel)

        stream, memory = Stream(), PeakMemory()
        drawn = drawn_frames(ready, frames, tracker, self.settings, stream)
        if self.settings.threads != 1:
            drawn = prefetch(drawn, depth=_AHEAD)
        if is_still(self.output):
            drawn = islice(drawn, 1)
        counts = self._write(drawn, ready, (driver, info), finish, (started, memory))
        return Report(
            output=str(self.output),
            **counts,
            fps_in=None if info is None or info.rate is None else round(float(info.rate), 3),
            faces_missed=stream.missed,
            engine=self.settings.engine,
            peak_rss_mb=memory.mb,
            warnings=_warnings(image, ready, tracker),
        )

    def _claim(
        self,
        image: np.ndarray,
        source: Path | None,
        digest: str,
        consent: Consent,
        driver_digest: str | None,
    ) -> Claim:
        return Claim(
            engine=self.settings.engine,
            engine_version=vivant.__version__,
            consent=consent,
            label=self.label,
            portrait=source,
            portrait_image=image,
            portrait_sha256=digest,
            driver_sha256=driver_digest,
        )

    def _write(
        self,
        drawn: Iterator[Frame],
        portrait: Portrait,
        driver: tuple[Path | None, VideoInfo | None],
        finish: Callable[[Path], None],
        watch: tuple[float, PeakMemory],
    ) -> dict[str, Any]:
        """Label and write all frames; return the report's counts."""
        path, info = driver
        started, memory = watch
        first = next(drawn)
        begun = time.perf_counter()
        height, width = first.image.shape[:2]
        label = Label(self.label, width, height, avoid=portrait.box)
        total = 1 if is_still(self.output) else _expected(info, self.settings)
        count, last = 0, first.time
        with VideoWriter(
            self.output,
            width=width,
            height=height,
            rate=None if info is None else info.rate,
            audio=path if info is not None and info.audio is not None else None,
            start=self.settings.start,
            end=self.settings.end,
            time_base=None if info is None else info.time_base,
            metadata={"comment": _COMMENT},
            finish=finish,
        ) as writer:
            audio = writer.audio_mode
            for item in _chain(first, drawn):
                if self.cancel.is_set():
                    raise Cancelled(f"{self.output}: stopped on request; nothing was written.")
                label.draw(item.image)
                writer.write(item)
                if count % _SAMPLE_EVERY == 0:
                    memory.sample()
                count, last = count + 1, item.time
                if self.on_progress is not None:
                    rate = count / (time.perf_counter() - begun)
                    self.on_progress(Progress(count, total, rate))
        return {
            "frames": count,
            "seconds": round(float(last - first.time) + _frame_seconds(info, count, last), 3),
            "seconds_to_first_frame": round(begun - started, 3),
            "frames_per_second": round(count / (time.perf_counter() - begun), 2),
            "audio": audio,
        }


def _chain(first: Frame, rest: Iterator[Frame]) -> Iterator[Frame]:
    yield first
    yield from rest


def _frame_seconds(info: VideoInfo | None, count: int, last: Fraction) -> float:
    """How long the last frame is shown: one frame of the average rate."""
    if info is not None and info.rate:
        return float(1 / info.rate)
    return float(last) / (count - 1) if count > 1 else 0.0


def _expected(info: VideoInfo | None, settings: AnimateSettings) -> int | None:
    if info is None:
        return None
    if settings.start is None and settings.end is None:
        return info.frames
    if info.rate is None or info.duration is None:
        return None
    end = info.duration if settings.end is None else min(settings.end, info.duration)
    return max(0, round((end - (settings.start or 0)) * info.rate))


def _path(given: Any) -> Path | None:
    return Path(given) if isinstance(given, (str, PathLike)) else None


def _digest(image: np.ndarray) -> str:
    return hashlib.sha256(image.tobytes()).hexdigest()


def _digest_of(driver: Path | Performance | None) -> str | None:
    if isinstance(driver, Performance):
        return driver.digest or hashlib.sha256(pack(driver)).hexdigest()
    return sha256_of(driver) if driver is not None and driver.is_file() else None


def _warnings(image: np.ndarray, portrait: Portrait, tracker: FaceTracker) -> tuple[str, ...]:
    """Say once what speaks most against the portrait, where much does."""
    if portrait.tracked is None:
        return ()
    judged = suitability(image, portrait.tracked, tracker)
    if judged.score >= _POOR:
        return ()
    return (f"The portrait scores {judged.score:g} of 10. " + " ".join(judged.advice[:_TOLD]),)
