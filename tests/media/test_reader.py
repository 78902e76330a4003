from __future__ import annotations

import itertools
import os
import signal
import struct
import subprocess
import sys
import threading
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from vivant.errors import DamagedMedia, PictureTooLarge, SettingsError, UnsupportedFormat
from vivant.media import AudioInfo, VideoReader, open_video
from vivant.types import Frame

RATES = [Fraction(25), Fraction(30000, 1001), Fraction(24000, 1001), Fraction(60)]


def numbers(reader, read_number):
    return [read_number(frame.image) for frame in reader]


@pytest.mark.parametrize("rate", RATES, ids=str)
def test_every_frame_comes_once_in_order_at_its_exact_time(clip, read_number, rate):
    with VideoReader(clip("a.mp4", frames=40, rate=rate)) as reader:
        frames = list(reader)
    assert reader.info.rate == rate
    assert [read_number(frame.image) for frame in frames] == list(range(40))
    assert [frame.index for frame in frames] == list(range(40))
    assert [frame.time for frame in frames] == [index / rate for index in range(40)]


def test_a_variable_frame_rate_is_kept(clip, read_number):
    times = [Fraction(n, 90000) for n in itertools.accumulate([0, 3000, 3003, 9000, 1, 4500])]
    with VideoReader(clip("a.mp4", frames=6, times=times)) as reader:
        frames = list(reader)
    assert [frame.time for frame in frames] == times
    assert [read_number(frame.image) for frame in frames] == list(range(6))


CONTAINERS = {
    "mpeg1": ("a.mpg", {"codec": "mpeg1video"}),
    "mpeg2 ts": ("a.ts", {"codec": "mpeg2video"}),
    "h264 ts": ("a.ts", {"codec": "libx264"}),
    "hevc": ("a.mp4", {"codec": "libx265", "options": {"x265-params": "log-level=none"}}),
    "vp8": ("a.webm", {"codec": "libvpx"}),
    "vp9": ("a.webm", {"codec": "libvpx-vp9"}),
    "mpeg4 avi": ("a.avi", {"codec": "mpeg4"}),
    "mjpeg mov": ("a.mov", {"codec": "mjpeg", "pix_fmt": "yuvj420p"}),
    "ffv1 mkv": ("a.mkv", {"codec": "ffv1"}),
    "flv": ("a.flv", {"codec": "flv"}),
    "fragmented": ("a.mp4", {"container": {"movflags": "frag_keyframe+empty_moov"}}),
}


@pytest.mark.parametrize("kind", CONTAINERS)
def test_containers_and_codecs_of_the_world_are_read(clip, read_number, kind):
    name, recipe = CONTAINERS[kind]
    with VideoReader(clip(name, **recipe)) as reader:
        frames = list(reader)
    assert [read_number(frame.image) for frame in frames] == list(range(12))
    steps = [b.time - a.time for a, b in itertools.pairwise(frames)]
    assert frames[0].time == 0
    assert all(abs(step - Fraction(1, 25)) <= Fraction(1, 1000) for step in steps)


PIXELS = {
    "10 bit": {"codec": "libx265", "pix_fmt": "yuv420p10le"},
    "4:2:2": {"pix_fmt": "yuv422p"},
    "4:4:4 of odd size": {"pix_fmt": "yuv444p", "size": (63, 47)},
    "4:2:0 of odd size": {"codec": "ffv1", "size": (65, 47)},
    "4:2:2 10 bit": {"codec": "ffv1", "pix_fmt": "yuv422p10le"},
    "rgb": {"codec": "ffv1", "pix_fmt": "bgr0"},
    "grey": {"codec": "ffv1", "pix_fmt": "gray"},
    "tiny": {"codec": "huffyuv", "pix_fmt": "rgb24", "size": (9, 3)},
}


