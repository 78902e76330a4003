"""F1 of blinks: whether the drawn face blinks when the driver does, and only then."""

from __future__ import annotations

from typing import ClassVar, Final, NamedTuple, Self

import numpy as np

from vivant.errors import ShapeError, Undefined
from vivant.landmarks import SCORE_NAMES
from vivant.metrics.checks import check_arrays, check_finite
from vivant.metrics.f1 import f1

CLOSES: Final = 0.5
"""A blink begins where the mean eyeBlink score of both eyes reaches this,"""
OPENS: Final = 0.35
"""and ends where it falls under this: one blink that trembles at the limit is not many."""
TOLERANCE: Final = 2
"""So many frames may lie between the beginnings of a blink and of its copy."""
_EYES: Final = (SCORE_NAMES.index("eyeBlinkLeft"), SCORE_NAMES.index("eyeBlinkRight"))


class Blink(NamedTuple):
    """One time that both eyes were closed."""

    start: int
    """First frame at which they are closed."""
    end: int
    """First frame at which they are open again, or the number of frames."""


def blinks(closed: np.ndarray) -> list[Blink]:
    """Return the blinks in a signal, in order.

    Eyes that are closed in the first or the last frame count too.

    Args:
        closed: how closed both eyes are over time, (frames,), 0 to 1.

    Raises:
        ShapeError: the array has another shape, or a number is not finite.

    >>> blinks(np.array([0.1, 0.6, 0.45, 0.7, 0.2, 0.1]))
    [Blink(start=1, end=4)]
    """
    if np.ndim(closed) != 1:
        raise ShapeError(f"blinks wants (frames,), got {np.shape(closed)}")
    found: list[Blink] = []
    start: int | None = None
    for index, value in enumerate(check_finite("blinks", closed, "given").tolist()):
        if start is None and value >= CLOSES:
            start = index
        elif start is not None and value < OPENS:
            found.append(Blink(start, index))
            start = None
    if start is not None:
        found.append(Blink(start, len(closed)))
    return found


def matched(drawn: list[Blink], true: list[Blink], tolerance: int = TOLERANCE) -> int:
    """Return how many blinks have a partner of their own that begins at most `tolerance` off.

    Both lists are in order, and so each takes the first partner that is still free:
    no other choice finds more.

    >>> matched([Blink(3, 5), Blink(20, 24)], [Blink(4, 6), Blink(30, 33)])
    1
    """
    pairs, mine, theirs = 0, 0, 0
    while mine < len(drawn) and theirs < len(true):
        late = drawn[mine].start - true[theirs].start
        pairs += abs(late) <= tolerance
        if late <= tolerance:
            mine += 1
        if late >= -tolerance:
            theirs += 1
    return pairs


def blink_agreement(drawn: np.ndarray, truth: np.ndarray, tolerance: int = TOLERANCE) -> float:
    """Return the F1 of the drawn face's blinks; higher is better.

    Winks of one eye are mostly no blinks: the scores of both eyes are averaged. A
    face that closes its eyes too little misses its blinks, and so does one whose
    scores rise late: look at the correlation (`vivant.metrics.expression`) too.

    Args:
        drawn: expression scores of the drawn face over time, (frames, 52).
        truth: expression scores of the driver over the same frames, the same shape.
        tolerance: frames between the beginnings of two blinks that are the same.

    Returns:
        0 to 1.

    Raises:
        ShapeError: the shapes differ, are no scores over time, or a number is not finite.
        Undefined: neither face blinks.
    """
    wanted = ("frames", len(SCORE_NAMES))
    mine, theirs = check_arrays("blink_agreement", drawn, truth, wanted)
    counts = _counts(mine[:, _EYES].mean(axis=1), theirs[:, _EYES].mean(axis=1), tolerance)
    return _share(counts)


def _counts(drawn: np.ndarray, true: np.ndarray, tolerance: int) -> np.ndarray:
    """Return hits, false ones and missed ones."""
    mine, theirs = blinks(drawn), blinks(true)
    hits = matched(mine, theirs, tolerance)
    return np.array([hits, len(mine) - hits, len(theirs) - hits])


def _share(counts: np.ndarray) -> float:
    if not counts.any():
        raise Undefined("blink agreement", "neither face blinks")
    return f1(*(int(count) for count in counts))


class BlinkAgreement:
    """`blink_agreement` over a performance; merged, the blinks of all are counted together.

    Args:
        tolerance: frames between the beginnings of two blinks that are the same.
    """

    unit: ClassVar[str] = "0..1"
    higher_is_better: ClassVar[bool | None] = True

    def __init__(self, *, tolerance: int = TOLERANCE) -> None:
        self.tolerance = tolerance
        self._frames: list[tuple[float, float]] = []
        self._others = np.zeros(3, np.int64)

    def update(self, scores: np.ndarray, truth: np.ndarray) -> None:
        """Add one frame, in order: scores of the drawn face and of the driver, (52,) each."""
        pair = check_arrays("blink_agreement", scores, truth, (len(SCORE_NAMES),))
        drawn, true = (float(each[list(_EYES)].mean()) for each in pair)
        self._frames.append((drawn, true))

    def merge(self, other: Self) -> None:
        """Take in the blinks of another performance."""
        self._others = self._others + other.counts()

    def counts(self) -> np.ndarray:
        """Return how many blinks were hit, false and missed, (3,) int."""
        drawn, true = np.array(self._frames).reshape(-1, 2).T
        counts: np.ndarray = self._others + _counts(drawn, true, self.tolerance)
        return counts

    def compute(self) -> float:
        """Return the F1 over all blinks.

        Raises:
            Undefined: nobody blinks.
        """
        return _share(self.counts())
