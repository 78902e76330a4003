"""The show: newest frame in, living portrait out, to every sink; it goes on whatever happens."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np

from vivant.errors import VivantError
from vivant.live.camera import Taken
from vivant.live.canvas import Canvas
from vivant.live.card import card
from vivant.live.mailbox import Closed, Mailbox
from vivant.live.performer import Performer
from vivant.live.sinks import Shown, Sink
from vivant.live.timing import Latencies
from vivant.marks import Label, LabelSettings

FROZEN = 1.0
"""Seconds without a new frame after which a card says so."""
_CARD_EVERY = 0.2
"""Seconds between two cards: a sink may be asked for pictures at any time."""
_AGAIN = 1.0
"""Seconds before an engine that failed is tried again."""
_NO_PICTURE = ("The camera gives no picture.", "It goes on as soon as one comes.")
_FAILED = ("The portrait cannot be moved just now.",)


@dataclass(slots=True)
class Tally:
    """What has happened so far."""

    frames: int = 0
    """Frames of the camera that were shown."""
    missed: int = 0
    """Of these, without a face."""
    cards: int = 0
    """Pictures shown because none came."""
    failures: int = 0
    """Frames that the engine failed on."""
    latencies: dict[str, Latencies] = field(default_factory=dict)
    """Frame in hand to picture at the sink, by the sink's name."""


class Show:
    """Runs in the thread that calls `run`; `ask` may be called from any."""

    def __init__(
        self,
        performer: Performer,
        canvas: Canvas,
        sinks: Sequence[Sink],
        label: LabelSettings,
        tell: Callable[[str], None],
    ) -> None:
        """Prepare.

        Args:
            performer: follows the frames.
            canvas: size of every picture.
            sinks: where the pictures go. They are closed by whoever opened them.
            label: words and place of the visible label, which live pictures always carry.
            tell: told what a person should know, once each.
        """
        self.performer = performer
        self.canvas = canvas
        self.tally = Tally()
        self._sinks = list(sinks)
        self._tell = tell
        self._told: set[str] = set()
        self._lock = threading.Lock()
        self._asked: list[Callable[[Performer], None]] = []
        self._label = Label(label, canvas.width, canvas.height)
        self._rest = 0.0
        self._begun = time.perf_counter()

    def ask(self, change: Callable[[Performer], None]) -> None:
        """Let `change` be done between two frames; a new portrait, a direction."""
        with self._lock:
            self._asked.append(change)

    def add(self, sink: Sink) -> None:
        """Show to one more sink from now on."""
        with self._lock:
            self._sinks.append(sink)

    def remove(self, sink: Sink) -> None:
        """Show no more to a sink; closing it is up to the caller."""
        with self._lock:
            if sink in self._sinks:
                self._sinks.remove(sink)

    def run(self, box: Mailbox[Taken], cancel: threading.Event) -> None:
        """Show what comes until the box is closed or `cancel` is set."""
        alive = time.perf_counter()
        while not cancel.is_set():
            self._direct()
            try:
                taken = box.take(_CARD_EVERY)
            except Closed:
                return
            now = time.perf_counter()
            if taken is not None:
                alive = now
                self._show(self._performed(taken), taken.at)
                self.tally.frames += 1
            elif now - alive >= FROZEN:
                self.tally.cards += 1
                still = self.canvas.show(self.performer.role.image)
                self._show(card(still, *_NO_PICTURE), now)

    def _direct(self) -> None:
        with self._lock:
            asked, self._asked = self._asked, []
        for change in asked:
            change(self.performer)

    def _performed(self, taken: Taken) -> np.ndarray:
        """Return the portrait as the frame moves it; a still where the engine fails."""
        now = time.perf_counter()
        if now >= self._rest:
            try:
                image = self.performer.perform(taken.frame)
            except Exception as error:  # noqa: BLE001 - the stream goes on, and the person is told
                self.tally.failures += 1
                self._rest = now + _AGAIN
                self._say(
                    f"the engine failed ({type(error).__name__}: {error}); the portrait stands "
                    f"still and is tried again every second."
                )
            else:
                self.tally.missed += not self.performer.seen
                return self.canvas.show(image)
        still = self.canvas.show(self.performer.role.image)
        return _captioned(still, *_FAILED)

    def _show(self, image: np.ndarray, at: float) -> None:
        if not image.flags.writeable or np.shares_memory(image, self.performer.role.image):
            image = image.copy()
        x, y = self.canvas.corner(self.performer.role.image)
        faces = [(box[0] + x, box[1] + y, box[2], box[3]) for box in self.performer.faces]
        self._label.draw(image, faces)
        passed = Fraction(round(1e6 * (time.perf_counter() - self._begun)), 10**6)
        shown = Shown(image, passed, at)
        with self._lock:
            sinks = list(self._sinks)
        for sink in sinks:
            try:
                sink.show(shown)
            except VivantError as error:
                self.remove(sink)
                self._say(f"the {sink.name} is left out from now on: {error}")
                continue
            seen = self.tally.latencies.setdefault(sink.name, Latencies())
            seen.add(time.perf_counter() - at)

    def _say(self, text: str) -> None:
        if text not in self._told:
            self._told.add(text)
            self._tell(text)


def _captioned(image: np.ndarray, *lines: str) -> np.ndarray:
    """Return a copy with a strip of words across its top."""
    picture = image.copy()
    strip = picture[: max(24, image.shape[0] // 10)]
    strip[...] = card(strip, *lines, size=0.4)
    return picture
