from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from fractions import Fraction

import av
import numpy as np
import pytest
from PIL import Image

from vivant.errors import PathRefused, SettingsError, ShapeError, UnsupportedFormat
from vivant.media import VideoReader, VideoWriter
from vivant.types import Frame

RATES = [Fraction(25), Fraction(30000, 1001), Fraction(24000, 1001), Fraction(60000, 1001)]


def write(path, frames, **options):
    height, width = frames[0].image.shape[:2]
    with VideoWriter(path, width=width, height=height, **options) as writer:
        for frame in frames:
            writer.write(frame)
    return path


def write_each(path, makers):
    with VideoWriter(path, width=64, height=48) as writer:
        for make in makers:
            writer.write(make())


def read(path):
    with VideoReader(path) as reader:
        return list(reader)


@pytest.mark.parametrize("rate", RATES, ids=str)
def test_mp4_keeps_every_frame_and_its_exact_time(tmp_path, frame, read_number, rate):
    frames = [frame(n, 1 / rate) for n in range(50)]
    path = write(tmp_path / "a.mp4", frames, rate=rate)
    with VideoReader(path) as reader:
        assert reader.info.rate == rate
        assert reader.info.duration == 50 / rate
        got = list(reader)
    assert [one.time for one in got] == [one.time for one in frames]
    assert [read_number(one.image) for one in got] == list(range(50))


@pytest.mark.parametrize("base", [Fraction(1, 12800), Fraction(1, 15360), Fraction(1, 90000)])
def test_mp4_keeps_a_variable_rate_exactly(tmp_path, frame, base):
    rng = np.random.default_rng(0)
    ticks = np.cumsum(rng.integers(1, 2000, 40))
    frames = [replace(frame(n), time=int(tick) * base) for n, tick in enumerate(ticks)]
    got = read(write(tmp_path / "a.mp4", frames, time_base=base))
    assert [one.time - got[0].time for one in got] == [one.time - frames[0].time for one in frames]


def test_a_late_first_frame_stays_late(tmp_path, frame):
    frames = [replace(frame(n), time=Fraction(n, 25) + Fraction(1, 2)) for n in range(5)]
    path = write(tmp_path / "a.mp4", frames, rate=Fraction(25))
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert stream.start_time * stream.time_base == Fraction(1, 2)


def test_webm_keeps_times_to_the_millisecond(tmp_path, frame, read_number):
    step = Fraction(1001, 30000)
    got = read(write(tmp_path / "a.webm", [frame(n, step) for n in range(50)], rate=1 / step))
    assert [read_number(one.image) for one in got] == list(range(50))
    assert all(abs(one.time - n * step) <= Fraction(1, 2000) for n, one in enumerate(got))


def test_gif_keeps_frames_times_and_colours(tmp_path, read_number):
    rng = np.random.default_rng(0)
    smooth = np.linspace(0, 255, 64)[None, :, None] * np.array([1, 0.5, 0.2])
    frames = []
    for n in range(8):
        image = np.broadcast_to(np.roll(smooth, 5 * n, axis=1), (48, 64, 3)).astype(np.uint8)
        frames.append(Frame(image + rng.integers(0, 3, image.shape, np.uint8), n, Fraction(n, 20)))
    got = read(write(tmp_path / "a.gif", frames, rate=Fraction(20)))
    assert [one.time for one in got] == [one.time for one in frames]
    for one, other in zip(got, frames, strict=True):
        assert np.abs(one.image.astype(float) - other.image).mean() < 6


@pytest.mark.parametrize("name", ["shots", "shot_%03d.png"])
def test_numbered_pictures_are_lossless(tmp_path, frame, name):
    frames = [frame(n) for n in range(5)]
    for _ in range(2):  # the second run replaces the first
        write(tmp_path / name, frames)
    got = read(tmp_path / name)
    for one, other in zip(got, frames, strict=True):
        np.testing.assert_array_equal(one.image, other.image)
    assert [one.time for one in got] == [one.time for one in frames]
    assert not [entry for entry in tmp_path.iterdir() if entry.name.startswith(".")]


def test_a_directory_with_other_things_is_not_written_into(tmp_path, frame):
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(PathRefused, match=r"thesis\.txt"):
        VideoWriter(tmp_path, width=64, height=48)
    assert (tmp_path / "thesis.txt").read_text() == "mine"


