from __future__ import annotations

import numpy as np
import pytest

from vivant.engines.mesh import MeshEngine
from vivant.engines.mesh.emphasis import emphasised
from vivant.engines.mesh.parted import gap, parted
from vivant.engines.mesh.shape import PosedShape
from vivant.engines.mesh.transfer import LIP_PAIRS, Strengths, relative
from vivant.landmarks import SCORE_NAMES
from vivant.weights.expression import expression_basis


def posed(shape: np.ndarray) -> PosedShape:
    still = np.zeros(3, np.float32)
    return PosedShape(
        shape.astype(np.float32), np.eye(3, dtype=np.float32), still, np.ones(1, np.float32)
    )


@pytest.fixture(scope="module")
def resting() -> PosedShape:
    return posed(expression_basis().neutral)


@pytest.mark.parametrize("scores", [{"jawOpen": 0.6}, {"mouthUpperUp": 0.6, "mouthLowerDown": 0.5}])
def test_a_portrait_with_parted_lips_closes_when_the_driver_rests(resting, scores) -> None:
    basis = expression_basis()
    portrait = posed(basis.neutral + basis.change(scores))
    assert gap(portrait.shape) > 0.4
    rest = parted(resting, portrait, scores.get("jawOpen", 0.0))
    closed = relative(portrait, rest, resting, Strengths())
    assert gap(closed.shape) < 1.5 * gap(resting.shape)
    itself = relative(portrait, rest, rest, Strengths())
    np.testing.assert_allclose(itself.shape, portrait.shape, atol=1e-4)


def test_the_rest_of_a_driver_with_a_closed_portrait_stays_as_it_is(resting) -> None:
    assert parted(resting, resting, 0.0) is resting


def test_small_changes_are_carried_further_and_large_ones_are_not(resting) -> None:
    smile = [SCORE_NAMES.index(f"mouthSmile{side}") for side in ("Left", "Right")]

    def added(amount: float) -> float:
        now = np.zeros(52, np.float32)
        now[smile] = amount
        moved = emphasised(resting, now, np.zeros(52, np.float32), 1.0)
        return float(np.abs(moved.shape - resting.shape).max())

    assert added(0.0) == 0
    assert added(0.2) > 0.05
    assert added(1.0) == 0


def test_emphasis_without_strength_changes_nothing(cut_for) -> None:
    engine = MeshEngine(MeshEngine.Settings(emphasis=0))
    face = cut_for(engine)
    encoded, motion = engine.encode(face), engine.motion(face)
    scores = motion.arrays["scores"] + np.float32(0.3)
    moved = engine.relative(encoded, motion, type(motion)({**motion.arrays, "scores": scores}))
    np.testing.assert_allclose(moved.arrays["shape"], encoded.face.shape, atol=1e-4)


def test_pairs_of_lips_are_above_each_other(resting) -> None:
    lower, upper = LIP_PAIRS.T
    assert (resting.shape[lower, 1] >= resting.shape[upper, 1] - 0.2).all()
