"""Cameras, and files that play as cameras."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from vivant import samples
from vivant.errors import CameraError, PathRefused, SettingsError
from vivant.live import camera
from vivant.live.camera import CameraSettings, Capture, Device, Recording, Taken, open_source
from vivant.live.mailbox import Closed, Mailbox

PICTURE = np.zeros((48, 64, 3), np.uint8)


def taken(box: Mailbox[Taken]) -> Iterator[Taken]:
    while True:
        try:
            item = box.take(timeout=30)
        except Closed:
            return
        assert item is not None
        yield item


class Flaky:
    """A camera that is pulled out after two pictures, missing once, and then back."""

    name = "flaky camera"
    ends = False

    def __init__(self, read: threading.Semaphore) -> None:
        self.opened = 0
        self._read = read

    def pictures(self) -> Iterator[np.ndarray]:
        self.opened += 1
        if self.opened == 2:
            raise CameraError("flaky camera: cannot be opened.")
        for _ in range(2):
            self._read.acquire()
            yield PICTURE


def test_an_address_of_the_network_is_refused() -> None:
    for address in ("rtsp://10.0.0.1/stream", "http://localhost/video.mjpg", "tcp://[::1]:9"):
        with pytest.raises(SettingsError, match="network are refused"):
            open_source(address, CameraSettings())


def test_a_missing_file_is_refused_with_advice() -> None:
    with pytest.raises(PathRefused, match="--camera 0"):
        open_source("no-such.mp4", CameraSettings())


def test_a_camera_that_is_not_there_says_what_to_do() -> None:
    with pytest.raises(CameraError) as told:
        next(iter(Device(63, CameraSettings()).pictures()))
    assert "camera 63: cannot be opened." in str(told.value)
    assert len(str(told.value).split(". ")) >= 2


@pytest.mark.skipif(sys.platform != "linux", reason="character devices of Linux")
def test_a_device_file_is_a_camera() -> None:
    assert isinstance(open_source("/dev/null", CameraSettings()), Device)


def test_a_file_plays_to_its_end_in_order() -> None:
    source = open_source(str(samples.driving()), CameraSettings())
    assert source.ends
    box: Mailbox[Taken] = Mailbox()
    states: list[str] = []
    with Capture(source, box, lambda state, _: states.append(state)) as capture:
        seen = list(taken(box))
    assert states == ["on", "ended"]
    assert [item.frame.index for item in seen] == sorted({item.frame.index for item in seen})
    assert len(seen) + box.dropped == capture.frames
    assert seen[0].frame.image.shape[2] == 3


def test_a_looped_file_begins_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(camera.time, "sleep", lambda seconds: None)  # as fast as it goes
    pictures = Recording(samples.driving(), loop=True).pictures()
    first = next(pictures)
    with camera.VideoReader(samples.driving()) as reader:
        count = sum(1 for _ in reader)
    for _ in range(count - 1):
        next(pictures)
    assert np.array_equal(next(pictures), first)
    pictures.close()  # type: ignore[attr-defined]


def test_a_lost_camera_is_opened_again_until_it_is_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(camera, "_RETRY", 0.01)
    read = threading.Semaphore(0)
    source, box = Flaky(read), Mailbox[Taken]()
    states: list[tuple[str, str]] = []
    with Capture(source, box, lambda state, why: states.append((state, why))) as capture:
        for index in range(4):
            read.release()
            item = box.take(timeout=30)
            assert item is not None
            assert item.frame.index == index
    told = [state for state, _ in states]
    assert told[:3] == ["on", "lost", "on"]
    assert "no more pictures" in states[1][1]
    assert capture.frames == 4
    assert source.opened >= 3


def test_times_grow_over_a_loss(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(camera, "_RETRY", 0.01)
    read = threading.Semaphore(0)
    box: Mailbox[Taken] = Mailbox()
    times = []
    with Capture(Flaky(read), box, lambda *_: None):
        for _ in range(4):
            read.release()
            item = box.take(timeout=30)
            assert item is not None
            times.append(item.frame.time)
    assert times == sorted(set(times))


def test_leaving_ends_the_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    source = Recording(samples.driving(), loop=True)
    with Capture(source, Mailbox[Taken](), lambda *_: None):
        pass
    assert not [thread for thread in threading.enumerate() if thread.name == "capture"]


@pytest.mark.parametrize("wrong", [{"width": 10}, {"height": 9000}, {"rate": 0}])
def test_settings_out_of_range_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(SettingsError, match="must lie in"):
        CameraSettings(**wrong)


def test_what_is_no_video_fails_with_its_reason(tmp_path: Path) -> None:
    file = tmp_path / "page.mp4"
    file.write_bytes(b"<html>" * 100)
    states: list[tuple[str, str]] = []
    tell: Callable[[str, str], None] = lambda state, why: states.append((state, why))  # noqa: E731
    with Capture(Recording(file), Mailbox[Taken](), tell) as capture:
        capture._thread.join()
    assert states[0][0] == "ended"
    assert capture.error is not None
