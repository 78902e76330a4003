"""The window, on a screen that nobody sees."""

from __future__ import annotations

import os
import threading

import pytest

pytest.importorskip("PySide6", reason="the extra desktop is not installed", exc_type=ImportError)
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest

from vivant import samples
from vivant.desktop.window import Window
from vivant.live.camera import Recording
from vivant.live.canvas import Canvas
from vivant.live.session import LiveSettings, Session


def test_the_window_shows_the_portrait_and_takes_keys() -> None:
    cancel = threading.Event()
    settings = LiveSettings(canvas=Canvas(128, 152))
    with Session(samples.portrait(), settings, consent="own", tell=lambda _: None) as session:
        window = Window(session, cancel)
        view = window._view
        looked: list[int] = []

        def act() -> None:
            if session.show.tally.frames < 3:
                return
            if not looked:
                QTest.keyClick(view, Qt.Key.Key_F)
                QTest.keyClick(view, Qt.Key.Key_N)
                picture = view.grab().toImage()
                looked.append(len({picture.pixel(x, 60) for x in range(10, 110)}))
            elif session.performer.directions.frozen:
                QTest.keyClick(view, Qt.Key.Key_Q)

        timer = QTimer()
        timer.timeout.connect(act)
        timer.start(20)
        window.run(Recording(samples.driving(), loop=True))
        timer.stop()
    assert looked[0] > 20  # a picture, not one colour
    assert cancel.is_set()
    assert session.performer.directions.frozen


def test_ctrl_c_closes_it() -> None:
    cancel = threading.Event()
    settings = LiveSettings(canvas=Canvas(128, 152))
    with Session(samples.portrait(), settings, consent="own", tell=lambda _: None) as session:
        window = Window(session, cancel)
        threading.Timer(0.3, cancel.set).start()
        window.run(Recording(samples.driving(), loop=True))
    assert not [thread for thread in threading.enumerate() if thread.name in ("show", "capture")]