@pytest.mark.parametrize("kind", PIXELS)
def test_pixel_formats_and_odd_sizes_are_read(clip, read_number, kind):
    recipe = {"size": (64, 48), **PIXELS[kind]}
    if recipe.get("codec") == "libx265":
        recipe["options"] = {"x265-params": "log-level=none"}
    with VideoReader(clip("a.avi" if kind == "tiny" else "a.mkv", **recipe)) as reader:
        frames = list(reader)
    assert (reader.info.width, reader.info.height) == recipe["size"]
    assert [read_number(frame.image) for frame in frames] == list(range(12))
    assert frames[0].image.shape == (recipe["size"][1], recipe["size"][0], 3)


COLOURS = np.array([(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255), (30, 90, 200)], int)
MATRICES = {"bt709": 1, "bt601": 6, "bt2020": 9}
WEIGHTS = {1: (0.2126, 0.0722), 6: (0.299, 0.114), 9: (0.2627, 0.0593)}


def yuv(colour, matrix, full):
    """Convert one RGB colour by the definition of the matrix."""
    red, blue = WEIGHTS[matrix]
    r, g, b = colour / 255
    y = red * r + (1 - red - blue) * g + blue * b
    cb, cr = (b - y) / (2 - 2 * blue), (r - y) / (2 - 2 * red)
    if full:
        return [255 * y, 128 + 255 * cb, 128 + 255 * cr]
    return [16 + 219 * y, 128 + 224 * cb, 128 + 224 * cr]


def write_colours(path, matrix, full, height=16):
    """Store patches of COLOURS losslessly with stated matrix and range."""
    with av.open(str(path), "w") as output:
        video = output.add_stream("ffv1", rate=25)
        video.width, video.height, video.pix_fmt = 16 * len(COLOURS), height, "yuv444p"
        if matrix:
            video.codec_context.colorspace = matrix
            video.codec_context.color_range = 2 if full else 1
        planes = np.zeros((3, height, 16 * len(COLOURS)), np.uint8)
        for place, colour in enumerate(COLOURS):
            values = np.clip(
                np.round(yuv(colour, matrix or (1 if height >= 720 else 6), full)), 0, 255
            )
            planes[:, :, 16 * place : 16 * place + 16] = values[:, None, None]
        frame = av.VideoFrame.from_ndarray(planes, "yuv444p")
        frame.pts = 0
        output.mux(video.encode(frame))
        output.mux(video.encode(None))
    return path


@pytest.mark.parametrize("full", [False, True], ids=["limited", "full"])
@pytest.mark.parametrize("matrix", MATRICES.values(), ids=MATRICES)
def test_colours_come_by_the_stated_matrix_and_range(tmp_path, matrix, full):
    with VideoReader(write_colours(tmp_path / "a.mkv", matrix, full)) as reader:
        image = next(reader).image
    got = image[8, 8::16].astype(int)
    assert np.abs(got - COLOURS).max() <= 3, got


@pytest.mark.parametrize("height", [16, 720])
def test_colours_without_a_stated_matrix_go_by_the_height(tmp_path, height):
    with VideoReader(write_colours(tmp_path / "a.mkv", None, False, height)) as reader:
        image = next(reader).image
    assert np.abs(image[8, 8::16].astype(int) - COLOURS).max() <= 3


def corners(index):
    image = np.zeros((48, 64, 3), np.uint8)
    image[:24, :32], image[:24, 32:] = (255, 0, 0), (0, 255, 0)
    image[24:, :32], image[24:, 32:] = (0, 0, 255), (255, 255, 255)
    return image


ONE = 1 << 16
TURNS = {
    "90": ((0, ONE, -ONE, 0), lambda image: np.rot90(image, -1)),
    "180": ((-ONE, 0, 0, -ONE), lambda image: np.rot90(image, 2)),
    "270": ((0, -ONE, ONE, 0), np.rot90),
    "mirrored": ((-ONE, 0, 0, ONE), lambda image: image[:, ::-1]),
    "upside down": ((ONE, 0, 0, -ONE), lambda image: image[::-1]),
    "transposed": ((0, ONE, ONE, 0), lambda image: image.swapaxes(0, 1)),
    "transposed both": ((0, -ONE, -ONE, 0), lambda image: image[::-1, ::-1].swapaxes(0, 1)),
}


