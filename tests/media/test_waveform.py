from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from vivant.errors import DamagedMedia, MediaError, PathRefused
from vivant.media import VideoReader, read_sound
from vivant.media.waveform import RATE


def clicks(sound: np.ndarray) -> list[float]:
    """Seconds at which a loud click begins, at most one every half second."""
    loud = np.flatnonzero(np.abs(sound) > 0.25) / RATE
    return [float(time) for n, time in enumerate(loud) if n == 0 or time > loud[n - 1] + 0.5]


@pytest.mark.parametrize(
    ("name", "sound"), [("a.mp4", "aac"), ("a.mkv", "pcm_s16le"), ("a.mpg", "mp2")]
)
def test_samples_are_heard_when_the_frames_are_seen(clip, name, sound):
    found = read_sound(clip(name, sound=sound, frames=75))
    assert found.dtype == np.float32
    assert len(found) == pytest.approx(3 * RATE, rel=0.03)
    np.testing.assert_allclose(clicks(found), [0, 1, 2], atol=0.025)
    assert 0.3 < np.abs(found).max() <= 1
    quiet = found[int(0.3 * RATE) : int(0.7 * RATE)]
    # A tone of 0.05, spread over two channels with the same power.
    assert quiet.std() == pytest.approx(0.05 / np.sqrt(2) / np.sqrt(2), rel=0.05)


def test_a_cut_is_on_the_same_clock(clip):
    path = clip("a.mp4", sound="aac", frames=100)
    found = read_sound(path, Fraction(1, 2), Fraction(5, 2))
    assert len(found) == 2 * RATE
    np.testing.assert_allclose(clicks(found), [0.5, 1.5], atol=0.025)


def test_sound_that_begins_before_the_picture_is_cut_by_the_time_of_its_first_frame(clip):
    late = [Fraction(n, 25) + Fraction(3, 10) for n in range(75)]
    path = clip("a.mkv", sound="pcm_s16le", frames=75, times=late)
    with VideoReader(path) as frames:
        first = next(frames).time
    assert first == Fraction(3, 10)
    np.testing.assert_allclose(clicks(read_sound(path)), [0, 1, 2], atol=0.02)
    np.testing.assert_allclose(clicks(read_sound(path, first)), [0.7, 1.7], atol=0.02)


def test_a_file_without_sound_and_one_that_is_no_media_are_errors(clip, tmp_path):
    with pytest.raises(MediaError, match="no sound"):
        read_sound(clip("a.mp4"))
    with pytest.raises(PathRefused):
        read_sound(tmp_path / "none.mp4")
    (tmp_path / "b.mp4").write_bytes(b"no media at all" * 50)
    with pytest.raises((DamagedMedia, MediaError)):
        read_sound(tmp_path / "b.mp4")
