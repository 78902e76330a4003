from __future__ import annotations

import math
from itertools import pairwise

import cv2
import numpy as np
import pytest

from vivant.errors import VivantError
from vivant.studies.scenarios import composition as composing
from vivant.studies.scenarios.composition import NAMES, SCENARIOS, Seat, chance, named
from vivant.studies.scenarios.cutout import Cutout, Outline, calmed, cut_out, outline
from vivant.studies.scenarios.room import room


@pytest.fixture(scope="module")
def cutouts(speaker):
    return cut_out([frame.image for frame in speaker])


@pytest.fixture(scope="module")
def faces(speaker, tracker):
    found, seen = [], ()
    for frame in speaker:
        seen = tracker.track(frame.image, seen) or seen
        found.append(seen[0])
    return found


@pytest.fixture(scope="module", params=NAMES)
def seated(request, cutouts, faces):
    """A scenario, its seat, and its frames."""
    scenario, rng = named(request.param), chance(0, request.param)
    where = composing.seat(scenario, composing.side_of(faces), 640, rng)
    behind = composing.behind(scenario, where, rng)
    at = composing.place(cutouts[0], composing.mean_box(faces), where)
    return scenario, at, behind, [composing.seated(one, at, behind) for one in cutouts]


def test_the_tracker_finds_the_face_with_the_share_that_the_scenario_wants(seated, tracker):
    scenario, _, _, frames = seated
    shares = [composing.share(tracker.detect(frame)[0], frame) for frame in frames[::5]]
    assert np.mean(shares) == pytest.approx(scenario.share, rel=0.12)
    if scenario.name == "attendance":
        assert min(shares) > 0.5


def test_no_face_is_enlarged(seated):
    _, at, _, _ = seated
    assert at.scale <= 1


def test_nobody_floats_the_person_reaches_the_lower_edge(seated):
    _, _, behind, frames = seated
    for frame in frames:
        changed = np.abs(frame.astype(int) - behind).max(axis=2) > 8
        columns = np.flatnonzero(changed.any(axis=0))
        assert changed[-1].sum() > 0.5 * len(columns)


def test_the_room_stands_still_around_the_person(seated):
    scenario, _, behind, frames = seated
    corner = (slice(0, 8), slice(0, 8)) if scenario.name != "attendance" else (0, slice(0, 3))
    for frame in frames:
        np.testing.assert_array_equal(frame[corner], behind[corner])


def test_outlines_do_not_jump_from_frame_to_frame(cutouts):
    masks = [cutout.alpha > 0.5 for cutout in cutouts]
    for before, after in pairwise(masks):
        both, either = (before & after).sum(), (before | after).sum()
        assert both / either > 0.9


def test_the_middle_belief_keeps_what_two_of_three_frames_say():
    empty, full = np.zeros((2, 2), np.float32), np.ones((2, 2), np.float32)
    assert calmed([full, empty, full], 1).min() == 1
    assert calmed([empty, full, empty], 1).max() == 0


def test_what_the_edges_cut_is_found_and_drawn_on():
    mask = np.zeros((80, 100), np.float32)
    mask[:60, 30:70] = 1
    mask[50:, :] = 1
    assert outline(mask) == Outline((30.0, 70.0), 50.0, 50.0)
    assert outline(np.zeros((8, 8))) == Outline(None, None, None)


def test_a_cut_crown_is_rounded_and_cut_shoulders_slope_to_the_lower_edge(cutouts, speaker):
    cutout = cutouts[0]
    left, top = cutout.origin
    height, width = speaker[0].image.shape[:2]
    assert cutout.image.shape == (height + top, width + 2 * left, 3)
    if outline(cutout.alpha[top:, left : left + width]).left is not None:
        beside = cutout.alpha[top:, :left] > 0.5
        heights = beside.sum(axis=0)
        assert (np.diff(heights) >= 0).all()  # lower and lower towards the outside
        assert beside[-1, -1]
        assert not beside[:, 0].any()


def test_where_nobody_is_cut_nothing_is_drawn_on():
    blur = cv2.resize(np.random.default_rng(0).integers(0, 256, (4, 4, 3), np.uint8), (96, 96))
    (cutout,) = cut_out([blur])
    left, top = cutout.origin
    assert cutout.alpha[:top].max() == 0
    assert cutout.alpha[:, :left].max() == 0


@pytest.mark.parametrize("kind", ["home", "class"])
def test_rooms_are_the_same_for_the_same_seed_and_calm(kind):
    one, same, other = (room(320, 180, np.random.default_rng(seed), kind) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert (one != other).any()
    assert one.shape == (180, 320, 3)
    assert one.std() > 5
    assert one.min() > 0  # nothing black: relative errors would have no meaning there


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda one: one.name)
@pytest.mark.parametrize("side", [80.0, 128.0, 900.0])
def test_frames_are_as_large_as_the_face_allows_and_no_larger_than_asked(scenario, side):
    where = composing.seat(scenario, side, 640, np.random.default_rng(0))
    assert max(where.width, where.height) <= 640
    assert where.side <= side
    assert where.side**2 / (where.width * where.height) == pytest.approx(scenario.share, rel=0.03)
    assert where.width / where.height == pytest.approx(scenario.wide, rel=0.02)
    assert where.width % 2 == where.height % 2 == 0


def test_a_face_too_small_for_any_frame_is_told():
    with pytest.raises(VivantError, match="larger face"):
        composing.seat(SCENARIOS[0], 20.0, 640, np.random.default_rng(0))


def test_somebody_who_would_float_is_seated_lower():
    picture = np.full((100, 100, 3), 200, np.uint8)
    cutout = Cutout(picture, np.ones((100, 100), np.float32), (0, 0))
    at = composing.place(cutout, (40, 40, 20, 20), Seat(300, 200, 150, 20, 20))
    assert at.top == 100  # its lower edge is the frame's
    frame = composing.seated(cutout, at, np.zeros((200, 300, 3), np.uint8))
    assert frame[-1].any()
    assert math.isclose(frame.mean(), 200 * 100 * 100 / (200 * 300), rel_tol=1e-6)


def test_what_lies_outside_the_frame_is_left_out():
    picture = np.full((50, 50, 3), 9, np.uint8)
    cutout = Cutout(picture, np.ones((50, 50), np.float32), (0, 0))
    behind = np.zeros((40, 40, 3), np.uint8)
    assert not composing.seated(cutout, composing.Place(1.0, 90, 0), behind).any()
    assert composing.seated(cutout, composing.Place(1.0, -25, -25), behind)[:25, :25].all()
    assert not behind.any()
