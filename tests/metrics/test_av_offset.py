from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from vivant.errors import ShapeError, Undefined
from vivant.metrics.av_offset import AvOffset, Offset, av_offset, loudness

RATE = 16000


def speech(offset: float, fps: float, seconds: float = 8.0, seed: int = 0):
    """Noise in syllables, and a mouth that opens `offset` seconds after each."""
    rng = np.random.default_rng(seed)
    middles = np.cumsum(rng.uniform(0.12, 0.45, round(seconds * 3)))
    widths, heights = rng.uniform(0.05, 0.1, len(middles)), rng.uniform(0.4, 1, len(middles))

    def opened(times: np.ndarray) -> np.ndarray:
        return sum(
            height * np.exp(-(((times - middle) / width) ** 2))
            for middle, width, height in zip(middles, widths, heights, strict=True)
        )

    clock = np.arange(round(seconds * RATE)) / RATE
    sound = opened(clock) * rng.normal(size=len(clock)) + 0.01 * rng.normal(size=len(clock))
    frames = np.arange(int(seconds * fps)) / fps
    return sound, opened(frames - offset) + rng.normal(0, 0.03, len(frames))


@pytest.mark.parametrize("fps", [24.0, 30000 / 1001])
@pytest.mark.parametrize("offset", [-0.2, -0.033, 0.0, 0.0513, 0.3])
def test_a_known_offset_is_found_between_frames(offset, fps):
    sound, opening = speech(offset, fps)
    found = av_offset(sound, RATE, opening, fps)
    assert found.ms == pytest.approx(1000 * offset, abs=4)
    assert found.correlation > 0.9


def test_neither_loudness_nor_channels_nor_a_slow_drift_matters():
    sound, opening = speech(0.08, 25)
    plain = av_offset(sound, RATE, opening, 25)
    both = np.stack([sound, sound], axis=1)
    assert av_offset(both, RATE, opening, 25).ms == pytest.approx(plain.ms)
    short = np.round(sound / np.abs(sound).max() * 20000).astype(np.int16)
    assert av_offset(short, RATE, opening, 25).ms == pytest.approx(plain.ms, abs=0.5)
    drifts = opening + np.linspace(0, 3, len(opening))
    assert av_offset(sound, RATE, drifts, 25).ms == pytest.approx(plain.ms, abs=4)


def test_loudness_is_the_root_mean_square_of_the_speech_band():
    clock = np.arange(RATE) / RATE
    tone, hum = np.sin(2 * np.pi * 1000 * clock), np.sin(2 * np.pi * 50 * clock)
    times = np.array([0.3, 0.5, 0.7])
    np.testing.assert_allclose(loudness(tone, RATE, times, 0.1), np.sqrt(0.5), rtol=1e-3)
    np.testing.assert_allclose(loudness(hum, RATE, times, 0.1), 0, atol=1e-6)
    np.testing.assert_allclose(loudness(tone, RATE, np.array([-1.0, 5.0]), 0.1), 0, atol=1e-9)


def test_a_mouth_that_has_nothing_to_do_with_the_sound_is_not_trusted():
    sound, _ = speech(0, 25, 20)
    _, other = speech(0, 25, 20, seed=5)
    total = AvOffset()
    try:
        total.update(av_offset(sound, RATE, other, 25))
    except Undefined:
        return
    assert total.doubtful == 1
    with pytest.raises(Undefined, match="of 1 clips"):
        total.compute()


def test_silence_a_still_mouth_and_a_short_clip_have_no_offset():
    sound, opening = speech(0, 25)
    with pytest.raises(Undefined, match="silent"):
        av_offset(np.zeros_like(sound), RATE, opening, 25)
    with pytest.raises(Undefined, match="does not move"):
        av_offset(sound, RATE, np.full_like(opening, 0.3), 25)
    with pytest.raises(Undefined, match="2 seconds"):
        av_offset(sound, RATE, opening[:30], 25)
    with pytest.raises(Undefined, match="2 seconds"):
        av_offset(sound[:0], RATE, opening, 25)


def test_what_is_no_sound_or_no_opening_is_refused():
    sound, opening = speech(0, 25)
    broken = opening.copy()
    broken[3] = np.nan
    with pytest.raises(ShapeError, match="not finite"):
        av_offset(sound, RATE, broken, 25)
    with pytest.raises(ShapeError, match="frames"):
        av_offset(sound, RATE, np.zeros((100, 2)), 25)
    with pytest.raises(ShapeError, match="fps"):
        av_offset(sound, RATE, opening, 0)
    with pytest.raises(ShapeError, match="samples"):
        av_offset(np.zeros((100000, 2, 2)), RATE, opening, 25)


def test_the_mean_is_of_distances_from_the_true_mouths():
    left, right = AvOffset(), AvOffset()
    left.update(Offset(130, 0.8), Offset(90, 0.7))
    left.update(Offset(130, 0.1), Offset(90, 0.7))
    right.update(Offset(-20, 0.5))
    left.merge(right)
    assert left.compute() == pytest.approx((40 + 20) / 2)
    assert left.doubtful == 1
    assert left.distances == [40, -20]


@pytest.mark.faces
def test_real_speech_is_in_time_and_follows_a_shift_of_its_frames(data):
    from vivant.faces.track import FaceTracker
    from vivant.landmarks import SCORE_NAMES
    from vivant.media import VideoReader, read_sound
    from vivant.media.waveform import RATE as HEARD

    path, end = data / "raw" / "lp_d10__d10.mp4", Fraction(5)
    tracker, faces, opening = FaceTracker(), (), []
    with VideoReader(path, end=end) as frames:
        for frame in frames:
            faces = tracker.track(frame.image, faces)
            opening.append(faces[0].scores[SCORE_NAMES.index("jawOpen")])
    sound = read_sound(path, end=end)
    found = av_offset(sound, HEARD, np.array(opening), 30)
    assert found.correlation > 0.4
    assert 0 < found.ms < 200
    late = av_offset(sound, HEARD, np.roll(opening, 3), 30)
    assert late.ms - found.ms == pytest.approx(100, abs=5)
