"""How far the mouth's opening lags behind the sound, in milliseconds."""

from __future__ import annotations

from typing import ClassVar, Final, NamedTuple, Self

import numpy as np

from vivant.errors import ShapeError, Undefined
from vivant.metrics.checks import check_finite, check_measured

BAND: Final = (100.0, 4000.0)
"""Sound between these frequencies counts, hertz: where speech has most of its energy."""
REACH: Final = 0.5
"""Offsets up to this are looked at, seconds."""
_STEP: Final = 0.005
"""Distance of the offsets that are tried, seconds; between them a parabola tells."""
TRUSTED: Final = 0.3
"""An offset whose correlation is under this is chance as likely as not."""
_SYLLABLES: Final = 1.0
"""What changes more slowly than this is taken out of both signals, seconds: a mouth that hangs
open between sentences, a voice that fades."""
_LEAST: Final = 2.0
"""Least length of sound and picture, seconds."""
_STILL: Final = 1e-6


class Offset(NamedTuple):
    """When the mouth moves, as the sound has it."""

    ms: float
    """Milliseconds; positive where the mouth comes after the sound."""
    correlation: float
    """Of opening and loudness at that offset, 0 to 1; under `TRUSTED` the offset means little."""


def loudness(sound: np.ndarray, rate: float, times: np.ndarray, width: float) -> np.ndarray:
    """Return how loud speech is around given times.

    Args:
        sound: samples, (count,) or (count, channels); their scale does not matter.
        rate: samples a second.
        times: seconds from the first sample; outside the sound it is silent.
        width: seconds of sound that are taken together.

    Returns:
        Root of the mean square of what lies in `BAND`, in the scale of the sound.

    Raises:
        ShapeError: the sound has another shape, or a number is not finite.
    """
    samples = check_finite("loudness", sound, "heard")
    if samples.ndim not in (1, 2) or samples.size == 0:
        raise ShapeError(f"loudness wants (count[, channels]) samples, got {np.shape(sound)}")
    check_measured("loudness: rate", rate)
    if samples.ndim == 2:
        samples = samples.mean(axis=1)
    spectrum = np.fft.rfft(samples)
    pitches = np.fft.rfftfreq(len(samples), 1 / rate)
    spectrum[(pitches < BAND[0]) | (pitches > BAND[1])] = 0
    power = np.concatenate([[0.0], np.cumsum(np.square(np.fft.irfft(spectrum, len(samples))))])
    ends = np.clip((times[:, None] + np.array([-0.5, 0.5]) * width) * rate, 0, len(samples))
    early, late = np.interp(ends, np.arange(len(power)), power).T
    return np.asarray(np.sqrt(np.maximum(late - early, 0) / (width * rate)))


def av_offset(sound: np.ndarray, rate: float, opening: np.ndarray, fps: float) -> Offset:
    """Return by how much the opening of the mouth lags behind the sound.

    The correlation of the opening with the loudness of speech, for all offsets up
    to half a second either way; its peak, between the tried ones by a parabola.
    True speech does not give 0: mouths open some hundredths of a second up to a few
    tenths before they are heard. So compare with the offset of the true frames, and
    what is left is the method's. Music, noise, two speakers or a still mouth show in
    a low `correlation`; so does singing on one vowel.

    Args:
        sound: samples, (count,) or (count, channels), from the time of frame 0 on, as
            `vivant.media.read_sound` gives them.
        rate: samples a second.
        opening: how open the mouth is over time, (frames,): the score `jawOpen`, or the
            distance of the lips.
        fps: frames a second, the same throughout.

    Raises:
        ShapeError: an array has another shape, a number is not finite, or a rate not positive.
        Undefined: under two seconds, silence, a mouth that does not move, or no peak within
            half a second.
    """
    mouth = check_finite("av_offset", opening, "drawn")
    if mouth.ndim != 1:
        raise ShapeError(f"av_offset wants the opening as (frames,), got {np.shape(opening)}")
    check_measured("av_offset: fps", fps)
    check_measured("av_offset: rate", rate)
    if min(len(mouth) / fps, len(sound) / rate) < _LEAST:
        raise Undefined("av_offset", f"it wants {_LEAST:g} seconds of sound and picture")
    times, clock = np.arange(len(mouth)) / fps, np.arange(0, len(sound) / rate, _STEP)
    # Wide enough for a pitch period, narrow enough for a syllable; as blurred as a frame is.
    heard = _quick(loudness(sound, rate, clock, max(1 / fps, 0.04)), 1 / _STEP)
    if float(heard.std()) <= _STILL * float(np.abs(sound).max()):
        raise Undefined("av_offset", "the sound is silent, or equally loud throughout")
    moved = _quick(mouth, fps)
    if float(moved.std()) <= _STILL * max(float(np.abs(mouth).max()), _STILL):
        raise Undefined("av_offset", "the mouth does not move")
    shifts = np.arange(-round(REACH / _STEP), round(REACH / _STEP) + 1) * _STEP
    return _peak(shifts, np.array([_shifted(moved, times, heard, clock, s) for s in shifts]))


