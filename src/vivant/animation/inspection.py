"""What is in a picture or a video, before it is used."""

from __future__ import annotations

from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any, Literal

import numpy as np

from vivant.animation.sources import refuse_performance
from vivant.errors import UnsupportedFormat
from vivant.faces.select import left_to_right
from vivant.faces.suitability import Suitability, suitability
from vivant.faces.track import FaceTracker
from vivant.media import VideoInfo, VideoReader, read_image
from vivant.types import Face


@dataclass(frozen=True, slots=True)
class InspectedFace:
    """One face and how it would do as a portrait."""

    face: Face
    suitability: Suitability

    def to_json(self) -> dict[str, Any]:
        """Return the face as plain data; boxes in pixels, angles in degrees."""
        x, y, width, height = (round(value, 1) for value in self.face.box)
        pose = self.face.pose
        return {
            "box": {"x": x, "y": y, "width": width, "height": height},
            "pose": {
                "yaw": round(pose.yaw, 1),
                "pitch": round(pose.pitch, 1),
                "roll": round(pose.roll, 1),
            },
            "confidence": round(self.face.confidence, 3),
            "suitability": self.suitability.score,
            "advice": list(self.suitability.advice),
            "findings": [
                {"name": finding.name, "points": round(finding.points, 1)}
                for finding in self.suitability.findings
            ],
        }


@dataclass(frozen=True, slots=True)
class Inspection:
    """What `inspect` saw."""

    path: str
    kind: Literal["picture", "video"]
    width: int
    height: int
    video: VideoInfo | None
    """None for a picture."""
    faces: tuple[InspectedFace, ...]
    """From left to right; of a video, the faces in its first frame."""

    def to_json(self) -> dict[str, Any]:
        """Return the inspection as plain data."""
        found = {
            "path": self.path,
            "kind": self.kind,
            "width": self.width,
            "height": self.height,
            "faces": [face.to_json() for face in self.faces],
        }
        if self.video is not None:
            rate, duration = self.video.rate, self.video.duration
            found["fps"] = None if rate is None else round(float(rate), 3)
            found["seconds"] = None if duration is None else round(float(duration), 3)
            found["codec"] = self.video.codec
            found["audio"] = None if self.video.audio is None else self.video.audio.codec
        return found


def inspect(path: str | PathLike[str]) -> Inspection:
    """Find the faces in a picture, or in the first frame of a video, and judge them.

    Raises:
        MediaError: the file cannot be read.
        UnsupportedFormat: it is neither a picture nor a video that vivant reads.
    """
    path = Path(path)
    refuse_performance(path)
    video: VideoInfo | None = None
    try:
        image = read_image(path)
    except UnsupportedFormat:
        image, video = _first_frame(path)
    tracker = FaceTracker()
    faces = left_to_right(tracker.detect(image))
    return Inspection(
        path=str(path),
        kind="picture" if video is None else "video",
        width=image.shape[1],
        height=image.shape[0],
        video=video,
        faces=tuple(InspectedFace(face, suitability(image, face, tracker)) for face in faces),
    )


def _first_frame(path: Path) -> tuple[np.ndarray, VideoInfo]:
    with VideoReader(path) as reader:
        for frame in reader:
            return frame.image, reader.info
    raise UnsupportedFormat(f"{path}: holds no picture.")
