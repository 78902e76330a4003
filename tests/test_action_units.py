from __future__ import annotations

import numpy as np
import pytest

from vivant.action_units import (
    INTENSITY_NAMES,
    PRESENCE_NAMES,
    UNITS,
    intensities,
    presences,
)
from vivant.errors import ShapeError
from vivant.landmarks import SCORE_NAMES


def scores(**values: float) -> np.ndarray:
    """Scores that are 0 but for those named; a stem without side means both sides."""
    found = np.zeros(len(SCORE_NAMES))
    for name, value in values.items():
        sides = [name] if name in SCORE_NAMES else [f"{name}Left", f"{name}Right"]
        for side in sides:
            found[SCORE_NAMES.index(side)] = value
    return found


def acting(given: np.ndarray) -> set[str]:
    return {name for name, acts in zip(PRESENCE_NAMES, presences(given), strict=True) if acts}


def test_the_units_are_those_of_openface_in_its_order():
    named = "01 02 04 05 06 07 09 10 12 14 15 17 20 23 25 26 45"
    assert tuple(f"AU{number}" for number in named.split()) == INTENSITY_NAMES
    assert (*INTENSITY_NAMES, "AU28") == PRESENCE_NAMES


def test_every_row_names_scores_that_exist_and_a_range_that_is_one():
    for unit in UNITS:
        assert {name for group in unit.groups for name in group} <= set(SCORE_NAMES), unit.name
        assert 0 <= unit.rest < unit.full <= 1, unit.name


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"browInnerUp": 0.8}, {"AU01"}),
        ({"browOuterUp": 0.8}, {"AU02"}),
        ({"browDown": 0.8}, {"AU04"}),
        ({"eyeWide": 0.5}, {"AU05"}),
        ({"eyeSquint": 0.7}, {"AU07"}),
        ({"mouthSmile": 0.8}, {"AU12"}),
        ({"mouthSmile": 0.8, "eyeSquint": 0.7}, {"AU06", "AU07", "AU12"}),
        ({"browDown": 0.6, "mouthUpperUp": 0.6}, {"AU04", "AU09", "AU10", "AU25"}),
        ({"mouthDimple": 0.6}, {"AU14"}),
        ({"mouthFrown": 0.2}, {"AU15"}),
        ({"mouthShrugLower": 0.6}, {"AU17"}),
        ({"mouthStretch": 0.4}, {"AU20"}),
        ({"mouthPress": 0.4}, {"AU23"}),
        ({"mouthLowerDown": 0.5}, {"AU25"}),
        ({"jawOpen": 0.6}, {"AU25", "AU26"}),
        ({"eyeBlink": 0.7}, {"AU45"}),
        ({"mouthRollLower": 0.6, "mouthRollUpper": 0.6}, {"AU28"}),
        ({"eyeSquint": 0.3, "browOuterUp": 0.15}, set()),
    ],
)
def test_an_expression_raises_its_units_and_no_others(given, expected):
    assert acting(scores(**given)) == expected


def naive(given: np.ndarray) -> dict[str, float]:
    """The table read a second time, score by score."""
    found = {}
    for unit in UNITS[:-1]:
        groups = [
            sum(given[SCORE_NAMES.index(name)] for name in group) / len(group)
            for group in unit.groups
        ]
        raw = max(groups) if unit.take == "most" else min(groups)
        found[unit.name] = 5 * min(max((raw - unit.rest) / (unit.full - unit.rest), 0), 1)
    return found


def test_many_frames_at_once_are_each_as_the_table_says():
    given = np.random.default_rng(0).uniform(0, 1, (40, 52)).astype(np.float32)
    found = intensities(given)
    assert found.shape == (40, 17)
    for row, frame in zip(found, given, strict=True):
        np.testing.assert_allclose(row, list(naive(frame.astype(float)).values()), atol=1e-12)
        np.testing.assert_array_equal(row, intensities(frame))


def test_a_known_rest_is_intensity_0_and_no_score_leaves_the_scale():
    rng = np.random.default_rng(1)
    rest = rng.uniform(0, 1, 52)
    assert not intensities(rest, rest).any()
    found = intensities(rng.uniform(0, 1, (50, 52)), rest)
    assert found.min() >= 0
    assert found.max() <= 5
    assert np.isfinite(found).all()


@pytest.mark.parametrize("shape", [(51,), (3, 51), (2, 3, 52), ()])
def test_what_are_no_scores_is_refused(shape):
    with pytest.raises(ShapeError, match="52"):
        intensities(np.zeros(shape))


def test_scores_that_are_not_finite_and_a_rest_of_many_frames_are_refused():
    with pytest.raises(ShapeError, match="finite"):
        presences(np.full(52, np.nan))
    with pytest.raises(ShapeError, match="rest"):
        intensities(np.zeros(52), np.zeros((2, 52)))
