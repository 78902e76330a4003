from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from vivant.errors import SettingsError
from vivant.landmarks import LEFT_EYE, LIPS_INNER, RIGHT_BROW, RIGHT_EYE, RIGHT_IRIS, SCORE_NAMES
from vivant.weights.canonical import mirrored_landmarks
from vivant.weights.expression import expression_basis, score_numbers

BASIS = expression_basis()
CHIN, CORNERS = 152, [LIPS_INNER[0], LIPS_INNER[10]]


def test_the_neutral_face_is_symmetrical_and_as_large_as_a_head() -> None:
    np.testing.assert_allclose(
        BASIS.neutral[mirrored_landmarks()] * [-1, 1, 1], BASIS.neutral, atol=1e-5
    )
    assert 13 < np.ptp(BASIS.neutral[:, 0]) < 17


def test_left_and_right_are_mirror_images() -> None:
    for stem in ("mouthSmile", "eyeBlink", "browDown", "eyeLookOut"):
        left, right = (BASIS.change({f"{stem}{side}": 1.0}) for side in ("Left", "Right"))
        np.testing.assert_allclose(left[mirrored_landmarks()] * [-1, 1, 1], right, atol=1e-3)


def test_scores_move_what_they_are_named_after() -> None:
    assert BASIS.change({"jawOpen": 1.0})[CHIN, 1] > 1.5
    smile = BASIS.change({"mouthSmile": 1.0})[CORNERS]
    assert (smile[:, 1] < -0.4).all()
    assert smile[0, 0] < -0.2
    assert smile[1, 0] > 0.2
    pucker = BASIS.change({"mouthPucker": 1.0})[CORNERS]
    assert pucker[0, 0] > 0.2
    assert (BASIS.change({"browInnerUp": 1.0})[list(RIGHT_BROW[3:6]), 1] < -0.2).all()
    assert (BASIS.change({"browDown": 1.0})[list(RIGHT_BROW), 1] > 0.1).all()
    assert BASIS.change({"eyeLookOutRight": 1.0})[RIGHT_IRIS[0], 0] < -0.1
    assert BASIS.change({"eyeLookUp": 1.0})[RIGHT_IRIS[0], 1] < -0.1


@pytest.mark.parametrize("ring", [LEFT_EYE, RIGHT_EYE])
def test_a_blink_closes_the_lids(ring) -> None:
    shut = BASIS.neutral + BASIS.change({"eyeBlink": 1.0})
    width = np.linalg.norm(shut[ring[0]] - shut[ring[8]])
    assert abs(shut[ring[4], 1] - shut[ring[12], 1]) < 0.05 * width


def test_what_no_clip_showed_is_refused_and_unknown_names_too() -> None:
    assert not BASIS.known[SCORE_NAMES.index("cheekPuff")]
    with pytest.raises(SettingsError, match="not known"):
        BASIS.change({"cheekPuff": 1.0})
    with pytest.raises(SettingsError, match="no expression score"):
        score_numbers("mouthGrin")
    assert sum(BASIS.known) == 43


def test_its_arrays_cannot_be_changed_by_accident() -> None:
    with pytest.raises(ValueError, match="read-only"):
        BASIS.neutral[0] = 0


def test_the_page_about_it_tells_what_was_recorded() -> None:
    root = Path(__file__).parents[2]
    recorded = json.loads((root / "benchmarks/results/expression.json").read_text())
    page = (root / "docs/engines/expression.md").read_text(encoding="utf-8")
    for part, told in recorded["held_out"].items():
        row = f"| {part} | {told['error_mm']} | {told['spread_mm']} | {told['explained']:.0%} |"
        assert row in page
    left_out = {name for name, known in zip(SCORE_NAMES, BASIS.known, strict=True) if not known}
    assert left_out == set(recorded["left_out"])