@pytest.mark.parametrize("suffix", ["mp4", "mov", "webm"])
def test_colours_survive_and_are_tagged_bt709(tmp_path, suffix):
    colours = np.array([(200, 30, 30), (30, 180, 40), (30, 40, 210), (250, 250, 250), (9, 9, 9)])
    image = np.repeat(np.repeat(colours[None], 48, 0), 16, 1).astype(np.uint8)
    path = write(tmp_path / f"a.{suffix}", [Frame(image, n, Fraction(n, 25)) for n in range(3)])
    got = read(path)[2].image[24, 8::16].astype(int)
    assert np.abs(got - colours).max() <= 6, got
    with av.open(str(path)) as container:
        first = next(container.decode(video=0))
    assert (first.colorspace, first.color_range) == (1, 1)
    assert first.format.name == "yuv420p"


def test_an_odd_size_gets_one_pixel_more_by_repeating_the_edge(tmp_path, frame):
    frames = [frame(n, size=(63, 47)) for n in range(3)]
    got = read(write(tmp_path / "a.mp4", frames))[0].image
    assert got.shape == (48, 64, 3)
    np.testing.assert_array_less(np.abs(got[-1].astype(int) - got[-2]), 12)
    np.testing.assert_array_less(
        np.abs(got[4:20, 2:6].astype(int) - frames[0].image[4:20, 2:6]), 12
    )


def test_the_index_of_an_mp4_comes_first(tmp_path, frame):
    data = write(tmp_path / "a.mp4", [frame(n) for n in range(3)]).read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")


def test_tags_are_written(tmp_path, frame):
    path = write(tmp_path / "a.mp4", [frame(0)], metadata={"title": "Ada", "comment": "AI made"})
    with av.open(str(path)) as container:
        assert container.metadata["title"] == "Ada"
        assert container.metadata["comment"] == "AI made"


@pytest.mark.parametrize("name", ["a.mp4", "a.mov", "a.webm", "a.gif", "shots"])
@pytest.mark.parametrize("failure", [KeyboardInterrupt, RuntimeError])
def test_a_failure_leaves_nothing_behind(tmp_path, frame, name, failure):
    def fail():
        raise failure

    with pytest.raises(failure):
        write_each(tmp_path / name, [lambda: frame(0), fail])
    assert list(tmp_path.iterdir()) == []


def test_what_was_there_stays_until_the_new_file_is_complete(tmp_path, frame):
    path = tmp_path / "a.mp4"
    path.write_text("old")
    with pytest.raises(ShapeError):
        write(path, [frame(0), frame(1, size=(32, 32))])
    assert path.read_text() == "old"
    write(path, [frame(0)])
    assert len(read(path)) == 1
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.mp4"]


def test_a_writer_that_is_forgotten_leaves_nothing(tmp_path, frame):
    writer = VideoWriter(tmp_path / "a.mp4", width=64, height=48)
    writer.write(frame(0))
    del writer
    assert list(tmp_path.iterdir()) == []


def test_finish_sees_the_complete_file_before_it_gets_its_name(tmp_path, frame):
    path, seen = tmp_path / "a.mp4", []

    def finish(hidden):
        assert not path.exists()
        assert hidden.parent == tmp_path
        seen.append(len(read(hidden)))
        hidden.write_bytes(hidden.read_bytes() + b"\0\0\0\x08free")

    write(path, [frame(n) for n in range(4)], finish=finish)
    assert seen == [4]
    assert path.read_bytes().endswith(b"free")


def test_an_error_in_finish_removes_the_file(tmp_path, frame):
    def finish(hidden):
        raise RuntimeError("no signature")

    with pytest.raises(RuntimeError, match="no signature"):
        write(tmp_path / "a.mp4", [frame(0)], finish=finish)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "times"),
    [
        ("a.mp4", ["0", "1/25", "1/25"]),
        ("a.mp4", ["0", "2/25", "1/25"]),
        ("a.mp4", ["0", "1/1000000"]),
        ("a.webm", ["0", "1/2500"]),
        ("a.gif", ["0", "1/100"]),
        ("a.mp4", ["-1"]),
    ],
)
def test_times_that_collide_or_go_back_are_an_error(tmp_path, frame, name, times):
    frames = [replace(frame(n), time=Fraction(time)) for n, time in enumerate(times)]
    with pytest.raises(SettingsError, match="frame"):
        write(tmp_path / name, frames)
    assert list(tmp_path.iterdir()) == []


