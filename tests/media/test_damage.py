"""Damaged and hostile files: a clear error, never a crash, a hang or a silent loss."""

from __future__ import annotations

import os
import socket
import threading

import numpy as np
import pytest

from vivant.errors import DamagedMedia, PathRefused, UnsupportedFormat, VivantError
from vivant.media import VideoReader


def read_all(path):
    """Return the number of frames and the error that came after them, if any."""
    count, error = 0, None
    try:
        with VideoReader(path) as reader:
            for _ in reader:
                count += 1
    except VivantError as found:
        error = found
    return count, error


def noise(index):
    rng = np.random.default_rng(index)
    return np.repeat(rng.integers(0, 256, (48, 64, 1), np.uint8), 3, axis=2)


CLIPS = [("a.mp4", "libx264", {"movflags": "faststart"}), ("a.webm", "libvpx-vp9", {}),
         ("a.avi", "mpeg4", {}), ("a.mkv", "libx264", {})]  # fmt: skip


@pytest.mark.parametrize(("name", "codec", "container"), CLIPS)
@pytest.mark.parametrize("share", [0.5, 0.9, 0.99])
def test_a_truncated_video_gives_its_frames_and_then_says_when_it_broke(
    clip, name, codec, container, share
):
    path = clip(name, codec=codec, container=container, frames=100, picture=noise)
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
    count, error = read_all(path)
    assert isinstance(error, DamagedMedia)
    assert f"({count} frames)" in str(error)
    assert "breaks off after" in str(error)
    assert 70 * share < count <= 100


def test_an_mp4_without_its_index_is_damaged(clip):
    path = clip("a.mp4", frames=50)
    data = path.read_bytes()
    path.write_bytes(data[: data.index(b"moov") - 4])
    count, error = read_all(path)
    assert count == 0
    assert isinstance(error, DamagedMedia)
    assert "moov" in str(error)


def test_every_length_of_a_tiny_mp4_is_survived(clip):
    """PyAV has had segmentation faults on mp4 files of some 400 bytes."""
    path = clip("a.mp4", frames=2, container={"movflags": "faststart"})
    data = path.read_bytes()
    for length in range(380, 420, 4):
        path.write_bytes(data[:length])
        assert isinstance(read_all(path)[1], DamagedMedia)


def test_damage_after_the_end_that_was_asked_for_does_not_matter(clip):
    path = clip("a.mp4", frames=100, container={"movflags": "faststart"})
    path.write_bytes(path.read_bytes()[:-500])
    with VideoReader(path, end=1) as reader:
        assert len(list(reader)) == 25


def test_a_whole_file_with_something_behind_it_is_not_damaged(clip):
    for name, codec in (("a.mp4", "libx264"), ("a.webm", "libvpx-vp9"), ("a.avi", "mpeg4")):
        path = clip(name, codec=codec)
        path.write_bytes(path.read_bytes() + b"\0" * 100 + b"some text behind the end")
        assert read_all(path) == (12, None)


WRONG = {
    "empty": (b"", DamagedMedia, "empty"),
    "text": (b"this is a text about faces, not a face\n" * 100, DamagedMedia, "no video"),
    "zeros": (b"\0" * 10_000, (DamagedMedia, UnsupportedFormat), "video"),
    "playlist": (b"#EXTM3U\n#EXTINF:1,\nsecret.ts\n", UnsupportedFormat, "m3u8"),
    "playlist behind a mark": (b"\xef\xbb\xbf\n#EXTM3U\nsecret.ts\n", UnsupportedFormat, "m3u8"),
    "concat": (b"ffconcat version 1.0\nfile 'secret.mp4'\n", UnsupportedFormat, "concat"),
    "old concat": (b"file 'secret.mp4'\n", UnsupportedFormat, "concat"),
    "dash": (b"<?xml version='1.0'?><MPD></MPD>", UnsupportedFormat, "XML"),
    "sdp": (b"v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\n", UnsupportedFormat, "SDP"),
    "subtitles": (b"1\n00:00:01,000 --> 00:00:02,000\nhello\n\n" * 9, VivantError, "video"),
    "pdf": (b"%PDF-1.7\n" + b"x" * 500, UnsupportedFormat, "PDF"),
    "zip": (b"PK\x03\x04" + bytes(range(256)) * 8, VivantError, "video"),
}


@pytest.mark.parametrize("suffix", ["mp4", "m3u8", "ffconcat", "mpd", "srt"])
@pytest.mark.parametrize("kind", WRONG)
def test_what_is_no_video_is_refused_whatever_its_name(tmp_path, kind, suffix):
    content, error, words = WRONG[kind]
    path = tmp_path / f"a.{suffix}"
    path.write_bytes(content)
    with pytest.raises(error, match=words):
        VideoReader(path)


def test_a_script_never_opens_what_it_names(tmp_path, clip):
    """A server and a file are named by every kind of script; neither is ever touched."""
    touched = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.1)
        port = server.getsockname()[1]

        def listen():
            for _ in range(100):
                try:
                    server.accept()
                    touched.set()
                except TimeoutError:
                    if done.is_set():
                        return

        done = threading.Event()
        thread = threading.Thread(target=listen)
        thread.start()
        real = clip("secret.ts")
        for target in (
            f"http://127.0.0.1:{port}/a.ts",
            real.name,
            str(real),
            f"tcp://127.0.0.1:{port}",
        ):
            for script in (
                f"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{target}\n#EXT-X-ENDLIST\n",
                f"ffconcat version 1.0\nfile '{target}'\n",
            ):
                for suffix in ("m3u8", "mp4", "ffconcat"):
                    path = tmp_path / f"a.{suffix}"
                    path.write_text(script)
                    with pytest.raises(UnsupportedFormat):
                        VideoReader(path)
        done.set()
        thread.join()
    assert not touched.is_set()


@pytest.mark.parametrize(
    "address",
    [
        "http://h/a.mp4",
        "https://h/a.mp4",
        "rtsp://h/1",
        "ftp://h/a",
        "file:///etc/passwd",
        "s3://b/a",
    ],
)
def test_addresses_are_refused_before_anything_is_opened(address):
    with pytest.raises(UnsupportedFormat, match="address"):
        VideoReader(address)


def test_paths_that_cannot_be_read_are_refused(tmp_path):
    for path, words in (
        (tmp_path / "missing.mp4", "no such file"),
        (tmp_path, "no numbered pictures"),
        (tmp_path / ("x" * 300), "cannot be read"),
        ("concat:a.mp4|b.mp4", "no such file"),
        ("pipe:0", "no such file"),
    ):
        with pytest.raises(PathRefused, match=words):
            VideoReader(path)
    with pytest.raises(PathRefused, match="cannot be read"):
        VideoReader("a\0b.mp4")


@pytest.mark.skipif(os.name != "posix", reason="makes a named pipe")
def test_a_named_pipe_is_refused_instead_of_waited_for(tmp_path):
    os.mkfifo(tmp_path / "a.mp4")
    with pytest.raises(PathRefused, match="no regular file"):
        VideoReader(tmp_path / "a.mp4")


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may read anything")
def test_an_unreadable_file_is_refused(clip):
    path = clip("a.mp4")
    path.chmod(0)
    with pytest.raises(PathRefused, match="denied"):
        VideoReader(path)


def test_names_of_all_kinds_are_read(clip):
    for name in ("ä ö 100%.mp4", "-y.mp4", "a:b.mp4", "a'b;$(c).mp4", "a\nb.mp4"):
        if os.name == "nt" and set(name) & set(':"\n'):
            continue
        assert read_all(clip(name)) == (12, None)
