"""Which frame of a driver looks most like the portrait: there relative motion is best begun."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from vivant.animation.portrait import find_faces
from vivant.engines.fomm import transfer
from vivant.errors import NoFaceFound
from vivant.faces.select import choose
from vivant.faces.track import FaceTracker
from vivant.media import VideoReader, read_image
from vivant.types import Face


def most_alike(portrait: Path, driving: Path) -> int:
    """Return the number of the driver's frame whose pose is most like the portrait's.

    The largest faces of both are compared by their landmarks, shape and place taken out.

    Raises:
        NoFaceFound: one of the two shows none.
        MediaError, PathRefused, UnsupportedFormat: a file cannot be read.
    """
    tracker = FaceTracker()
    found = find_faces(read_image(portrait), tracker, str(portrait))
    wanted = choose(found, "largest", str(portrait)).landmarks
    with VideoReader(driving) as frames:
        landmarks = _landmarks(frames, tracker)
        try:
            return transfer.best_frame(wanted, landmarks)
        except ValueError as error:
            raise NoFaceFound(
                str(driving),
                0.0,
                tracker.settings.detection_threshold,
                "Name the frame by its number, --best_frame, or leave --find_best_frame out.",
            ) from error


def _landmarks(frames: VideoReader, tracker: FaceTracker) -> Iterator[np.ndarray | None]:
    faces: tuple[Face, ...] = ()
    for frame in frames:
        faces = tracker.track(frame.image, faces, faces=1, scores=False)
        yield choose(faces, "largest", "driver").landmarks if faces else None
