"""A window that shows the living portrait, with the keys that direct it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QImage, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QApplication, QWidget

from vivant.live.camera import Source
from vivant.live.performer import Performer
from vivant.live.session import Session
from vivant.live.sinks import Shown

KEYS: Final = (
    ("N", "take my face as it is now as my face at rest"),
    ("F", "freeze, and go on"),
    ("R", "let the portrait rest, and go on"),
    ("Q", "end"),
)
"""Key and what it does, as they are told to people."""
_LOOK = 100
"""Milliseconds between two looks whether somebody wants to end."""


class Window:
    """A sink, and the loop of Qt around a session; made and run in the main thread."""

    name = "window"

    def __init__(self, session: Session, cancel: threading.Event) -> None:
        """Make the window; `cancel` ends it, and closing it sets `cancel`."""
        self._session = session
        self._cancel = cancel
        self._app = QApplication.instance() or QApplication(["vivant"])
        self._view = _View(session, cancel.set)
        self._error: BaseException | None = None
        session.open(self)

    def show(self, shown: Shown) -> None:
        """Hand a picture over to Qt's thread."""
        self._view.arrived.emit(shown)

    def close(self) -> None:
        """The window closes with `run`."""

    def run(self, source: Source) -> None:
        """Show a source until it ends, the window is closed, or `cancel` is set.

        Raises:
            CameraError: the camera could not be opened in the first place.
        """
        work = threading.Thread(target=self._work, args=(source,), name="show")
        timer = QTimer()
        # Python hears of Ctrl-C only when some of its code runs
        timer.timeout.connect(lambda: self._app.quit() if self._cancel.is_set() else None)
        timer.start(_LOOK)
        self._view.show()
        work.start()
        try:
            self._app.exec()
        finally:
            self._cancel.set()
            timer.stop()
            work.join()
            self._view.close()
        if self._error is not None:
            raise self._error

    def _work(self, source: Source) -> None:
        try:
            self._session.run(source, self._cancel)
        except BaseException as error:  # noqa: BLE001 - raised again in the main thread
            self._error = error
        finally:
            self._cancel.set()


class _View(QWidget):
    """The picture, as large as the window, at its own proportions."""

    arrived = Signal(object)

    def __init__(self, session: Session, end: Callable[[], None]) -> None:
        super().__init__()
        self._session = session
        self._end = end
        self._shown: Shown | None = None
        self.setWindowTitle("vivant: AI-generated portrait")
        self.setAccessibleName("The living portrait, AI-generated")
        self.setAccessibleDescription("; ".join(f"{key}: {what}" for key, what in KEYS))
        self.resize(session.canvas.width, session.canvas.height)
        self.arrived.connect(self._take)

    def _take(self, shown: Shown) -> None:
        self._shown = shown
        self.update()

    def paintEvent(self, _: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        painter = QPainter(self)
        painter.fillRect(self.rect(), Qt.GlobalColor.black)
        if self._shown is not None:
            image = self._shown.image
            height, width = image.shape[:2]
            # Qt reads the array itself, which `_shown` keeps alive
            picture = QImage(image.data, width, height, 3 * width, QImage.Format.Format_RGB888)
            place = self.rect()
            place.setSize(picture.size().scaled(place.size(), Qt.AspectRatioMode.KeepAspectRatio))
            place.moveCenter(self.rect().center())
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(place, picture)
        painter.end()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        pressed = event.text().upper()
        if pressed in _ASKED:
            self._session.show.ask(_ASKED[pressed])
        elif pressed == "Q" or event.key() == Qt.Key.Key_Escape:
            self.close()
        else:
            super().keyPressEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802 - Qt's name
        self._end()
        super().closeEvent(event)


def _freeze(performer: Performer) -> None:
    performer.directions.frozen = not performer.directions.frozen


def _rest(performer: Performer) -> None:
    performer.directions.resting = not performer.directions.resting


_ASKED: Final = {"N": Performer.set_neutral, "F": _freeze, "R": _rest}
