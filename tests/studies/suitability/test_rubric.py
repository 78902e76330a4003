from __future__ import annotations

import dataclasses

import pytest

from vivant.studies.suitability.following import Following
from vivant.studies.suitability.rubric import NOTHING, Inside, Seen, scored

FULL = Following(True, 0.95, 1.0)
TIMID = Following(True, 0.7, 0.3)
STILL = Following(True, 0.0, 0.0)
NOT_ASKED = Following(False, 0.0, 0.0)
WHOLE = Seen(
    dict.fromkeys(("lids", "gaze", "lips", "outline", "turn"), FULL),
    lost=0.0, squeeze=0.02, inside=Inside(1.0, 0.1), identity=0.8,
)  # fmt: skip


def but(**changes):
    return dataclasses.replace(WHOLE, **changes)


def following(**changes):
    return but(following={**WHOLE.following, **changes})


def test_all_that_follows_gets_ten_points():
    score = scored(WHOLE)
    assert score.total == 10
    assert set(score.points.values()) == {2}
    assert score.parts == {"eyes": 1.0, "mouth": 1.0, "outline": 1.0}


@pytest.mark.parametrize(
    ("movement", "criterion"),
    [("lids", "lids"), ("gaze", "pupils"), ("lips", "lips"), ("outline", "movement"),
     ("turn", "rotation")],
)  # fmt: skip
def test_each_movement_decides_its_own_criterion(movement, criterion):
    assert scored(following(**{movement: TIMID})).points[criterion] == 1
    assert scored(following(**{movement: STILL})).points[criterion] == 0
    others = set(scored(WHOLE).points) - {criterion}
    assert all(scored(following(**{movement: STILL})).points[name] == 2 for name in others)


def test_an_overdone_movement_gets_one_point_at_most():
    assert scored(following(lips=Following(True, 0.99, 2.5))).points["lips"] == 1


def test_a_movement_against_the_driver_gets_nothing():
    assert scored(following(turn=Following(True, -0.9, -1.0))).points["rotation"] == 0


def test_what_the_driver_does_not_do_is_not_asked():
    score = scored(dataclasses.replace(following(gaze=NOT_ASKED, lips=NOT_ASKED), inside=None))
    assert "pupils" not in score.points
    assert "mouth" not in score.parts
    assert score.total == 10


def test_an_animals_lids_count_for_its_pupils():
    seen = following(gaze=STILL, lids=TIMID)
    assert scored(seen).parts["eyes"] == 0.25
    assert scored(seen, animal=True).parts["eyes"] == 0.5


@pytest.mark.parametrize(
    ("inside", "points"),
    [(Inside(1.0, 0.1), 2), (Inside(0.3, 0.1), 1), (Inside(1.0, 0.4), 1), (Inside(0.1, 0.0), 0),
     (Inside(1.0, 0.6), 0)],
)  # fmt: skip
def test_the_inside_wants_an_open_mouth_and_the_drivers_teeth(inside, points):
    assert scored(but(inside=inside)).points["inside"] == points


@pytest.mark.parametrize(("squeeze", "points"), [(0.02, 2), (0.1, 1), (0.3, 0)])
def test_a_squeezed_outline_loses_points_of_movement(squeeze, points):
    assert scored(but(squeeze=squeeze)).points["movement"] == points


def test_who_became_somebody_else_loses_a_point_of_movement():
    assert scored(but(identity=0.2)).points["movement"] == 1
    assert scored(but(identity=None)).points["movement"] == 2


def test_where_the_face_is_lost_nothing_is_granted():
    assert scored(but(lost=0.6)) is NOTHING
    assert scored(Seen()).total == 0