@pytest.mark.parametrize("turn", TURNS)
def test_the_display_matrix_is_applied(clip, turn):
    (a, b, c, d), turned = TURNS[turn]
    path = clip("a.mp4", picture=corners, frames=3, pix_fmt="yuv444p")
    data = bytearray(path.read_bytes())
    place = data.index(b"tkhd") + 4 + 40
    data[place : place + 36] = struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 1 << 30)
    path.write_bytes(data)
    with VideoReader(path) as reader:
        frames = list(reader)
    wanted = turned(corners(0))
    assert len(frames) == 3
    assert (reader.info.height, reader.info.width) == wanted.shape[:2]
    for y, x in ((8, 8), (8, -8), (-8, 8), (-8, -8)):
        assert np.abs(frames[-1].image[y, x].astype(int) - wanted[y, x]).max() <= 40


def test_pixels_come_out_square(clip, read_number):
    with VideoReader(clip("wide.mkv", aspect=Fraction(2), codec="mpeg4")) as reader:
        assert (reader.info.width, reader.info.height) == (128, 48)
        assert numbers(reader, read_number) == list(range(12))


def moving(index):
    """Even lines show a bar at one place, odd lines half a frame later."""
    image = np.full((48, 64, 3), 20, np.uint8)
    image[0::2, 4 * index : 4 * index + 8] = 235
    image[1::2, 4 * index + 4 : 4 * index + 12] = 235
    return image


