"""Where the portrait goes: a virtual camera, a signed file."""

from __future__ import annotations

import sys
import threading
from fractions import Fraction
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest

import vivant
from vivant import samples
from vivant.errors import CameraError, PathRefused
from vivant.live.camera import Recording
from vivant.live.canvas import Canvas
from vivant.live.recording import RecordingFile
from vivant.live.session import Session
from vivant.live.sinks import Shown
from vivant.live.virtual import VirtualCamera
from vivant.marks import Imprint
from vivant.media import VideoReader

PICTURE = np.zeros((64, 64, 3), np.uint8)


def shown(index: int, time: float | None = None) -> Shown:
    seconds = index / 30 if time is None else time
    return Shown(PICTURE + np.uint8(index % 200), Fraction(seconds), 0.0)


class Loopback:
    """A backend of pyvirtualcam that stands for the device of a system: one writer at a time."""

    taken: ClassVar[bool] = False
    frames: ClassVar[list[np.ndarray]] = []

    def __init__(self, *, width: int, height: int, **_: object) -> None:
        if width % 4 or height % 4:
            raise RuntimeError("the device wants multiples of 4")
        if Loopback.taken:
            raise RuntimeError("device is busy")
        Loopback.taken = True
        self._shape = (height, width, 3)

    def send(self, frame: np.ndarray) -> None:
        Loopback.frames.append(frame.reshape(self._shape).copy())

    def close(self) -> None:
        Loopback.taken = False

    def device(self) -> str:
        return "/dev/video7"

    def native_fourcc(self) -> None:
        return None


@pytest.fixture
def loopback() -> type[Loopback]:
    pyvirtualcam = pytest.importorskip("pyvirtualcam", reason="the extra live is not installed")
    pyvirtualcam.register_backend("loopback", Loopback)
    Loopback.taken, Loopback.frames = False, []
    return Loopback


def test_the_whole_way_from_a_file_to_a_virtual_camera(
    session: Session, loopback: type[Loopback]
) -> None:
    camera = VirtualCamera(session.canvas, 30, backend="loopback")
    assert camera.device == "/dev/video7"
    session.open(camera)
    session.run(Recording(samples.driving()), threading.Event())
    assert len(loopback.frames) == session.show.tally.frames > 3
    assert {frame.shape for frame in loopback.frames} == {(300, 256, 3)}
    first, last = loopback.frames[0].astype(int), loopback.frames[-1].astype(int)
    assert np.abs(first - last).max() > 20


def test_a_second_start_finds_the_device_again(loopback: type[Loopback]) -> None:
    for _ in range(2):
        camera = VirtualCamera(Canvas(64, 64), 30, backend="loopback")
        camera.show(shown(0))
        camera.close()
    assert len(loopback.frames) == 2


def test_a_device_that_another_program_feeds_is_told(loopback: type[Loopback]) -> None:
    camera = VirtualCamera(Canvas(64, 64), 30, backend="loopback")
    with pytest.raises(CameraError, match="busy"):
        VirtualCamera(Canvas(64, 64), 30, backend="loopback")
    camera.close()


@pytest.mark.skipif(
    sys.platform != "linux" or any(Path("/sys/devices/virtual").glob("video4linux/*")),
    reason="this machine has a virtual camera",
)
def test_where_there_is_none_the_one_command_to_make_it_is_told() -> None:
    pytest.importorskip("pyvirtualcam", reason="the extra live is not installed")
    with pytest.raises(CameraError, match="sudo modprobe v4l2loopback"):
        VirtualCamera(Canvas(64, 64), 30, backend="v4l2loopback")


def test_a_recording_is_complete_signed_and_labelled(session: Session, tmp_path: Path) -> None:
    path = tmp_path / "lesson.mp4"
    file = session.record(path, 30)
    with session:
        session.run(Recording(samples.driving()), threading.Event())
        assert not path.exists()
    assert file.left_out == 0
    found = vivant.verify(path)
    assert (found.synthetic, found.intact) == (True, True)
    assert found.claims["engine"]["name"] == "mesh"
    with VideoReader(path) as reader:
        frames = list(reader)
    assert len(frames) == file.frames
    assert frames[0].image.shape == (300, 256, 3)


def test_a_recording_whose_credentials_lie_beside_it_has_them_under_its_name(
    session: Session, tmp_path: Path
) -> None:
    path = tmp_path / "lesson.webm"
    session.record(path, 30)
    with session:
        session.run(Recording(samples.driving()), threading.Event())
    assert {one.name for one in tmp_path.glob("lesson*")} == {"lesson.webm", "lesson.webm.c2pa"}
    assert not list(tmp_path.glob(".*"))
    assert vivant.verify(path).intact


def test_times_of_a_recording_are_those_of_the_show(tmp_path: Path) -> None:
    path = tmp_path / "out.mp4"
    file = RecordingFile(
        path, Canvas(64, 64), 30, lambda _: None, "made by a test", Imprint("0" * 16)
    )
    for index, time in enumerate((5.0, 5.033, 5.5, 5.5001, 6.0)):  # the fourth is too near
        file.show(shown(index, time))
    file.close()
    file.close()
    with VideoReader(path) as reader:
        times = [float(frame.time) for frame in reader]
    assert times == pytest.approx([0, 0.033, 0.5, 1.0], abs=2e-4)


def test_a_recording_that_fails_leaves_nothing(tmp_path: Path) -> None:
    def refuse(_: Path) -> None:
        raise PathRefused("no key")

    file = RecordingFile(
        tmp_path / "out.mp4", Canvas(64, 64), 30, refuse, "made by a test", Imprint("0" * 16)
    )
    file.show(shown(0))
    with pytest.raises(PathRefused, match="no key"):
        file.close()
    assert not list(tmp_path.iterdir())