def _quick(signal: np.ndarray, rate: float) -> np.ndarray:
    """Return a signal less its weighted mean over the second around."""
    half = max(1, round(_SYLLABLES * rate / 2))
    window = np.hanning(2 * half + 3)[1:-1]
    shares = np.convolve(np.ones(len(signal)), window, "same")
    return np.asarray(signal - np.convolve(signal, window, "same") / shares)


def _shifted(
    mouth: np.ndarray, times: np.ndarray, heard: np.ndarray, clock: np.ndarray, shift: float
) -> float:
    """Return the correlation with what was heard `shift` seconds before, where there is both."""
    then = times - shift
    both = (then >= 0) & (then <= clock[-1])
    a, b = mouth[both], np.interp(then[both], clock, heard)
    a, b = a - a.mean(), b - b.mean()
    length = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / length if length else 0.0


def _peak(shifts: np.ndarray, correlations: np.ndarray) -> Offset:
    best = int(correlations.argmax())
    if best in (0, len(shifts) - 1) or correlations[best] <= 0:
        raise Undefined("av_offset", f"opening and loudness have no peak within {REACH:g} seconds")
    before, top, after = correlations[best - 1 : best + 2].tolist()
    bend = before - 2 * top + after
    aside = 0.0 if bend == 0 else (before - after) / (2 * bend)
    height = top - (before - after) * aside / 4
    return Offset(1000 * float(shifts[best] + aside * _STEP), min(height, 1.0))


class AvOffset:
    """Mean distance of the drawn mouths' offsets from those of the true ones, all clips alike."""

    unit: ClassVar[str] = "ms"
    higher_is_better: ClassVar[bool | None] = False

    def __init__(self) -> None:
        self.distances: list[float] = []
        """Of each clip, milliseconds, positive where the drawn mouth is later."""
        self.doubtful = 0
        """Clips left out, for a correlation was under `TRUSTED`."""

    def update(self, drawn: Offset, true: Offset | None = None) -> None:
        """Add one clip, as `av_offset` measured it.

        Args:
            drawn: of the drawn frames.
            true: of the driver's frames with the same sound; without it the distance from 0
                counts.
        """
        other = Offset(0.0, 1.0) if true is None else true
        if min(drawn.correlation, other.correlation) < TRUSTED:
            self.doubtful += 1
        else:
            self.distances.append(drawn.ms - other.ms)

    def merge(self, other: Self) -> None:
        """Take in the clips that another process has measured."""
        self.distances = self.distances + other.distances
        self.doubtful += other.doubtful

    def compute(self) -> float:
        """Return the mean absolute distance.

        Raises:
            Undefined: no clip could be trusted.
        """
        if not self.distances:
            raise Undefined("av_offset", f"of {self.doubtful} clips, none could be trusted")
        return float(np.abs(self.distances).mean())
