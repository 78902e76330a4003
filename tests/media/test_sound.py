from __future__ import annotations

from fractions import Fraction

import av
import numpy as np
import pytest

from vivant.errors import DamagedMedia
from vivant.media import VideoReader, VideoWriter


def animate(source, target, **cut):
    """Carry the frames and the sound of `source` over to `target`."""
    with VideoReader(source, **cut) as reader:
        info = reader.info
        with VideoWriter(
            target,
            width=info.width,
            height=info.height,
            rate=info.rate,
            audio=source,
            time_base=info.time_base,
            **cut,
        ) as writer:
            for frame in reader:
                writer.write(frame)
    return writer.audio_mode


def packets(path):
    with av.open(str(path)) as container:
        return [bytes(p) for p in container.demux(audio=0) if p.size]


def codec(path):
    with av.open(str(path)) as container:
        return container.streams.audio[0].codec_context.name


def clicks(path, after=-1.0):
    """Return the times in seconds, on the clock of the picture, at which a click begins."""
    begins, loud, last = [], False, -9.0
    with av.open(str(path)) as container:
        audio = container.streams.audio[0]
        base = container.streams.video[0]
        zero = float(base.start_time * base.time_base)
        if after > 0:
            container.seek(int((after - 2) / audio.time_base), stream=audio)
        resampler = av.AudioResampler("flt", "mono", 48000)
        for decoded in container.decode(audio):
            for frame in resampler.resample(decoded):
                wave = np.abs(frame.to_ndarray()[0])
                at = frame.pts / 48000 - zero
                for place in range(0, len(wave), 24):
                    now = wave[place : place + 24].max() > 0.25
                    time = at + place / 48000
                    if now and not loud and time > last + 0.5 and time >= after:
                        begins.append(time)
                        last = time
                    loud = now
    return begins


COPIED = [("a.mp4", "aac", "b.mp4"), ("a.mp4", "libmp3lame", "b.mp4"), ("a.mkv", "aac", "b.mp4"),
          ("a.webm", "libopus", "b.webm"), ("a.mkv", "libopus", "b.webm"),
          ("a.mkv", "libopus", "b.mp4")]  # fmt: skip


@pytest.mark.parametrize(("name", "sound", "target"), COPIED)
def test_sound_goes_through_untouched_where_the_container_holds_it(
    clip, tmp_path, name, sound, target
):
    video = "libvpx" if name.endswith("webm") else "libx264"
    source = clip(name, sound=sound, frames=75, codec=video)
    assert animate(source, tmp_path / target) == "copied"
    got, wanted = packets(tmp_path / target), packets(source)
    assert got == wanted
    assert codec(tmp_path / target) == codec(source)
    np.testing.assert_allclose(clicks(tmp_path / target), [0, 1, 2], atol=0.02)


ENCODED = [("a.mp4", "aac", "b.webm", "opus"), ("a.mpg", "mp2", "b.mp4", "aac"),
           ("a.mkv", "pcm_s16le", "b.mp4", "aac")]  # fmt: skip


@pytest.mark.parametrize(("name", "sound", "target", "wanted"), ENCODED)
def test_other_sound_is_encoded_anew_and_stays_in_place(
    clip, tmp_path, name, sound, target, wanted
):
    video = "mpeg1video" if name.endswith("mpg") else "libx264"
    source = clip(name, sound=sound, frames=75, codec=video)
    assert animate(source, tmp_path / target) == "encoded"
    assert codec(tmp_path / target) == wanted
    np.testing.assert_allclose(clicks(tmp_path / target), [0, 1, 2], atol=0.02)


@pytest.mark.parametrize("sound", ["aac", "pcm_s16le", "libopus"])
@pytest.mark.parametrize("target", ["b.mp4", "b.mov", "b.webm"])
def test_a_cut_takes_sound_and_picture_alike(clip, tmp_path, sound, target):
    source = clip("a.mkv", sound=sound, frames=200, options={"g": "50"})
    animate(source, tmp_path / target, start=Fraction("2.37"), end=Fraction("5.9"))
    np.testing.assert_allclose(clicks(tmp_path / target), [0.6, 1.6, 2.6], atol=0.02)
    with av.open(str(tmp_path / target)) as container:
        last = [p.pts * p.time_base for p in container.demux(audio=0) if p.size][-1]
    assert 3.4 < last < 3.54


def test_broadcast_aac_goes_into_an_mp4(clip, tmp_path):
    source = clip("a.ts", sound="aac", frames=75)
    assert animate(source, tmp_path / "b.mp4") == "copied"
    np.testing.assert_allclose(clicks(tmp_path / "b.mp4"), [0, 1, 2], atol=0.025)


