"""What is known of a video before its frames are read."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any


@dataclass(frozen=True, slots=True)
class AudioInfo:
    """The sound of a video."""

    codec: str
    """Name of the codec, such as `aac`."""
    rate: int
    """Samples a second."""
    channels: int


@dataclass(frozen=True, slots=True)
class VideoInfo:
    """A video, as it is shown: turned upright, square pixels."""

    width: int
    height: int
    rate: Fraction | None
    """Frames a second on average, exact (30000/1001); None where unknown or a still."""
    duration: Fraction | None
    """Seconds between `start` and `end` as the file announces them; None where unknown."""
    frames: int | None
    """Estimate for progress bars; None where unknown."""
    codec: str
    audio: AudioInfo | None
    time_base: Fraction | None = None
    """Tick of the file's clock in seconds; a writer given it keeps every time exactly."""

    def to_plain(self) -> dict[str, Any]:
        """Return a dictionary of JSON values."""
        return {
            "width": self.width,
            "height": self.height,
            "rate": _text(self.rate),
            "duration": _text(self.duration),
            "frames": self.frames,
            "codec": self.codec,
            "audio": self.audio and [self.audio.codec, self.audio.rate, self.audio.channels],
            "time_base": _text(self.time_base),
        }

    @classmethod
    def from_plain(cls, plain: dict[str, Any]) -> VideoInfo:
        """Build from what `to_plain` gave.

        >>> info = VideoInfo(4, 2, Fraction(30000, 1001), None, 7, "h264", None)
        >>> VideoInfo.from_plain(info.to_plain()) == info
        True
        """
        audio = plain["audio"]
        return cls(
            width=int(plain["width"]),
            height=int(plain["height"]),
            rate=_fraction(plain["rate"]),
            duration=_fraction(plain["duration"]),
            frames=plain["frames"],
            codec=str(plain["codec"]),
            audio=AudioInfo(str(audio[0]), int(audio[1]), int(audio[2])) if audio else None,
            time_base=_fraction(plain["time_base"]),
        )


def _text(value: Fraction | None) -> str | None:
    return None if value is None else str(value)


def _fraction(value: str | None) -> Fraction | None:
    return None if value is None else Fraction(value)
