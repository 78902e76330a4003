"""The tracker against what the `mediapipe` package found in the same frames.

The reference was made once by `benchmarks/mediapipe_reference.py`; it holds
numbers only.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pytest

from vivant.faces.track import FaceTracker, TrackerSettings
from vivant.landmarks import LEFT_EYE, RIGHT_EYE
from vivant.types import Face

REFERENCE = Path(__file__).parent / "data" / "mediapipe_1_2_2.npz"

pytestmark = pytest.mark.faces


def frames(clips: Path, reference) -> Iterator[tuple[int, np.ndarray]]:
    """Yield (row of the reference, picture)."""
    for clip in sorted(set(reference["clip"])):
        rows = {
            int(reference["index"][row]): row for row in np.flatnonzero(reference["clip"] == clip)
        }
        with av.open(str(clips / clip)) as container:
            for index, frame in enumerate(container.decode(video=0)):
                if index in rows:
                    yield rows[index], frame.to_ndarray(format="rgb24")


@pytest.fixture(scope="module")
def found(data) -> dict[int, dict[int, Face]]:
    """Return our faces by `refine` setting and row of the reference."""
    trackers = {refine: FaceTracker(TrackerSettings(refine=refine)) for refine in (0, 1)}
    faces: dict[int, dict[int, Face]] = {0: {}, 1: {}}
    with np.load(REFERENCE) as reference:
        for row, image in frames(data / "clips", reference):
            for refine, tracker in trackers.items():
                faces[refine][row] = tracker.detect(image)[0]
    return faces


@pytest.fixture(scope="module")
def theirs():
    with np.load(REFERENCE) as reference:
        assert reference["found"].all()
        # Theirs is normalised times width: from the edge of the first pixel, not its centre.
        shift = np.array([0.5, 0.5, 0.0])
        return reference["landmarks"] / float(reference["unit"]) - shift, reference["scores"]


def distances(faces: dict[int, Face], landmarks: np.ndarray) -> np.ndarray:
    """Return the mean landmark distance of each frame over the distance between the eyes."""
    result = []
    for row, face in faces.items():
        eyes = landmarks[row, RIGHT_EYE[0], :2] - landmarks[row, LEFT_EYE[0], :2]
        apart = np.linalg.norm(face.landmarks[:, :2] - landmarks[row, :, :2], axis=1).mean()
        result.append(apart / np.linalg.norm(eyes))
    return np.array(result)


def test_landmarks_agree_within_two_percent_of_the_eye_distance(found, theirs):
    apart = distances(found[1], theirs[0])
    assert len(apart) == 162
    assert apart.mean() < 0.012
    assert apart.max() < 0.03


def test_without_refinement_they_agree_within_half_a_percent(found, theirs):
    apart = distances(found[0], theirs[0])
    assert apart.mean() < 0.005
    assert apart.max() < 0.02


@pytest.mark.parametrize(("refine", "least"), [(0, 0.99), (1, 0.95)])
def test_scores_agree(found, theirs, refine, least):
    ours = np.array([face.scores for face in found[refine].values()])
    rows = list(found[refine])
    assert np.corrcoef(ours.ravel(), theirs[1][rows].astype(float).ravel())[0, 1] > least
