"""Performances as a table: one row a frame, for spreadsheets and other programs."""

from __future__ import annotations

import csv
import io

from vivant.landmarks import SCORE_NAMES
from vivant.motion.performance import Performance
from vivant.types import LANDMARKS, Face

_POSE = ("yaw", "pitch", "roll", "x", "y", "pixels_per_centimetre", "confidence")
COLUMNS = (
    "frame",
    "seconds",
    "seen",
    *_POSE,
    *SCORE_NAMES,
    *(f"{axis}{number}" for number in range(LANDMARKS) for axis in "xyz"),
)
"""Names of the columns: angles in degrees, places in pixels, scores in [0, 1], landmarks last."""


def table(performance: Performance) -> str:
    """Return a performance as CSV text; frames without a face have empty cells.

    >>> from vivant.motion.performance import Performance
    >>> from fractions import Fraction
    >>> text = table(Performance("gone", 640, 480, (Fraction(1, 4),), (None,)))
    >>> text.splitlines()[1][:10]
    '0,0.25,0,,'
    """
    made = io.StringIO()
    writer = csv.writer(made, lineterminator="\n")
    writer.writerow(COLUMNS)
    for index, (time, face) in enumerate(performance):
        start = [str(index), f"{float(time):.9g}"]
        if face is None:
            writer.writerow([*start, "0", *[""] * (len(COLUMNS) - 3)])
        else:
            writer.writerow([*start, "1", *_cells(face)])
    return made.getvalue()


def _cells(face: Face) -> list[str]:
    pose = face.pose
    place = (pose.yaw, pose.pitch, pose.roll, *pose.translation[:2], pose.scale, face.confidence)
    assert face.scores is not None
    return [
        *(f"{value:.4f}" for value in place),
        *(f"{value:.4f}" for value in face.scores),
        *(f"{value:.3f}" for value in face.landmarks.ravel()),
    ]
