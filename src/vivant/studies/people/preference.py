"""How sure a preference is: shares with intervals, exact tests, strengths of several."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np

from vivant.errors import ShapeError, Undefined

Z = 1.959963984540054
"""95 % of a normal distribution lie within so many standard deviations."""
_AT_ONCE: Final = 1 << 18
"""People drawn at a time: a study of many people would fill the memory otherwise."""


def wilson(successes: float, trials: int) -> tuple[float, float]:
    """Return the ends of the 95 % interval of a share.

    Args:
        successes: how often it happened; a tie may count as a half.
        trials: how often it could have.

    Raises:
        Undefined: there was no trial.

    Source: Wilson 1927, doi:10.1080/01621459.1927.10502953.

    >>> low, high = wilson(81, 263)
    >>> round(low, 4), round(high, 4)
    (0.2553, 0.3662)
    """
    if trials <= 0:
        raise Undefined("the interval of a share", "there was no trial.")
    share = successes / trials
    middle = share + Z**2 / (2 * trials)
    half = Z * math.sqrt(share * (1 - share) / trials + Z**2 / (4 * trials**2))
    scale = 1 + Z**2 / trials
    return max(0.0, (middle - half) / scale), min(1.0, (middle + half) / scale)


def sign_test(wins: int, losses: int) -> float:
    """Return how likely it is by mere chance that one side wins by so much or more.

    The exact two-sided binomial test at one half. It takes answers as independent,
    which answers of the same person are not.

    >>> sign_test(9, 1)
    0.021484375
    >>> sign_test(0, 0)
    1.0
    """
    trials, few = wins + losses, min(wins, losses)
    if wins == losses:
        return 1.0
    logs = (
        math.lgamma(trials + 1) - math.lgamma(k + 1) - math.lgamma(trials - k + 1)
        for k in range(few + 1)
    )
    tail = math.fsum(math.exp(log - trials * math.log(2)) for log in logs)
    return float(f"{min(1.0, 2 * tail):.12g}")


def bradley_terry(wins: np.ndarray, *, rounds: int = 10_000) -> np.ndarray:
    """Return how strong each method is, by whom it was preferred to.

    i is preferred to j with the probability 1 / (1 + exp(strength j - strength i)).

    Args:
        wins: (n, n) float, how often row was preferred to column; a tie is half a win
            for both.
        rounds: so many steps at most.

    Returns:
        (n,) float64, logarithms, with the mean 0.

    Raises:
        ShapeError: the array is not square, or holds what is no count.
        Undefined: some methods were never preferred to the others, or never compared
            with them: their strength has no bound.

    Source: Hunter 2004, MM algorithms for generalized Bradley-Terry models,
    doi:10.1214/aos/1079120141.

    >>> bradley_terry(np.array([[0, 3], [1, 0]])).round(4)
    array([ 0.5493, -0.5493])
    """
    wins = np.asarray(wins, np.float64)
    if wins.ndim != 2 or wins.shape[0] != wins.shape[1] or len(wins) < 2:
        raise ShapeError(f"wins must be square, two methods or more, got {wins.shape}")
    if not (np.isfinite(wins).all() and (wins >= 0).all()):
        raise ShapeError("wins must be counts, 0 or more, got others")
    wins = wins * (1 - np.eye(len(wins)))
    if not _connected(wins > 0):
        raise Undefined(
            "Bradley-Terry strength",
            "some methods won or lost every comparison with the others; more answers would tell.",
        )
    strength = np.ones(len(wins))
    games = wins + wins.T
    for _ in range(rounds):
        share = games / (strength[:, None] + strength[None, :])
        new = wins.sum(axis=1) / share.sum(axis=1)
        new /= np.exp(np.log(new).mean())
        done = np.abs(np.log(new / strength)).max() < 1e-12
        strength = new
        if done:
            break
    return np.asarray(np.log(strength))


def _connected(edges: np.ndarray) -> bool:
    """Say whether every method beats every other, if only by way of third ones."""
    reach = edges | np.eye(len(edges), dtype=bool)
    for _ in range(len(edges)):
        reach = (reach.astype(np.int64) @ reach.astype(np.int64)) > 0
    return bool(reach.all())


def over_people(
    sums: Sequence[float], counts: Sequence[float], *, draws: int, seed: int
) -> tuple[float, float] | None:
    """Return the ends of the 95 % interval of a mean of answers, by bootstrap over people.

    Whole people are drawn, as answers of the same person go together.

    Args:
        sums: of each person, the sum of the answers.
        counts: of each person, their number.
        draws: so many resamplings.
        seed: chooses them.

    Returns:
        None where fewer than two people answered.

    >>> over_people([1.0, 1.0], [2, 2], draws=100, seed=0)
    (0.5, 0.5)
    """
    total = np.array([sums, counts], np.float64)
    total = total[:, total[1] > 0]
    people = total.shape[1]
    if people < 2:
        return None
    rng = np.random.default_rng(seed)
    means = np.empty(draws)
    step = max(1, _AT_ONCE // people)
    for start in range(0, draws, step):
        several = min(step, draws - start)
        drawn = total[:, rng.integers(0, people, (several, people))].sum(axis=2)
        means[start : start + several] = drawn[0] / drawn[1]
    low, high = np.percentile(means, (2.5, 97.5))
    return float(low), float(high)
