from __future__ import annotations

import errno
import threading

import pytest

from vivant.errors import Cancelled, DiskFull, PathRefused
from vivant.marks.replacing import replacing


@pytest.fixture
def paths(tmp_path):
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(b"new")
    target.write_bytes(b"older")
    return source, target


def unchanged(target) -> bool:
    return target.read_bytes() == b"older" and len(list(target.parent.iterdir())) == 2


def test_the_target_is_replaced_after_success(paths):
    source, target = paths
    with replacing(source, target, threading.Event()) as (read, write):
        write.write(read.read())
        assert target.read_bytes() == b"older"
    assert target.read_bytes() == b"new"


def test_a_full_disk_is_told_and_leaves_the_target(paths):
    source, target = paths

    def fill() -> None:
        with replacing(source, target, threading.Event()) as (_, write):
            write.write(b"half")
            raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(DiskFull, match="no room"):
        fill()
    assert unchanged(target)


def test_a_write_after_the_stop_ends_the_work(paths):
    source, target = paths
    stop = threading.Event()

    def go_on() -> None:
        with replacing(source, target, stop) as (read, write):
            write.write(read.read())
            stop.set()
            write.flush()

    with pytest.raises(Cancelled):
        go_on()
    assert unchanged(target)


def test_an_error_of_the_caller_passes_and_leaves_the_target(paths):
    source, target = paths
    with pytest.raises(KeyError), replacing(source, target, threading.Event()):
        raise KeyError("the caller's own")
    assert unchanged(target)


def test_a_target_that_is_a_folder_is_refused(tmp_path, paths):
    source, _ = paths
    (tmp_path / "folder").mkdir()
    with (
        pytest.raises(PathRefused, match="folder"),
        replacing(source, tmp_path / "folder", threading.Event()),
    ):
        pass