def test_wrong_requests_are_refused(tmp_path, frame):
    with pytest.raises(ShapeError, match=r"\(48, 62, 3\)"):
        write(tmp_path / "a.mp4", [frame(0), frame(1, size=(62, 48))])
    with pytest.raises(UnsupportedFormat, match=r"\.avi"):
        VideoWriter(tmp_path / "a.avi", width=64, height=48)
    with pytest.raises(UnsupportedFormat, match="address"):
        VideoWriter("http://host/a.mp4", width=64, height=48)
    for size in ((0, 48), (64, 100_000)):
        with pytest.raises(SettingsError, match="pixels"):
            VideoWriter(tmp_path / "a.mp4", width=size[0], height=size[1])
    with pytest.raises(SettingsError, match="no frame"):
        VideoWriter(tmp_path / "a.mp4", width=64, height=48).close()
    with pytest.raises(PathRefused, match="no directory"):
        VideoWriter(tmp_path / "nowhere" / "a.mp4", width=64, height=48)
    (tmp_path / "d.mp4").mkdir()
    with pytest.raises(PathRefused, match="directory"):
        VideoWriter(tmp_path / "d.mp4", width=64, height=48)
    with pytest.raises(PathRefused):
        write(tmp_path / ("x" * 300 + ".mp4"), [frame(0)])
    assert [entry.name for entry in tmp_path.iterdir()] == ["d.mp4"]


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write anywhere")
def test_an_unwritable_directory_is_refused(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(PathRefused, match="denied"):
        VideoWriter(tmp_path / "a.mp4", width=64, height=48)


@pytest.mark.skipif(os.name != "posix", reason="limits file sizes the POSIX way")
@pytest.mark.parametrize("name", ["a.mp4", "a.mov", "a.webm", "a.gif", "shots", "a.png"])
def test_a_full_disk_is_said_and_leaves_nothing(tmp_path, name):
    code = f"""
import resource, numpy as np
from fractions import Fraction
from pathlib import Path
from vivant.errors import DiskFull
from vivant.media import VideoWriter, write_image
from vivant.types import Frame
rng = np.random.default_rng(0)
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
path = Path({str(tmp_path / name)!r})
try:
    if path.suffix == ".png":
        write_image(path, rng.integers(0, 256, (128, 128, 3), np.uint8))
    else:
        with VideoWriter(path, width=128, height=128) as writer:
            for n in range(40):
                image = rng.integers(0, 256, (128, 128, 3), np.uint8)
                writer.write(Frame(image, n, Fraction(n, 25)))
except DiskFull as error:
    print("FULL", error)
"""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=False
    )
    assert done.stdout.startswith("FULL"), done.stderr
    assert list(tmp_path.iterdir()) == []


def test_pngs_are_readable_by_others(tmp_path, frame):
    write(tmp_path / "shots", [frame(5)])
    with Image.open(tmp_path / "shots" / "frame_00001.png") as picture:
        np.testing.assert_array_equal(np.asarray(picture), frame(5).image)


@pytest.mark.parametrize(
    ("name", "kind"), [("a.png", "PNG"), ("a.jpg", "JPEG"), ("a.webp", "WEBP"), ("100%.PNG", "PNG")]
)
def test_one_frame_makes_a_picture(tmp_path, frame, name, kind):
    path = write(tmp_path / name, [frame(0)])
    assert [entry.name for entry in tmp_path.iterdir()] == [name]
    with Image.open(path) as picture:
        assert picture.format == kind
        assert np.abs(np.asarray(picture).astype(int) - frame(0).image).mean() < 3


def test_a_second_frame_for_a_picture_is_refused_and_the_older_one_stays(tmp_path, frame):
    path = tmp_path / "a.png"
    path.write_bytes(b"older")
    with pytest.raises(SettingsError, match="holds one picture"):
        write(path, [frame(0), frame(1)])
    assert path.read_bytes() == b"older"
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.png"]