def test_interlaced_frames_are_deinterlaced_and_none_is_lost(clip):
    options = {"x264-params": "tff=1:qp=10"}
    with VideoReader(clip("a.mp4", picture=moving, options=options)) as reader:
        frames = list(reader)
    assert [frame.time for frame in frames] == [Fraction(n, 25) for n in range(12)]
    for frame in frames[2:-2]:
        lines = frame.image[..., 0].astype(int)
        comb = np.abs(lines[1:-1] - (lines[:-2] + lines[2:]) // 2)
        assert comb[8:-8].mean() < 8


def test_the_clip_begins_at_zero_wherever_the_files_clock_does(clip):
    times = [Fraction(7) + Fraction(n, 25) for n in range(12)]
    for name in ("a.mp4", "a.ts", "a.mkv"):
        with VideoReader(clip(name, times=times)) as reader:
            assert [frame.time for frame in reader] == [Fraction(n, 25) for n in range(12)]


@pytest.mark.parametrize("name", ["a.mp4", "a.ts", "a.mkv", "a.mpg", "a.avi"])
def test_start_and_end_cut_exactly(clip, read_number, name):
    codec = {"mpg": "mpeg1video", "avi": "mpeg4"}.get(name[2:], "libx264")
    path = clip(name, frames=120, codec=codec, options={"g": "24"})
    start, end = Fraction("2.1"), Fraction("3.3")
    with VideoReader(path, start=start, end=end) as reader:
        frames = list(reader)
    assert [read_number(frame.image) for frame in frames] == list(range(53, 83))
    assert frames[0].index == 0
    assert abs(frames[0].time - (Fraction(53, 25) - start)) <= Fraction(1, 1000)
    assert reader.info.frames == 30


def test_a_range_that_cannot_be_is_refused(clip):
    path = clip("a.mp4")
    for start, end in ((-1, None), (2, 1), (1, 1)):
        with pytest.raises(SettingsError, match="start"):
            VideoReader(path, start=start, end=end)
    with pytest.raises(SettingsError, match="the clip is shorter"):
        VideoReader(path, start=Fraction(100))


def test_what_is_known_beforehand_is_told(clip):
    with VideoReader(clip("a.mp4", sound="aac", frames=50)) as reader:
        info = reader.info
    assert info.duration == 2
    assert info.frames == 50
    assert info.codec == "h264"
    assert info.audio == AudioInfo("aac", 44100, 2)
    assert "a.mp4" in repr(reader)


def test_a_frame_belongs_to_who_reads_it(clip):
    with VideoReader(clip("a.mp4")) as reader:
        first = next(reader)
        kept = first.image.copy()
        first.image[:] += 0
        for frame in reader:
            frame.image[:] = 7
    assert isinstance(first, Frame)
    np.testing.assert_array_equal(first.image, kept)


posix = pytest.mark.skipif(os.name != "posix", reason="looks at processes the POSIX way")


@posix
def test_leaving_early_ends_the_child_and_leaks_nothing(clip):
    path = clip("a.mp4", frames=200, size=(320, 240))
    threads = threading.active_count()
    with VideoReader(path) as reader:
        next(reader)
        child = reader._child._process
    assert child.returncode is not None
    reader = VideoReader(path)
    child = reader._child._process
    del reader
    assert child.returncode is not None
    assert threading.active_count() == threads


@posix
def test_a_closed_reader_gives_nothing_more(clip):
    reader = open_video(clip("a.mp4"))
    next(reader)
    reader.close()
    reader.close()
    assert list(reader) == []


@posix
def test_the_child_ends_when_its_parent_is_killed(clip, soon):
    path = clip("a.mp4", frames=200, size=(320, 240))
    code = (
        "import sys, time; from vivant.media import VideoReader\n"
        f"r = VideoReader({str(path)!r}); print(r._child._process.pid, flush=True); time.sleep(60)"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, env=environment
    ) as parent:
        pid = int(parent.stdout.readline())
        parent.kill()

    def gone() -> bool:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        try:  # a zombie that nobody in this container waits for is gone too
            return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
        except OSError:
            return True

    assert soon(gone)


@posix
def test_a_crash_of_the_decoder_is_an_error_here(clip):
    with VideoReader(clip("a.mp4", frames=200, size=(320, 240))) as reader:
        next(reader)
        os.kill(reader._child._process.pid, signal.SIGSEGV)
        with pytest.raises(DamagedMedia, match="crashed"):
            list(reader)
        assert list(reader) == []


def test_frames_over_the_limit_are_refused_before_decoding(clip):
    path = clip("a.mkv", codec="ffv1", size=(8200, 16), frames=1)
    with pytest.raises(PictureTooLarge, match="8200x16"):
        VideoReader(path)


def test_sound_alone_is_no_video(tmp_path, clip):
    path = tmp_path / "a.mp4"
    with av.open(str(path), "w") as output:
        audio = output.add_stream("aac", rate=44100)
        frame = av.AudioFrame.from_ndarray(np.zeros((2, 4410), np.float32), "fltp", "stereo")
        frame.sample_rate, frame.pts = 44100, 0
        output.mux(audio.encode(frame))
        output.mux(audio.encode(None))
    with pytest.raises(UnsupportedFormat, match="sound but no picture"):
        VideoReader(path)


def test_a_broadcast_may_be_joined_in_the_middle(clip, read_number):
    path = clip("a.ts", codec="libx264", frames=100, options={"g": "25"})
    data = path.read_bytes()
    path.write_bytes(data[len(data) // 188 // 3 * 188 :])
    with VideoReader(path) as reader:
        frames = list(reader)
    first = read_number(frames[0].image)
    assert 20 <= first <= 60
    assert [read_number(frame.image) for frame in frames] == list(range(first, 100))


def test_closing_from_another_thread_ends_the_loop(clip):
    reader = VideoReader(clip("a.mp4", frames=200, size=(320, 240)))
    thread = threading.Timer(0.05, reader.close)
    thread.start()
    while next(reader, None) is not None:
        thread.join()
    assert list(reader) == []
