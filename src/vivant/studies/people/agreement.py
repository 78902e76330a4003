"""Whether people agree: Krippendorff's alpha."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Literal

import numpy as np

from vivant.errors import Undefined


def alpha(units: Sequence[Sequence[Hashable]], kind: Literal["nominal", "interval"]) -> float:
    """Return Krippendorff's alpha: 1 all agree, 0 as by chance, below 0 they contradict.

    Args:
        units: what was judged; of each, the values that people gave, in any order and
            number. Units with fewer than two values say nothing and are left out.
        kind: "nominal" where values are names; "interval" where they are numbers whose
            distance counts.

    Raises:
        Undefined: no unit has two values, or all values are the same, so that chance
            alone would agree as well.

    Source: Krippendorff 2011, Computing Krippendorff's Alpha-Reliability, University of
    Pennsylvania, https://repository.upenn.edu/asc_papers/43.

    >>> round(alpha([["a", "a"], ["b", "b"], ["a", "b"]], "nominal"), 4)
    0.4444
    """
    paired = [list(unit) for unit in units if len(unit) > 1]
    values = list(dict.fromkeys(value for unit in paired for value in unit))
    if not paired:
        raise Undefined("agreement", "nothing was judged by two people or more.")
    if len(values) < 2:
        raise Undefined("agreement", "every judgement is the same.")
    place = {value: at for at, value in enumerate(values)}
    together = np.zeros((len(values), len(values)))
    for unit in paired:
        counts = np.bincount([place[value] for value in unit], minlength=len(values))
        pairs = np.outer(counts, counts) - np.diag(counts)
        together += pairs / (len(unit) - 1)
    if kind == "nominal":
        distance = 1.0 - np.eye(len(values))
    else:
        numbers = np.array(values, np.float64)
        distance = (numbers[:, None] - numbers[None, :]) ** 2
    each = together.sum(axis=1)
    chance = np.outer(each, each) - np.diag(each)
    observed = (together * distance).sum()
    expected = (chance * distance).sum() / (each.sum() - 1)
    return float(1 - observed / expected)
