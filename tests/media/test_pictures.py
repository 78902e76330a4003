"""Animated pictures and image sequences, read as video."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from PIL import Image

from vivant.errors import DamagedMedia, PathRefused, UnsupportedFormat
from vivant.media import VideoReader, write_image


@pytest.fixture
def pictures(frame):
    return [Image.fromarray(frame(n).image) for n in range(6)]


def save(path, pictures, durations):
    options = {"lossless": True} if path.suffix == ".webp" else {}
    pictures[0].save(
        path, save_all=True, append_images=pictures[1:], duration=durations, loop=0, **options
    )
    return path


@pytest.mark.parametrize("name", ["a.gif", "a.webp", "a.png"])
def test_animations_keep_frames_and_times(tmp_path, pictures, read_number, name):
    durations = [40, 100, 40, 250, 40, 40]
    path = save(tmp_path / name, pictures, durations)
    with VideoReader(path) as reader:
        frames = list(reader)
    assert [read_number(frame.image) for frame in frames] == list(range(6))
    starts = [sum(durations[:n]) for n in range(6)]
    assert [frame.time for frame in frames] == [Fraction(start, 1000) for start in starts]
    with VideoReader(path, start=Fraction("0.1"), end=Fraction("0.2")) as reader:
        got = [(read_number(frame.image), frame.time) for frame in reader]
    assert got == [(2, Fraction("0.04")), (3, Fraction("0.08"))]


def test_hurried_gifs_play_as_in_a_browser(tmp_path, pictures):
    with VideoReader(save(tmp_path / "a.gif", pictures, 10)) as reader:
        assert [frame.time for frame in reader] == [Fraction(n, 10) for n in range(6)]


def test_transparent_frames_lie_over_white(tmp_path):
    clear = Image.new("RGBA", (8, 8), (0, 0, 0, 0))
    path = save(tmp_path / "a.webp", [clear, Image.new("RGBA", (8, 8), "red")], 50)
    with VideoReader(path) as reader:
        assert [frame.image[0, 0].tolist() for frame in reader] == [[255] * 3, [255, 0, 0]]


def test_a_still_is_a_video_of_one_frame(tmp_path, frame):
    write_image(tmp_path / "a.png", frame(9).image)
    with VideoReader(tmp_path / "a.png") as reader:
        frames = list(reader)
    assert (reader.info.rate, reader.info.frames, frames[0].time) == (None, 1, 0)
    np.testing.assert_array_equal(frames[0].image, frame(9).image)


@pytest.fixture
def shots(tmp_path, frame):
    for n in range(8, 14):  # across a change of digits, from another number than 0
        write_image(tmp_path / f"shot{n}.png", frame(n).image)
    return tmp_path


@pytest.mark.parametrize("pattern", [None, "shot%d.png"])
def test_a_sequence_comes_in_the_order_of_its_numbers(shots, read_number, pattern):
    path = shots / pattern if pattern else shots
    with VideoReader(path, rate=Fraction(30000, 1001)) as reader:
        frames = list(reader)
    assert reader.info.rate == Fraction(30000, 1001)
    assert [read_number(frame.image) for frame in frames] == list(range(8, 14))
    assert [frame.time for frame in frames] == [n * Fraction(1001, 30000) for n in range(6)]
    with VideoReader(path, start=Fraction(1, 25), end=Fraction(3, 25)) as reader:
        assert [read_number(frame.image) for frame in reader] == [9, 10]


def test_a_sequence_with_a_gap_or_of_two_sizes_is_damaged(shots, frame):
    write_image(shots / "shot10.png", frame(10, size=(32, 32)).image)
    with VideoReader(shots) as reader, pytest.raises(DamagedMedia, match="32x32"):
        list(reader)
    (shots / "shot10.png").unlink()
    with pytest.raises(DamagedMedia, match="number 10"):
        VideoReader(shots)


def test_a_mixture_or_nothing_is_refused(shots, frame):
    write_image(shots / "other1.png", frame(0).image)
    with pytest.raises(UnsupportedFormat, match="several names"):
        VideoReader(shots)
    with VideoReader(shots / "shot%d.png") as reader:
        assert len(list(reader)) == 6
    (shots / "empty").mkdir()
    with pytest.raises(PathRefused, match="no numbered pictures"):
        VideoReader(shots / "empty")
    with pytest.raises(PathRefused):
        VideoReader(shots / "nowhere" / "a_%d.png")


@pytest.mark.parametrize("name", ["a.gif", "a.png"])
def test_a_truncated_animation_gives_its_frames_and_then_an_error(tmp_path, name):
    rng = np.random.default_rng(0)
    noise = [Image.fromarray(rng.integers(0, 256, (40, 40, 3), np.uint8)) for _ in range(6)]
    path = save(tmp_path / name, noise, 40)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * 0.6)])
    seen = []
    with VideoReader(path) as reader, pytest.raises(DamagedMedia):
        seen.extend(reader)  # extend keeps what came before the error
    assert 2 <= len(seen) <= 4


def test_a_truncated_webp_is_damaged(tmp_path, pictures):
    path = save(tmp_path / "a.webp", pictures, 40)
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(DamagedMedia):
        VideoReader(path)
