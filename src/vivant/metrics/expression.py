"""Agreement of two performances over time, expression score by expression score."""

from __future__ import annotations

from typing import ClassVar, Final, NamedTuple, Self

import numpy as np

from vivant.errors import ShapeError
from vivant.landmarks import SCORE_NAMES
from vivant.metrics.checks import check_finite

MOVES: Final = 0.03
"""A score counts where its standard deviation over the driver exceeds this."""

GROUPS: Final = {
    "jawOpen": ("jawOpen",),
    "eyeBlink": ("eyeBlinkLeft", "eyeBlinkRight"),
    "smile": ("mouthSmileLeft", "mouthSmileRight"),
    "brows": ("browInnerUp", "browOuterUpLeft", "browOuterUpRight", "browDownLeft",
              "browDownRight"),
}  # fmt: skip
"""Name to the scores that it is the mean of, for slopes that are reported by name."""


class Agreement(NamedTuple):
    """How a result follows its driver in one score."""

    correlation: float
    """-1 to 1; 0 where the result stands still."""
    slope: float
    """Least squares, result against driver: 1 follows fully, 0.5 is timid, 0 stands still."""


def agreement(result: np.ndarray, driver: np.ndarray) -> dict[str, Agreement]:
    """Return the agreement in every score that moves in the driver.

    `_neutral` is left out.

    Args:
        result: scores of the drawn face over time, (frames, 52).
        driver: scores of the driver over the same frames, the same shape.

    Returns:
        Name of the score to its agreement; empty where the driver stands still.

    Raises:
        ShapeError: the shapes differ, are no scores over time, or a number is not finite.

    >>> times = np.zeros((4, 52))
    >>> times[:, SCORE_NAMES.index("jawOpen")] = [0, 0.5, 1, 0.5]
    >>> agreement(0.5 * times, times)
    {'jawOpen': Agreement(correlation=1.0, slope=0.5)}
    """
    if result.shape != driver.shape or result.ndim != 2 or result.shape[1] != len(SCORE_NAMES):
        raise ShapeError(
            f"agreement wants twice (frames, {len(SCORE_NAMES)}) scores, got {result.shape} and "
            f"{driver.shape}"
        )
    result, driver = (check_finite("agreement", each, "given") for each in (result, driver))
    if len(driver) < 2:
        return {}
    named = zip(SCORE_NAMES, result.T, driver.T, strict=True)
    return {
        name: follows(mine, theirs)
        for name, mine, theirs in named
        if name != "_neutral" and theirs.std() > MOVES
    }


def grouped(result: np.ndarray, driver: np.ndarray) -> dict[str, Agreement]:
    """Return the agreement in each of `GROUPS` of which a score moves in the driver.

    Args:
        result: as for `agreement`.
        driver: as for `agreement`.
    """
    moving = set(agreement(result, driver))
    found = {}
    for name, members in GROUPS.items():
        columns = [SCORE_NAMES.index(member) for member in members if member in moving]
        if columns:
            # Brows go up and down: the mean of what moves, each in its own right.
            each = [follows(result[:, column], driver[:, column]) for column in columns]
            correlation, slope = np.mean(each, axis=0)
            found[name] = Agreement(float(correlation), float(slope))
    return found


def follows(result: np.ndarray, driver: np.ndarray) -> Agreement:
    """Return how one signal follows another that moves, both (frames,)."""
    mine, theirs = result - result.mean(), driver - driver.mean()
    both, moved = float(mine @ theirs), float(theirs @ theirs)
    length = float(np.sqrt((mine @ mine) * moved))
    return Agreement(round(both / length, 12) if length > 1e-12 else 0.0, both / moved)


class ExpressionAgreement:
    """Agreement over a whole performance; `compute` gives the mean correlation.

    Frames are kept (208 bytes each): correlation wants them all. Merged, the
    performances stay apart, and the mean over them counts.
    """

    unit: ClassVar[str] = "-1..1"
    higher_is_better: ClassVar[bool | None] = True

    def __init__(self) -> None:
        self._result: list[np.ndarray] = []
        self._driver: list[np.ndarray] = []
        self._others: list[ExpressionAgreement] = []

    def update(self, result: np.ndarray, driver: np.ndarray) -> None:
        """Add one frame: scores of the drawn face and of the driver, (52,) each."""
        self._result.append(np.asarray(result, np.float64))
        self._driver.append(np.asarray(driver, np.float64))

    def merge(self, other: Self) -> None:
        """Take in what was measured on another performance."""
        self._others.append(other)

    def scores(self) -> dict[str, Agreement]:
        """Return score to agreement, of this performance."""
        return agreement(*self._arrays())

    def groups(self) -> dict[str, Agreement]:
        """Return group to agreement, of this performance."""
        return grouped(*self._arrays())

    def _arrays(self) -> tuple[np.ndarray, np.ndarray]:
        empty = np.zeros((0, len(SCORE_NAMES)))
        result = np.array(self._result) if self._result else empty
        return result, np.array(self._driver) if self._driver else empty

    def _means(self) -> list[float]:
        found = [score.correlation for score in self.scores().values()]
        own = [float(np.mean(found))] if found else []
        return own + [mean for other in self._others for mean in other._means()]

    def compute(self) -> float:
        """Return the mean correlation over the scores that move, then over performances.

        Raises:
            ValueError: no score of any driver moves.
        """
        means = self._means()
        if not means:
            raise ValueError("expression agreement: no score of the driver moves")
        return float(np.mean(means))