def test_sound_that_begins_later_begins_later(tmp_path, clip):
    late = [Fraction(n, 25) + Fraction(3, 10) for n in range(75)]
    source = clip("a.mkv", sound="pcm_s16le", frames=75, times=late)  # the picture is late
    for name in ("b.mp4", "b.webm"):
        animate(source, tmp_path / name)
        with VideoReader(tmp_path / name) as reader:
            first = next(reader).time
        got = np.array(clicks(tmp_path / name))
        # the picture's own first frame stays 0.3 s after the first click
        np.testing.assert_allclose(got, np.array([-0.3, 0.7, 1.7]), atol=0.02)
        assert first in (0, Fraction(3, 10))


@pytest.mark.parametrize("target", ["b.mp4", "b.mov", "b.webm"])
def test_a_long_gap_in_the_sound_stays_a_gap(tmp_path, clip, target):
    source, gapped = clip("a.mkv", sound="pcm_s16le", frames=200), tmp_path / "gap.mkv"
    with av.open(str(source)) as container, av.open(str(gapped), "w") as output:
        streams = {s.index: output.add_stream_from_template(s) for s in container.streams}
        for packet in container.demux():
            audio, time = packet.stream.type == "audio", (packet.pts or 0) * packet.time_base
            if packet.size and not (audio and Fraction("1.5") < time < Fraction("5.5")):
                packet.stream = streams[packet.stream.index]
                output.mux(packet)
    animate(gapped, tmp_path / target)
    np.testing.assert_allclose(clicks(tmp_path / target), [0, 1, 6, 7], atol=0.02)


def test_sound_ends_some_seconds_after_the_last_frame(tmp_path, clip, frame):
    source = clip("a.mp4", sound="aac", frames=500)
    with VideoWriter(tmp_path / "b.mp4", width=64, height=48, audio=source) as writer:
        writer.write(frame(0))
    with av.open(str(tmp_path / "b.mp4")) as container:
        assert abs(container.duration / av.time_base - 10) < 0.1


def test_a_silent_source_gives_a_silent_video(clip, tmp_path):
    assert animate(clip("a.mp4"), tmp_path / "b.mp4") is None
    with av.open(str(tmp_path / "b.mp4")) as container:
        assert not container.streams.audio


@pytest.mark.parametrize("target", ["b.gif", "shots"])
def test_formats_without_sound_get_none(clip, tmp_path, target):
    assert animate(clip("a.mp4", sound="aac"), tmp_path / target) is None


def test_sound_from_a_sound_file(clip, tmp_path, frame):
    source = clip("a.mkv", sound="pcm_s16le", frames=75)
    with av.open(str(source)) as container, av.open(str(tmp_path / "a.wav"), "w") as output:
        stream = output.add_stream_from_template(container.streams.audio[0])
        for packet in container.demux(audio=0):
            if packet.size:
                packet.stream = stream
                output.mux(packet)
    path = tmp_path / "b.mp4"
    with VideoWriter(path, width=64, height=48, audio=tmp_path / "a.wav") as writer:
        for n in range(75):
            writer.write(frame(n))
    assert writer.audio_mode == "encoded"
    np.testing.assert_allclose(clicks(path), [0, 1, 2], atol=0.02)


def test_broken_sound_is_an_error_and_leaves_nothing(clip, tmp_path):
    source = clip("a.mp4", sound="aac", frames=75)
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "a.mp4").write_bytes(source.read_bytes()[:-2000])
    with pytest.raises(DamagedMedia, match="announces"):
        animate(broken / "a.mp4", broken / "b.mp4")
    assert [entry.name for entry in broken.iterdir()] == ["a.mp4"]


LONG = [(Fraction(30000, 1001), "aac", "b.mp4"), (Fraction(24000, 1001), "aac", "b.webm")]


@pytest.mark.parametrize(("rate", "sound", "target"), LONG, ids=["29.97 copied", "23.976 encoded"])
def test_ten_minutes_end_in_sync(clip, tmp_path, rate, sound, target):
    count = int(600 * rate)

    def flash(index):
        shown = index / rate
        return np.full((16, 16, 3), 235 if shown % 1 < Fraction(1, 10) else 20, np.uint8)

    source = clip("a.mp4", codec="mpeg4", size=(16, 16), frames=count, rate=rate, sound=sound,
                  picture=flash, options={"g": "250"})  # fmt: skip
    animate(source, tmp_path / target)
    last, flashes, before = 0, [], 0
    with VideoReader(tmp_path / target, start=Fraction(590)) as reader:
        for frame in reader:
            bright = frame.image.mean() > 128
            if bright and not before:
                flashes.append(float(590 + frame.time))
            before, last = bright, last + 1
    assert last == count - int(590 * rate) - 1
    heard = np.array(clicks(tmp_path / target, after=591.5))
    seen = np.array([time for time in flashes if time >= 591.5])
    assert len(seen) == len(heard) == 8
    # a flash is seen at the first frame at or after the full second
    assert np.all(seen - heard >= -0.02)
    assert np.all(seen - heard <= float(1 / rate) + 0.02)
    exact = np.ceil(np.round(seen) * float(rate) - 1e-6) / float(rate)
    np.testing.assert_allclose(heard, np.round(seen), atol=0.02)
    np.testing.assert_allclose(seen, exact, atol=0.002)
