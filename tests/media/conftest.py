"""Small real media, made on the spot: every frame carries its own number."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from vivant.types import Frame

BITS = 8


def numbered(index: int, width: int = 64, height: int = 48) -> np.ndarray:
    """Return a grey picture with `index` in black and white bars, least bit to the left."""
    image = np.full((height, width, 3), 128, np.uint8)
    for bit in range(BITS):
        left, right = bit * width // BITS, (bit + 1) * width // BITS
        image[: height // 2, left:right] = 235 if index >> bit & 1 else 20
    return image


def number(image: np.ndarray) -> int:
    """Read the number that `numbered` drew, at any size."""
    height, width = image.shape[:2]
    row = image[height // 4].astype(int).mean(axis=1)
    places = [int((bit + 0.5) * width / BITS) for bit in range(BITS)]
    return sum(1 << bit for bit, place in enumerate(places) if row[place] > 128)


@dataclass(frozen=True)
class Recipe:
    """How a clip is made."""

    frames: int = 12
    size: tuple[int, int] = (64, 48)
    codec: str = "libx264"
    pix_fmt: str = "yuv420p"
    rate: Fraction = Fraction(25)
    times: Sequence[Fraction] | None = None
    sound: str | None = None
    options: dict[str, str] = field(default_factory=dict)
    container: dict[str, str] = field(default_factory=dict)
    format: str | None = None
    picture: Callable[[int], np.ndarray] | None = None
    seconds: Fraction | None = None
    aspect: Fraction | None = None


def tone(seconds: Fraction, rate: int = 44100) -> np.ndarray:
    """Return (1, samples) float32: a quiet tone with a loud click at every full second."""
    at = np.arange(round(seconds * rate))
    wave = 0.05 * np.sin(at * (2 * np.pi * 440 / rate))
    wave += 0.8 * np.sin(at * (2 * np.pi * 1000 / rate)) * (at % rate < rate // 50)
    return wave.astype(np.float32)[None]


def make(path: Path, recipe: Recipe) -> Path:
    """Encode a clip as `recipe` says and return `path`."""
    width, height = recipe.size
    ticks = 1 / recipe.rate if recipe.times is None else Fraction(1, 90000)
    with av.open(
        str(path), "w", format=recipe.format, container_options=recipe.container
    ) as output:
        video = output.add_stream(recipe.codec, rate=recipe.rate, options=recipe.options)
        video.width, video.height, video.pix_fmt = width, height, recipe.pix_fmt
        video.codec_context.time_base = ticks
        if recipe.aspect:
            video.codec_context.sample_aspect_ratio = recipe.aspect
        audio = None
        if recipe.sound:
            rate = 48000 if recipe.sound == "libopus" else 44100
            quick = {"aac_coder": "fast"} if recipe.sound == "aac" else {}
            audio = output.add_stream(recipe.sound, rate=rate, options=quick)
        for index in range(recipe.frames):
            image = recipe.picture(index) if recipe.picture else numbered(index, width, height)
            frame = av.VideoFrame.from_ndarray(image).reformat(format=recipe.pix_fmt, threads=1)
            frame.pts = round(recipe.times[index] / ticks) if recipe.times else index
            frame.time_base = ticks
            output.mux(video.encode(frame))
        output.mux(video.encode(None))
        if audio is not None:
            seconds = recipe.seconds or recipe.frames / recipe.rate
            add_tone(output, audio, seconds)
    return path


def add_tone(output: av.container.OutputContainer, audio: av.AudioStream, seconds: Fraction):
    """Encode `tone` into a stream, a second at a time."""
    rate = audio.codec_context.sample_rate
    resampler = av.AudioResampler(audio.format, audio.layout, rate)
    wave = tone(seconds, rate)
    for begin in range(0, wave.shape[1], rate):
        frame = av.AudioFrame.from_ndarray(wave[:, begin : begin + rate], "fltp", "mono")
        frame.sample_rate, frame.pts, frame.time_base = rate, begin, Fraction(1, rate)
        for piece in resampler.resample(frame):
            output.mux(audio.encode(piece))
    output.mux(audio.encode(None))


@pytest.fixture
def clip(tmp_path: Path) -> Callable[..., Path]:
    """Make a clip: `clip("a.mp4", frames=5, ...)`; the fields of `Recipe` are arguments."""

    def made(name: str, **recipe: object) -> Path:
        return make(tmp_path / name, Recipe(**recipe))

    return made


@pytest.fixture(scope="session")
def read_number() -> Callable[[np.ndarray], int]:
    return number


@pytest.fixture(scope="session")
def frame() -> Callable[..., Frame]:
    """Make a numbered frame: `frame(3, Fraction(1, 25), (64, 48))`."""

    def made(
        index: int, step: Fraction = Fraction(1, 25), size: tuple[int, int] = (64, 48)
    ) -> Frame:
        return Frame(numbered(index, *size), index, index * step)

    return made


@pytest.fixture(scope="session")
def soon() -> Callable[[Callable[[], bool]], bool]:
    """Poll a condition for up to five seconds."""

    def wait(holds: Callable[[], bool]) -> bool:
        end = time.monotonic() + 5
        while not holds():
            if time.monotonic() > end:
                return False
            time.sleep(0.01)
        return True

    return wait
