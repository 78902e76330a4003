from __future__ import annotations

import cv2
import numpy as np
import pytest

from vivant.faces.identity import change, double, remember
from vivant.landmarks import LEFT_EYE

SIZE = (420, 900)


@pytest.fixture(scope="module")
def heads(portrait) -> tuple[np.ndarray, np.ndarray]:
    """Return two heads that differ: the sample, and a narrower, mirrored, darker one."""
    head = np.ascontiguousarray(portrait[60:330, 110:335])
    other = cv2.resize(head[:, ::-1], (190, 280), interpolation=cv2.INTER_AREA)
    return head, cv2.convertScaleAbs(other, alpha=0.75)


def scene(heads, places) -> np.ndarray:
    """Return both heads at their places (left edges); the first is in front."""
    image = np.full((*SIZE, 3), 100, np.uint8)
    for head, left in reversed(list(zip(heads, places, strict=True))):
        height, width = head.shape[:2]
        shape = np.zeros((height, width), np.uint8)
        cv2.ellipse(shape, (width // 2, height // 2), (width // 2, height // 2), 0, 0, 360, 1, -1)
        part = image[70 : 70 + height, left : left + width]
        part[shape > 0] = head[shape > 0]
    return image


def middle(face) -> float:
    return face.box[0] + face.box[2] / 2


def test_two_faces_that_cross_keep_their_numbers(tracker, heads):
    steps = np.linspace(0, 1, 45)
    places = [(int(40 + 600 * share), int(660 - 600 * share)) for share in steps]
    held = tuple(sorted(tracker.detect(scene(heads, places[0])), key=middle))
    assert len(held) == 2
    front, back = held[0].track, held[1].track
    hidden = 0
    for left, right in places[1:]:
        seen = tracker.track(scene(heads, (left, right)), held, faces=2)
        assert len({face.track for face in seen}) == len(seen)
        hidden += len(seen) < 2
        held = remember(held, seen)
        for face in seen:
            wanted = left + 112 if face.track == front else right + 95
            if abs(left - right) > 220:  # nearer, one hides part of the other
                assert abs(middle(face) - wanted) < 60, (face, left, right)
    assert hidden, "the one in front hides the other for a while"
    assert {face.track for face in seen} == {front, back}
    assert len(seen) == 2


def test_a_person_who_comes_back_elsewhere_is_known_by_build(tracker, heads):
    first = tracker.detect(scene(heads, (40, 660)))
    ordered = {face.track: face for face in first}
    left, right = sorted(first, key=middle)
    alone = scene(heads[:1], (600,))
    (found,) = tracker.track(alone, (left,))
    assert found.track == left.track
    assert change(ordered[left.track], found) < change(ordered[right.track], found)


def test_the_same_face_is_a_double_of_itself_and_not_of_its_neighbour(tracker, heads):
    one, other = tracker.detect(scene(heads, (40, 660)))
    assert double(one, one)
    assert not double(one, other)


def test_a_face_changes_less_into_itself_than_into_another(tracker, heads):
    before = sorted(tracker.detect(scene(heads, (40, 660))), key=middle)
    after = sorted(tracker.detect(scene(heads, (60, 640))), key=middle)
    for index in (0, 1):
        assert change(before[index], after[index]) < 0.5 * change(before[index], after[1 - index])


def test_lost_faces_are_remembered_behind_those_in_view(tracker, heads):
    one, other = tracker.detect(scene(heads, (40, 660)))
    assert remember((one, other), (other,)) == (other, one)
    assert remember((one, other), ()) == (one, other)
    assert remember((), (one,)) == (one,)
    newer = tracker.track(scene(heads, (50, 660)), (one, other), faces=2)
    kept = remember((one, other), newer)
    assert len(kept) == 2
    assert kept[0].landmarks[LEFT_EYE[0], 0] == newer[0].landmarks[LEFT_EYE[0], 0]
