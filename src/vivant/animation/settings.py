"""What a caller can ask of an animation, and what is reported back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from fractions import Fraction
from typing import Any, Literal

from vivant.errors import SettingsError

Box = tuple[float, float, float, float]
"""x, y, width, height, pixels"""
LabelBox = tuple[int, int, int, int]
"""The same in whole pixels."""


@dataclass(frozen=True, kw_only=True)
class AnimateSettings:
    """Options of `animate` and `animate_file`; the same names as on the command line."""

    engine: str = "mesh"
    """The engine that draws; `vivant engines` lists them."""
    relative: bool = True
    """Carry the driver's change of face, not the face itself."""
    frame: Literal["full", "crop"] = "full"
    """Show the whole portrait, or only the square around the face."""
    size: int | None = None
    """Longer side of the result in pixels; without it, the portrait's own."""
    reference: str = "auto"
    """The driving frame that counts as the driver at rest: auto, or its number from 0."""
    face: str = "largest"
    """Which face of the portrait moves: largest, its number from the left, or X,Y inside it."""
    driver_face: str = "largest"
    """Which face of the driver is followed: largest, its number from the left, or X,Y."""
    crop: str = "auto"
    """The square that the engine draws: auto, whole, or X,Y,W,H in pixels of the portrait."""
    driver_crop: str = "auto"
    """The square that it reads of the driver: auto, whole, or X,Y,W,H in pixels of the video."""
    on_missing_face: Literal["hold", "rest", "fail"] = "hold"
    """When the driver's face is lost: hold the last expression, ease to rest, or fail."""
    start: Fraction | None = None
    """Second of the driver at which to begin."""
    end: Fraction | None = None
    """Second of the driver at which to stop."""
    mirror: bool = False
    """Swap the driver's left and right."""
    controls: Mapping[str, float] = field(default_factory=dict)
    """Sliders of the engine, on top of the driver's motion: name to value, 0 changes nothing."""
    sound: Literal["driver", "portrait", "none"] = "driver"
    """Whose sound goes along: the driver's, the portrait's where it is a video, or none."""
    threads: int | None = None
    """1 does one step after another; otherwise following, drawing and writing overlap."""
    device: Literal["cpu", "cuda"] = "cpu"
    """Where learned engines run."""

    def __post_init__(self) -> None:
        for name in ("start", "end"):
            value = getattr(self, name)
            if value is not None:  # whole numbers and decimals are welcome too
                object.__setattr__(self, name, Fraction(value))
        if self.size is not None and not 16 <= self.size <= 8192:
            raise SettingsError(f"size must lie in [16, 8192] pixels, got {self.size}")
        if self.threads is not None and not 1 <= self.threads <= 64:
            raise SettingsError(f"threads must lie in [1, 64], got {self.threads}")
        if self.start is not None and self.start < 0:
            raise SettingsError(f"start must not be negative, got {float(self.start)} s")
        if self.end is not None and self.end <= (self.start or 0):
            raise SettingsError(
                f"end must lie after start, got {float(self.end)} s after "
                f"{float(self.start or 0)} s"
            )
        for name, allowed in _CHOICES.items():
            value = getattr(self, name)
            if value not in allowed:
                raise SettingsError(f"{name} must be one of {', '.join(allowed)}, got {value!r}")
        self.reference_index  # noqa: B018 - refuses a bad value now
        self.crop_box  # noqa: B018
        self.driver_crop_box  # noqa: B018

    @property
    def reference_index(self) -> int | None:
        """The frame asked for as reference; None for the automatic choice."""
        if self.reference == "auto":
            return None
        if not self.reference.isdecimal():
            raise SettingsError(
                f"reference must be 'auto' or a frame number from 0, got {self.reference!r}"
            )
        return int(self.reference)

    @property
    def crop_box(self) -> Box | None:
        """The crop given by hand; None for `auto` and `whole`."""
        return _box("crop", self.crop)

    @property
    def driver_crop_box(self) -> Box | None:
        """The driver's crop given by hand; None for `auto` and `whole`."""
        return _box("driver_crop", self.driver_crop)


def _box(name: str, given: str) -> Box | None:
    """Read the setting of a square."""
    if given in ("auto", "whole"):
        return None
    try:
        x, y, width, height = (float(part) for part in given.split(","))
    except ValueError:
        raise SettingsError(
            f"{name} must be auto, whole or X,Y,W,H in pixels, got {given!r}"
        ) from None
    if min(width, height) < 16:
        raise SettingsError(
            f"{name} must be at least 16 pixels wide and high, got {width:g} x {height:g}"
        )
    return x, y, width, height


_CHOICES = {
    "frame": ("full", "crop"),
    "on_missing_face": ("hold", "rest", "fail"),
    "sound": ("driver", "portrait", "none"),
    "device": ("cpu", "cuda"),
}


@dataclass(frozen=True, slots=True)
class Progress:
    """How far `animate_file` has come."""

    frames: int
    total: int | None
    """Expected number of frames; None where the driver does not tell."""
    frames_per_second: float


@dataclass(frozen=True, slots=True)
class Report:
    """What `animate_file` did."""

    output: str
    frames: int
    seconds: float
    """Length of the result."""
    fps_in: float | None
    """Average rate of the driver; None where it does not tell."""
    seconds_to_first_frame: float
    frames_per_second: float
    """Frames over the seconds from the first drawn frame to the closed file."""
    faces_missed: int
    engine: str
    peak_rss_mb: float | None
    """Largest memory of this process and its children; None where the system does not tell."""
    audio: Literal["copied", "encoded"] | None
    warnings: tuple[str, ...] = ()
    labels: tuple[tuple[int, LabelBox], ...] = ()
    """Where the visible label lies, and from which frame on it lies there; none without one."""

    def to_json(self) -> dict[str, Any]:
        """Return the report as plain data."""
        labels = [{"frame": frame, "box": list(box)} for frame, box in self.labels]
        return {**asdict(self), "warnings": list(self.warnings), "labels": labels}
