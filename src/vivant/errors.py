"""Every error that a caller of vivant may catch.

Each message says what went wrong and where, what was found, what was wanted
and what to do about it; the values are kept as attributes for programs. The
command line turns `AskedWrongly` into exit code 2 and every other
`VivantError` into exit code 1.
"""

from __future__ import annotations

from collections.abc import Iterable
from os import PathLike


class VivantError(Exception):
    """Base of all errors that vivant raises on purpose."""


class AskedWrongly(VivantError):
    """The request itself cannot be served: an argument, a path, a missing consent."""


class ShapeError(AskedWrongly, ValueError):
    """An array has another shape or type than the function documents."""


class SettingsError(AskedWrongly, ValueError):
    """A setting is unknown, of the wrong type or out of its range."""


class UnknownEngine(AskedWrongly):
    """No engine has that name; the message offers the nearest."""


class UnsupportedFormat(AskedWrongly):
    """The file is of a kind that vivant does not read or write, or refuses to."""


class PathRefused(AskedWrongly):
    """A path cannot be used: missing, unreadable, unwritable, or equal to an input."""


class ConsentMissing(AskedWrongly):
    """Nobody said why this portrait may be animated."""


class FaceIndexError(AskedWrongly, IndexError):
    """A face was asked for by an index or position at which there is none."""

    def __init__(self, where: str, wanted: str, found: int) -> None:
        self.where = where
        self.wanted = wanted
        self.found = found
        plural = "face" if found == 1 else "faces"
        hint = f"an index from 0 to {found - 1}, " if found > 1 else "0, "
        super().__init__(
            f"{where}: face {wanted} was asked for, but there {'is' if found == 1 else 'are'} "
            f"{found} {plural}. Pass {hint}a position X,Y inside a face, or 'largest'."
        )


class MissingExtra(VivantError):
    """A part of vivant needs a package that is not installed."""


class DeviceMissing(AskedWrongly):
    """A device was asked for that is not there, or that an engine cannot use."""

    def __init__(self, device: str, found: str) -> None:
        self.device = device
        self.found = found
        super().__init__(
            f"--device {device} was asked for, but {found}. Leave --device out: the processor "
            f"does as well, only slower."
        )


class WeightsError(VivantError):
    """A model file is missing, damaged, or not the file it claims to be."""


class MissingWeights(WeightsError):
    """An engine or a detector was asked for whose networks have not been added."""

    def __init__(self, engine: str, wanted: str, advice: str) -> None:
        self.engine = engine
        self.wanted = wanted
        super().__init__(f"{engine!r} has no weights: it needs {wanted}. {advice}")


class MediaError(VivantError):
    """A picture or video could not be read or written."""

    def __init__(self, path: str | PathLike[str], problem: str, advice: str = "") -> None:
        self.path = path
        self.problem = problem
        super().__init__(f"{path}: {problem}" + (f" {advice}" if advice else ""))


class DamagedMedia(MediaError):
    """The file is truncated, broken, or not what its name says."""


class PictureTooLarge(MediaError):
    """The picture has more pixels than the limit; it was refused before decoding."""


class DiskFull(MediaError):
    """The output could not be written to its end for want of room."""


class CameraError(VivantError):
    """A camera, or a virtual one, is not there, busy, or not allowed."""


class NoFaceFound(VivantError):
    """No face was found where one is needed."""

    def __init__(self, where: str, best_score: float, threshold: float, advice: str) -> None:
        self.where = where
        self.best_score = best_score
        self.threshold = threshold
        super().__init__(
            f"{where}: no face found (best score {best_score:.2f}, wanted at least "
            f"{threshold:.2f}). {advice}"
        )


class FaceTooSmall(VivantError):
    """The face in the portrait has too few pixels to be animated."""

    def __init__(self, where: str, got: float, wanted: float) -> None:
        self.where = where
        self.got = got
        self.wanted = wanted
        super().__init__(
            f"{where}: the face is {got:.0f} pixels wide, wanted at least {wanted:.0f}. "
            f"Use a larger scan of the picture, or cut it closer to the face."
        )


class UnsuitablePortrait(VivantError):
    """The face in the portrait is seen from the side, cut in half, or covered."""

    def __init__(self, where: str, finding: str, advice: str) -> None:
        self.where = where
        self.finding = finding
        self.advice = advice
        super().__init__(f"{where}: {advice}")


class Undefined(VivantError):
    """A metric has no value for what it was given: its formula divides by zero there."""

    def __init__(self, metric: str, why: str) -> None:
        self.metric = metric
        self.why = why
        super().__init__(f"{metric} is undefined: {why}")


class TooSmall(Undefined, ShapeError):
    """A metric has no value for a picture with fewer pixels than its window."""


class MarkError(VivantError):
    """A mark or credential could not be made or written; no output is left behind."""


class Cancelled(VivantError):
    """The caller asked to stop; nothing was left at the output path."""


def listed(names: Iterable[str]) -> str:
    """Return names sorted and joined for a message.

    >>> listed({"webm", "mp4"})
    'mp4, webm'
    """
    return ", ".join(sorted(names))
