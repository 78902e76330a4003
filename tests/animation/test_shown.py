from __future__ import annotations

from fractions import Fraction

import cv2
import numpy as np
import pytest

import vivant
from vivant.faces.track import FaceTracker
from vivant.marks import Label, LabelSettings
from vivant.marks.corners import covered
from vivant.media import read_image
from vivant.samples import driving, portrait

PORTRAIT, DRIVING = portrait(), driving()


def shared(a, b) -> float:
    """Intersection over union of two boxes."""
    wide = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    tall = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    both = max(0.0, wide) * max(0.0, tall)
    return both / (a[2] * a[3] + b[2] * b[3] - both)


@pytest.mark.parametrize(
    "how",
    [
        {},
        {"size": 300},
        {"frame": "crop", "size": 256},
        {"controls": {"yaw": 20.0}},
        {"relative": False},
    ],
    ids=str,
)
def test_a_drawn_frame_knows_where_its_face_is(how) -> None:
    tracker = FaceTracker()
    shown = vivant.animate(PORTRAIT, DRIVING, end=Fraction(1, 2), **how)
    for number, frame in enumerate(shown):
        if number % 5 == 0:
            (seen,) = tracker.detect(frame.image)
            (told,) = frame.faces
            assert shared(told, seen.box) > 0.75


def test_an_engine_that_does_not_tell_is_taken_to_leave_the_face_where_it_was() -> None:
    frame = next(vivant.animate(PORTRAIT, DRIVING, engine="still"))
    (seen,) = FaceTracker().detect(frame.image)
    assert shared(frame.faces[0], seen.box) > 0.75


def test_other_people_in_the_portrait_are_known_too() -> None:
    one = cv2.resize(read_image(PORTRAIT), (384, 450))
    two = np.ascontiguousarray(np.hstack([one, one[:, ::-1]]))
    frame = next(vivant.animate(two, DRIVING, face="0"))
    seen = FaceTracker().detect(frame.image)
    assert len(seen) == len(frame.faces) == 2
    for face in seen:
        assert max(shared(face.box, told) for told in frame.faces) > 0.75


def test_of_a_video_every_frame_knows_where_its_faces_are() -> None:
    tracker = FaceTracker()
    for number, frame in enumerate(vivant.animate(DRIVING, DRIVING, end=Fraction(1, 2))):
        if number % 6 == 0:
            (seen,) = tracker.detect(frame.image)
            assert shared(frame.faces[0], seen.box) > 0.75


@pytest.mark.parametrize("crop", ["full", "crop"])
def test_the_label_never_covers_the_face_of_the_sample(crop) -> None:
    label, places = None, set()
    for frame in vivant.animate(PORTRAIT, DRIVING, frame=crop, size=256, end=Fraction(1)):
        height, width = frame.image.shape[:2]
        label = label or Label(LabelSettings(), width, height)
        label.draw(frame.image, frame.faces, frame.time)
        places.add(label.place)
        assert not covered(label.place, frame.faces)
    assert len(places) == 1  # there is room enough to stay
