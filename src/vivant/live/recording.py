"""A signed file of the show, written while it runs."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

from vivant.live.canvas import Canvas
from vivant.live.sinks import Shown
from vivant.marks import Imprint
from vivant.media import VideoWriter
from vivant.types import Frame

_WAITING = 60
"""Pictures that may wait for the encoder: two seconds."""


class RecordingFile:
    """Writes what is shown into a video; a thread encodes it.

    Where the encoder is too slow for two seconds on end, pictures are left out, and counted.
    """

    name = "recording"

    def __init__(
        self,
        path: Path,
        canvas: Canvas,
        rate: float,
        finish: Callable[[Path], None],
        comment: str,
        imprint: Imprint,
    ) -> None:
        """Begin the file.

        Args:
            path: where it shall be; it gets its name when it is complete and signed.
            canvas: size of the pictures.
            rate: frames a second on average.
            finish: signs the complete file before it gets its name.
            comment: stands in the file's own description.
            imprint: the invisible mark.

        Raises:
            PathRefused, UnsupportedFormat, DiskFull: see `media.VideoWriter`.
        """
        self.path = path
        self.left_out = 0
        """Pictures that are missing because the encoder was too slow."""
        self.frames = 0
        """Pictures that were taken in."""
        self.outcome = f"{path}: nothing was recorded."
        """What has become of it, once it is closed."""
        self._writer = VideoWriter(
            path,
            width=canvas.width,
            height=canvas.height,
            rate=Fraction(rate).limit_denominator(1001),
            metadata={"comment": comment},
            finish=finish,
            marker=imprint,
        )
        self._begun: Fraction | None = None
        self._last = Fraction(-1)
        self._waiting: queue.Queue[Frame | None] = queue.Queue(_WAITING)
        self._error: BaseException | None = None
        self._closed = False
        self._thread = threading.Thread(target=self._write, name="record", daemon=True)
        self._thread.start()

    def show(self, shown: Shown) -> None:
        """Take a picture in."""
        if self._error is not None:
            raise self._error
        if self._begun is None:
            self._begun = shown.time
        time = shown.time - self._begun
        if time - self._last < Fraction(1, 500):  # the file's clock could not tell them apart
            return
        try:
            self._waiting.put_nowait(Frame(shown.image, self.frames, time))
        except queue.Full:
            self.left_out += 1
            return
        self._last = time
        self.frames += 1

    def close(self) -> None:
        """Write what waits, sign the file and give it its name; where nothing was shown, none.

        Raises:
            DiskFull, MarkError and others: it could not be completed; nothing is left.
        """
        if self._closed:
            return
        self._closed = True
        self._waiting.put(None)
        self._thread.join()
        if self._error is not None or not self.frames:
            self._writer.abort()
        if self._error is not None:
            raise self._error
        if self.frames:
            self._writer.close()
            self.outcome = f"{self.path}: {self.frames} pictures recorded and signed"
            self.outcome += f", {self.left_out} left out." if self.left_out else "."

    def _write(self) -> None:
        while (frame := self._waiting.get()) is not None:
            if self._error is not None:
                continue  # lets whoever waits in `close` go on
            try:
                self._writer.write(frame)
            except BaseException as error:  # noqa: BLE001 - raised by the next `show`, or `close`
                self._error = error
