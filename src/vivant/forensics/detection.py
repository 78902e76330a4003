"""How much the face in a file looks drawn."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from os import PathLike
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np

from vivant.errors import NoFaceFound, PathRefused, SettingsError, UnsupportedFormat, listed
from vivant.faces.track import FaceTracker
from vivant.forensics.detectors import Detector, open_detector
from vivant.media import VideoReader, read_image
from vivant.types import Face

VIDEOS: Final = (".mp4", ".mov", ".webm", ".mkv", ".avi", ".mpg", ".m4v", ".gif")
PICTURES: Final = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff", ".avif")
THRESHOLD: Final = 0.5
"""From this score on, a frame counts as one that looks drawn."""
HINT: Final = (
    "This is a hint and not a proof. A detector knows what it was trained on; of other programs' "
    "pictures, and after strong compression, it may be no better than guessing. Ask also: "
    "vivant verify FILE."
)
UNDECIDED: Final = (0.3, 0.7)
"""Scores from the one to the other tell nothing."""
_MOST: Final = 10_000
_UNTOLD: Final = 25
"""Every so many frames are looked at where a video does not tell its length."""


@dataclass(frozen=True, slots=True)
class Detection:
    """What a detector says of one file."""

    path: str
    kind: Literal["picture", "video"]
    detector: str
    score: float
    """Mean over the frames that were looked at: 0 (looks filmed) to 1 (looks drawn)."""
    frames: int
    """How many frames with a face were looked at."""
    faces_missed: int
    """Frames that were looked at and showed no face; they count for nothing."""
    share: float
    """Share of the frames that score 0.5 or more."""
    trained_on: str
    hint: str = HINT

    @property
    def conclusion(self) -> str:
        """The score in words; it judges a file, and no person."""
        low, high = UNDECIDED
        if self.score < low:
            return "looks filmed to this detector"
        return "looks drawn to this detector" if self.score > high else "cannot be told"

    def to_json(self) -> dict[str, Any]:
        """Return it as plain data."""
        plain = {**asdict(self), "conclusion": self.conclusion}
        return plain | {name: round(plain[name], 4) for name in ("score", "share")}


def detect(
    path: str | PathLike[str], *, detector: str | Detector = "small", frames: int = 32
) -> Detection:
    """Say how much the largest face of a picture or a video looks drawn.

    Frames are taken evenly from the whole video, and one is held at a time.

    Args:
        path: a picture or a video.
        detector: its name, such as `small` or `xception`, or a loaded one.
        frames: how many frames of a video to look at, at most.

    Raises:
        NoFaceFound: no frame that was looked at shows a face.
        AskedWrongly: there is no such detector, or the file is of a kind that is not read.
        MissingWeights: the detector's weights were not added.
        MediaError: the file is damaged.
        SettingsError: `frames` is out of range.
    """
    if not 1 <= frames <= _MOST:
        raise SettingsError(f"frames must lie in [1, {_MOST}], got {frames}")
    judging = open_detector(detector) if isinstance(detector, str) else detector
    file, tracker = Path(path), FaceTracker()
    moving, scores, missed, best = False, [], 0, 0.0
    faces: tuple[Face, ...] = ()
    for image, moving in _shown(file, frames):  # noqa: B007 - the last one counts
        faces = tracker.track(image, faces, scores=False) or tracker.detect(image)
        if faces:
            scores.append(judging.judge(image, max(faces, key=_size)))
        else:
            missed, best = missed + 1, max(best, tracker.best_score(image))
    if not scores:
        raise NoFaceFound(
            str(path), best, tracker.settings.presence_threshold,
            "A detector of drawn faces has nothing to say of a file without one.",
        )  # fmt: skip
    return Detection(
        path=str(path),
        kind="video" if moving else "picture",
        detector=judging.name,
        score=float(np.mean(scores)),
        frames=len(scores),
        faces_missed=missed,
        share=float(np.mean(np.asarray(scores) >= THRESHOLD)),
        trained_on=judging.trained_on,
    )


def files_in(folder: Path) -> tuple[Path, ...]:
    """Return the pictures and videos that lie in a folder, sorted by name.

    Raises:
        PathRefused: there are none.
    """
    found = sorted(
        path
        for path in folder.iterdir()
        if path.suffix.lower() in (*VIDEOS, *PICTURES) and path.is_file()
    )
    if not found:
        raise PathRefused(
            f"{folder}: no picture and no video in it; wanted files that end in "
            f"{listed({*VIDEOS, *PICTURES})}. Folders in it are left alone."
        )
    return tuple(found)


def _size(face: Face) -> float:
    return face.box[2] * face.box[3]


def _shown(file: Path, frames: int) -> Iterator[tuple[np.ndarray, bool]]:
    """Yield the frames to look at, and whether they are of a video."""
    try:
        image = read_image(file)
    except UnsupportedFormat:
        with VideoReader(file) as reader:
            total = reader.info.frames
            step = _UNTOLD if total is None else max(1, -(-total // frames))
            for frame in reader:
                if frame.index % step == 0:
                    yield frame.image, True
        return
    yield image, False
