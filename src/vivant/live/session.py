"""One live session: what is opened for it, how it is run, and what it comes to."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np

import vivant
from vivant.animation.settings import AnimateSettings
from vivant.engines import open_engine
from vivant.faces.track import FaceTracker
from vivant.live.camera import Capture, Source, State, Taken
from vivant.live.canvas import Canvas
from vivant.live.mailbox import Mailbox
from vivant.live.performer import Performer, Role, ready
from vivant.live.recording import RecordingFile
from vivant.live.show import Show
from vivant.live.sinks import Sink
from vivant.marks import Claim, Imprint, LabelSettings, consent_for, new_id, sha256_of, sign
from vivant.media import read_image
from vivant.threads import undivided
from vivant.types import Frame, check_picture

_COMMENT = (
    "AI-generated: a portrait moved live by another's performance, made with vivant "
    f"{vivant.__version__}. Check it with: vivant verify FILE"
)
_WARM = 3
"""Frames drawn before the camera is opened: the first ones take longest."""


@dataclass(frozen=True, kw_only=True)
class LiveSettings:
    """Options of a live session."""

    engine: str = AnimateSettings.engine
    """The engine that draws; `vivant engines` lists them."""
    canvas: Canvas | None = None
    """Size of the picture; without it, the portrait's own."""
    relative: bool = AnimateSettings.relative
    """Carry the performer's change of face, not the face itself."""
    mirror: bool = AnimateSettings.mirror
    """Swap the performer's left and right."""
    face: str = AnimateSettings.face
    """Which face of the portrait moves: largest, its number from the left, or X,Y inside it."""
    driver_face: str = AnimateSettings.driver_face
    """Which face before the camera is followed, where there are several."""
    controls: Mapping[str, float] | None = None
    """Sliders of the engine, on top of the motion."""

    def animate(self) -> AnimateSettings:
        """Return what the rooms below take; a face that leaves lets the portrait rest."""
        return AnimateSettings(
            engine=self.engine,
            relative=self.relative,
            mirror=self.mirror,
            face=self.face,
            driver_face=self.driver_face,
            on_missing_face="rest",
        )


class Session:
    """A portrait on stage, and the sinks that show it; a context manager.

    What was opened is closed in reverse order: recordings are completed and signed, devices
    let go.
    """

    def __init__(
        self,
        portrait: str | PathLike[str] | np.ndarray,
        settings: LiveSettings | None = None,
        *,
        engine_settings: Mapping[str, object] | None = None,
        consent: str | None = None,
        ask_consent: Callable[[], str | None] | None = None,
        label: LabelSettings | None = None,
        tell: Callable[[str], None],
    ) -> None:
        """Make a portrait ready; no camera is opened yet.

        Args:
            portrait: a picture file, or a (h, w, 3) uint8 RGB array.
            settings: see `LiveSettings`.
            engine_settings: the engine's own options, by name.
            consent: why this portrait may be animated, as `animate_file` takes it.
            ask_consent: asks a person for it.
            label: words and place of the visible label. It cannot be switched off.
            tell: told what a person should know, from any thread.

        Raises:
            ConsentMissing: nobody said why the portrait may be animated.
            SettingsError: the label is off.
            NoFaceFound, UnsuitablePortrait, MediaError and others: see `vivant.errors`.
        """
        self.settings = settings or LiveSettings()
        self.label = (label or LabelSettings()).kept_on("vivant live")
        self.tell = tell
        self._stack = ExitStack()
        self._image, digest, self._path = _read(portrait)
        self._consent = consent_for(digest, given=consent, ask=ask_consent)
        self._digest = digest
        self.engine = open_engine(self.settings.engine, engine_settings)
        self.tracker = FaceTracker()
        self.canvas = self.settings.canvas or Canvas.of(self._image)
        role = self.role(self._image)
        _warm(role, self.tracker)
        self.performer = Performer(role, self.tracker)
        self.performer.directions.controls = dict(self.settings.controls or {})
        self.show = Show(self.performer, self.canvas, [], self.label, tell)

    def role(self, image: np.ndarray) -> Role:
        """Make a portrait ready for this canvas; not in the thread that shows."""
        return ready(image, self.engine, self.tracker, self.canvas, self.settings.animate())

    def open(self, sink: Sink) -> Sink:
        """Show to a sink; it is closed with the session."""
        self._stack.callback(sink.close)
        self.show.add(sink)
        return sink

    def record(self, path: Path, rate: float) -> RecordingFile:
        """Begin a signed recording of the show.

        Raises:
            PathRefused, UnsupportedFormat, DiskFull: it cannot be written there.
        """
        imprint = Imprint(new_id())
        finish = partial(self._sign, Path(path), imprint.id)
        file = RecordingFile(path, self.canvas, rate, finish, _COMMENT, imprint)
        self._stack.callback(lambda: self.tell(file.outcome))
        self.open(file)
        return file

    def run(
        self,
        source: Source,
        cancel: threading.Event,
        watch: Callable[[Capture], None] | None = None,
    ) -> Capture:
        """Show a camera or file until it ends or `cancel` is set.

        Args:
            source: where the frames come from.
            cancel: ends the show.
            watch: given the capture once it runs, to look at it from elsewhere.

        Returns:
            The capture, which has ended, and tells how many frames it gave.

        Raises:
            CameraError: the camera could not be opened in the first place.
            MediaError: the file is damaged.
        """
        box: Mailbox[Taken] = Mailbox()
        capture = Capture(source, box, self._told)
        with undivided(), capture:
            if watch is not None:
                watch(capture)
            self.show.run(box, cancel)
        if capture.state == "ended" and capture.error is not None:
            raise capture.error
        return capture

    def _told(self, state: State, why: str) -> None:
        if state == "on":
            self.tell(f"{why} is on.")
        elif state == "lost":
            self.tell(f"{why} It is tried again every second.")

    def _sign(self, final: Path, watermark_id: str, unsigned: Path) -> None:
        sign(
            unsigned,
            unsigned,
            Claim(
                engine=self.settings.engine,
                engine_version=vivant.__version__,
                consent=self._consent,
                label=self.label,
                portrait=self._path,
                portrait_image=self._image,
                portrait_sha256=self._digest,
                watermark_id=watermark_id,
            ),
            final=final,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()


def _read(portrait: Any) -> tuple[np.ndarray, str, Path | None]:
    """Return the picture, its sha256, and its file where there is one."""
    if isinstance(portrait, np.ndarray):
        check_picture(portrait, "portrait")
        return portrait, hashlib.sha256(portrait.tobytes()).hexdigest(), None
    path = Path(portrait)
    return read_image(path), sha256_of(path), path


def _warm(role: Role, tracker: FaceTracker) -> None:
    """Draw the portrait by itself a few times, on a stream of its own."""
    performer = Performer(role, tracker)
    for index in range(_WARM):
        performer.perform(Frame(role.image, index, Fraction(index, 30)))
