"""Recorded performances: faces over time, without pictures and without sound."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from typing import Final

import numpy as np

from vivant.errors import SettingsError, ShapeError
from vivant.landmarks import SCORE_NAMES
from vivant.types import Face, Pose
from vivant.weights.canonical import mirrored_landmarks

MAX_FRAMES: Final = 54_000
"""Frames of the longest performance: half an hour at 30 frames/s, 320 MB in memory."""
MAX_SIDE: Final = 65_535
"""Longest side of the picture that faces were seen in, pixels."""
MAX_TEXT: Final = 300
"""Characters of a name, origin or licence."""
_LATEST: Final = 10**6
_FINEST: Final = 10**9
_LONGEST_LOOP: Final = 3600


@dataclass(frozen=True, slots=True, eq=False)
class Performance:
    """What one face did over time; any engine that needs no pixels can play it.

    Faces are kept as the tracker saw them: nothing is smoothed, and no engine had
    a part in it.
    """

    name: str
    """What it is called."""
    width: int
    """Width of the picture in which the faces were seen, pixels."""
    height: int
    """Its height."""
    times: tuple[Fraction, ...]
    """When each frame is shown: seconds, from 0 or later, increasing."""
    faces: tuple[Face | None, ...]
    """The face in each frame, with scores; None where none was seen."""
    rate: Fraction | None = None
    """Frames a second on average; None where unknown."""
    origin: str = ""
    """Who performed or made it, in words."""
    licence: str = ""
    """Under which conditions others may use it, in words."""
    rest: int | None = None
    """Number of the frame that shows the face at rest; None where it has to be looked for."""
    digest: str | None = None
    """sha256 of the file that it was read from; None for one that was not."""

    def __post_init__(self) -> None:
        """Refuse what cannot be played."""
        if not 1 <= len(self.times) <= MAX_FRAMES or len(self.times) != len(self.faces):
            raise ShapeError(
                f"a performance has 1 to {MAX_FRAMES} frames, each with a time; got "
                f"{len(self.faces)} faces and {len(self.times)} times"
            )
        if self.times[0] < 0 or any(a >= b for a, b in pairwise(self.times)):
            raise ShapeError("the times of a performance start at 0 or later and increase")
        if self.times[-1] > _LATEST or max(time.denominator for time in self.times) > _FINEST:
            raise ShapeError(
                f"the times of a performance end before {_LATEST} s and are fractions with at "
                f"most {_FINEST} below the line"
            )
        if not all(1 <= side <= MAX_SIDE for side in (self.width, self.height)):
            raise ShapeError(
                f"a performance's picture is 1 to {MAX_SIDE} pixels wide and high, got "
                f"{self.width}x{self.height}"
            )
        if self.rest is not None and (
            not 0 <= self.rest < len(self) or self.faces[self.rest] is None
        ):
            raise ShapeError(f"frame {self.rest} shows no face; it cannot be the one at rest")
        if any(face is not None and face.scores is None for face in self.faces):
            raise ShapeError("the faces of a performance need scores; track them with scores=True")
        for text in (self.name, self.origin, self.licence):
            if len(text) > MAX_TEXT or not text.isprintable():
                raise ShapeError(
                    f"name, origin and licence are one line of at most {MAX_TEXT} characters, "
                    f"got {text[:40]!r}"
                )

    def __len__(self) -> int:
        return len(self.times)

    def __iter__(self) -> Iterator[tuple[Fraction, Face | None]]:
        return iter(zip(self.times, self.faces, strict=True))

    def __repr__(self) -> str:
        return f"Performance({self.name!r}, {len(self)} frames, {float(self.seconds):.2f} s)"

    @property
    def missing(self) -> int:
        """Frames in which no face was seen."""
        return sum(face is None for face in self.faces)

    @property
    def seconds(self) -> Fraction:
        """How long it lasts, its last frame included."""
        return self.times[-1] - self.times[0] + self._frame

    @property
    def _frame(self) -> Fraction:
        """How long the last frame is shown."""
        if self.rate is not None:
            return 1 / self.rate
        if len(self) == 1:
            return Fraction(1, 25)
        return (self.times[-1] - self.times[0]) / (len(self) - 1)


def between(performance: Performance, start: Fraction | None, end: Fraction | None) -> Performance:
    """Return the frames shown in [start, end), their times counted from `start`.

    Raises:
        SettingsError: there is none.
    """
    if start is None and end is None:
        return performance
    begin = start or Fraction(0)
    kept = [
        (time - begin, face)
        for time, face in performance
        if time >= begin and (end is None or time < end)
    ]
    if not kept:
        raise SettingsError(
            f"the performance {performance.name!r} ends at "
            f"{float(performance.times[-1]):.2f} s; nothing is left after --from and --to."
        )
    times, faces = zip(*kept, strict=True)
    dropped = sum(time < begin for time in performance.times)
    rest = None if performance.rest is None else performance.rest - dropped
    rest = rest if rest is not None and 0 <= rest < len(times) else None
    return replace(performance, times=times, faces=faces, rest=rest)


def looped(performance: Performance, seconds: Fraction) -> Performance:
    """Return the performance played over and over for `seconds`.

    Raises:
        SettingsError: `seconds` is not above 0, or more than an hour.
    """
    if not 0 < seconds <= _LONGEST_LOOP:
        raise SettingsError(
            f"a performance is played for more than 0 and at most {_LONGEST_LOOP} s, "
            f"got {float(seconds):g}"
        )
    first, length = performance.times[0], performance.seconds
    turns = range(min(math.ceil(seconds / length), MAX_FRAMES))
    played = [
        (time + turn * length, face)
        for turn in turns
        for time, face in performance
        if time - first + turn * length < seconds
    ]
    times, faces = zip(*played[:MAX_FRAMES], strict=True)
    rest = performance.rest
    rest = rest if rest is not None and rest < len(times) else None
    return replace(performance, times=times, faces=faces, rest=rest)


def mirrored(performance: Performance) -> Performance:
    """Return the performance with left and right swapped."""
    faces = tuple(
        None if face is None else _mirrored(face, performance.width) for face in performance.faces
    )
    return replace(performance, faces=faces)


def _swapped(name: str) -> str:
    if name.endswith("Left"):
        return name.removesuffix("Left") + "Right"
    return name.removesuffix("Right") + "Left" if name.endswith("Right") else name


_SWAP: Final = np.array([SCORE_NAMES.index(_swapped(name)) for name in SCORE_NAMES])
_FLIP: Final = np.diag([-1.0, 1.0, 1.0])


def _mirrored(face: Face, width: int) -> Face:
    landmarks = face.landmarks[mirrored_landmarks()]
    landmarks[:, 0] = width - 1 - landmarks[:, 0]
    pose = face.pose
    translation = pose.translation * [-1.0, 1.0, 1.0] + [width - 1.0, 0.0, 0.0]
    assert face.scores is not None
    return replace(
        face,
        landmarks=landmarks,
        scores=face.scores[_SWAP],
        pose=Pose(_FLIP @ pose.rotation @ _FLIP, translation, pose.scale),
    )
