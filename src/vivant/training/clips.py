"""Tracked clips to learn from, and who is in which part of the split."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Literal, get_args

import numpy as np

from vivant.errors import SettingsError
from vivant.faces.track import FaceTracker
from vivant.media import VideoReader
from vivant.motion.smooth import smooth_face
from vivant.types import Face, Pose

Part = Literal["train", "validation", "test"]
_STEP = 5
"""Every fifth frame is kept: neighbours show nearly the same."""
_FRAMES = 146
"""Frames of a clip that are looked at, as in `vivant study self`."""


@dataclass(frozen=True, slots=True, eq=False)
class TrackedClip:
    """One clip of one person, its camera still."""

    name: str
    identity: str
    images: np.ndarray
    """(count, height, width, 3) uint8."""
    tracked: np.ndarray
    """(2, count, 478 + 5, 3) float32: landmarks, rotation, translation, (scale, 0, 0);
    as tracked, and smoothed as in an animation."""

    def face(self, index: int, *, smooth: bool) -> Face:
        """Return the face in one of the frames."""
        row = self.tracked[int(smooth), index]
        pose = Pose(row[478:481].astype(float), row[481].astype(float), float(row[482, 0]))
        return Face(landmarks=row[:478], scores=None, pose=pose, confidence=1.0)


def split() -> dict[str, Part]:
    """Return the part that each identity belongs to.

    It was drawn once, by chance within each kind of clip, before anything was trained.
    """
    text = files("vivant.training").joinpath("split.csv").read_text(encoding="utf-8")
    return {row["identity_group"]: row["part"] for row in csv.DictReader(text.splitlines())}  # type: ignore[misc]


def clips(data: Path, cache: Path, part: Part) -> list[TrackedClip]:
    """Return the clips of one part; tracked on the first call, then read from `cache`.

    Args:
        data: a folder with `MANIFEST.csv` (columns file, kind, identity_group).
        cache: a folder for what was tracked.
        part: train, validation or test.

    Raises:
        SettingsError: there is no such part.
    """
    if part not in get_args(Part):
        raise SettingsError(f"part must be one of {', '.join(get_args(Part))}, got {part!r}")
    parts = split()
    with (data / "MANIFEST.csv").open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["kind"] == "clip"]
    wanted = [row for row in rows if parts.get(row["identity_group"]) == part]
    cache.mkdir(parents=True, exist_ok=True)
    return [_clip(data / row["file"], row["identity_group"], cache) for row in wanted]


def _clip(path: Path, identity: str, cache: Path) -> TrackedClip:
    kept = cache / f"{path.stem}.npz"
    if not kept.exists():
        images, tracked = _track(path)
        np.savez(kept, images=images, tracked=tracked)
    with np.load(kept, allow_pickle=False) as arrays:
        return TrackedClip(path.stem, identity, arrays["images"], arrays["tracked"])


def _track(path: Path) -> tuple[np.ndarray, np.ndarray]:
    tracker, state = FaceTracker(), None
    faces: tuple[Face, ...] = ()
    images: list[np.ndarray] = []
    rows: list[list[np.ndarray]] = []
    with VideoReader(path) as reader:
        for index, frame in enumerate(reader):
            if index >= _FRAMES:
                break
            faces = tuple(tracker.track(frame.image, faces))
            if not faces:
                state = None
                continue
            state, steady = smooth_face(state, faces[0], frame.time)
            if index % _STEP == 0:
                images.append(frame.image)
                rows.append([_row(faces[0]), _row(steady)])
    return np.array(images), np.array(rows, np.float32).swapaxes(0, 1)


def _row(face: Face) -> np.ndarray:
    pose = face.pose
    scale = [[pose.scale, 0.0, 0.0]]
    return np.vstack([face.landmarks, pose.rotation, pose.translation[None], scale])
