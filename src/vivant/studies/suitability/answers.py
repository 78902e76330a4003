"""What the rows of a suitability study say to its questions: means, differences, words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, Final

import numpy as np

from vivant.studies.intervals import DRAWS, estimate, interval
from vivant.studies.suitability.mouthstate import STATES
from vivant.studies.suitability.picking import QUESTIONS, SUBJECTS
from vivant.studies.suitability.placing import POSITIONS, SIZES
from vivant.studies.suitability.rubric import PARTS

Row = Mapping[str, Any]

ORDER: Final = {
    "size": tuple(place.name for place in SIZES),
    "position": tuple(place.name for place in POSITIONS),
    "subject": SUBJECTS,
    "mouth": STATES,
}
"""Question to its answers, as they are shown; a manifest may name more subjects."""
BASE: Final = {"size": "same", "position": "centre", "subject": "photo", "mouth": "closed"}
"""Question to the answer with which the others are compared."""
PAIRED: Final = ("size", "position")
"""Questions to which every portrait gives every answer; others compare different portraits."""
RANKED: Final = STATES[:4]
"""How others ranked the states of the mouth, by eye, the best first."""
_CRITERIA: Final = tuple(name for criteria in PARTS.values() for name in criteria)


def answers(rows: Sequence[Row]) -> dict[str, dict[str, dict[str, Any]]]:
    """Return question to answer to what was found.

    Args:
        rows: of one method.

    Returns:
        Of each answer `score`, `eyes`, `mouth`, `outline` (estimates of 10 points), `criteria`
        (mean points of 2), `face` (mean pixels across), `portraits`, `refused`, and `against`:
        the difference of the score from the base answer's (`difference`, `low`, `high`,
        `verdict`), None for the base itself.
    """
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for question in QUESTIONS:
        groups = _grouped(rows, question)
        base = groups.get(BASE[question], [])
        found[question] = {
            answer: _told(own) | {"against": against(own, base, paired=question in PAIRED)
                                  if base and own is not base else None}
            for answer, own in groups.items()
        }  # fmt: skip
    return found


def _grouped(rows: Sequence[Row], question: str) -> dict[str, list[Row]]:
    groups: dict[str, list[Row]] = {}
    for row in rows:
        answer = row["answers"].get(question)
        if answer:
            groups.setdefault(answer, []).append(row)
    names = [*ORDER[question], *sorted(groups)]
    return {name: groups[name] for name in dict.fromkeys(names) if name in groups}


def _told(rows: Sequence[Row]) -> dict[str, Any]:
    who = [row["identity"] for row in rows]
    found: dict[str, Any] = {"score": estimate([row["score"] for row in rows], who).plain()}
    for part in PARTS:
        own = [row for row in rows if part in row]
        if own:
            values = [row[part] for row in own]
            found[part] = estimate(values, [row["identity"] for row in own]).plain()
    points = {name: [row["points"][name] for row in rows if name in row["points"]]
              for name in _CRITERIA}  # fmt: skip
    found["criteria"] = {name: float(np.mean(own)) for name, own in points.items() if own}
    found["face"] = float(np.mean([row["face"] for row in rows]))
    found["portraits"] = len({row["portrait"] for row in rows})
    found["refused"] = sum(bool(row["problem"]) for row in rows)
    return found


def against(
    rows: Sequence[Row], base: Sequence[Row], *, paired: bool, what: str = "score"
) -> dict[str, Any]:
    """Return how rows differ from others, with the 95 % interval.

    Args:
        rows: of one answer.
        base: of the other.
        paired: compare portrait by portrait under the same driver.
        what: `score`, or a part of it; all rows have it.

    Returns:
        `difference`, `low`, `high` (None where under two people) and `verdict`: `better`,
        `worse`, or `not told apart` where the interval holds 0 or there is none.
    """
    if paired:
        theirs = {(row["portrait"], row["driver"]): row[what] for row in base}
        pairs = [(row[what] - theirs[key], row["identity"]) for row in rows
                 if (key := (row["portrait"], row["driver"])) in theirs]  # fmt: skip
        told = estimate([value for value, _ in pairs], [who for _, who in pairs])
        difference, low, high = told.mean, told.low, told.high
    else:
        difference, low, high = _apart(rows, base, what)
    return {"difference": difference, "low": low, "high": high, "verdict": _verdict(low, high)}


def _verdict(low: float | None, high: float | None) -> str:
    if low is None or high is None or low <= 0 <= high:
        return "not told apart"
    return "better" if low > 0 else "worse"


def _apart(
    a: Sequence[Row], b: Sequence[Row], what: str
) -> tuple[float, float | None, float | None]:
    """Return the difference of two means, the people of each drawn by themselves."""
    means = [np.mean([row[what] for row in rows]) for rows in (a, b)]
    drawn = [_drawn(rows, what, seed) for seed, rows in enumerate((a, b))]
    difference = float(means[0] - means[1])
    if drawn[0] is None or drawn[1] is None:
        return difference, None, None
    people = min(len({row["identity"] for row in rows}) for rows in (a, b))
    return difference, *interval(difference, drawn[0] - drawn[1], people)


def _drawn(rows: Sequence[Row], what: str, seed: int) -> np.ndarray | None:
    names, place = np.unique([row["identity"] for row in rows], return_inverse=True)
    if len(names) < 2:
        return None
    sums = np.bincount(place, [row[what] for row in rows])
    counts = np.bincount(place).astype(np.float64)
    drawn = np.random.default_rng(seed).integers(0, len(names), (DRAWS, len(names)))
    return np.asarray(sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1))


def conclusions(rows: Sequence[Row], found: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return what follows from the numbers, in words.

    Args:
        rows: of one method.
        found: what `answers` returned of them.
    """
    return [
        *(_ordering(question, own) for question, own in found.items() if len(own) > 1),
        *_threshold(found.get("size", {})),
        *_ranking(rows),
        *_advised(rows),
    ]


def _ordering(question: str, own: Mapping[str, Any]) -> str:
    ranked = sorted(own, key=lambda answer: -own[answer]["score"]["mean"])
    listed = ", ".join(f"{answer} {own[answer]['score']['mean']:.1f}" for answer in ranked)
    told = {
        verdict: [answer for answer in ranked
                  if own[answer]["against"] and own[answer]["against"]["verdict"] == verdict]
        for verdict in ("worse", "better")
    }  # fmt: skip
    apart = [f"{verdict} than {BASE[question]}: {', '.join(names)}"
             for verdict, names in told.items() if names]  # fmt: skip
    base = BASE[question] if BASE[question] in own else ranked[0]
    return (
        f"By {question}, points of 10: {listed}. "
        f"{'; '.join(apart).capitalize() if apart else f'None is told apart from {base}'}."
    )


def _threshold(sizes: Mapping[str, Any]) -> list[str]:
    """Say how small a face may be."""
    names = [name for name in ORDER["size"] if name in sizes]
    if BASE["size"] not in names:
        return []
    smaller = names[names.index(BASE["size"]) + 1 :]
    worse = [name for name in smaller if sizes[name]["against"]["verdict"] == "worse"]
    if not worse:
        last = names[-1]
        told = (
            f"No smaller size is told to be worse than the driver's own, down to "
            f"{sizes[last]['face']:.0f} pixels across."
        )
        return [told]
    above = names[names.index(worse[0]) - 1]
    told = (
        f"Sizes get worse between {sizes[above]['face']:.0f} ({above}) and "
        f"{sizes[worse[0]]['face']:.0f} pixels across ({worse[0]})."
    )
    return [told]


def _ranking(rows: Sequence[Row]) -> list[str]:
    """Compare the order of the mouth's states, by its own points, with what others found."""
    groups = _grouped([row for row in rows if "mouth" in row], "mouth")
    steps = [pair for pair in pairwise(RANKED)
             if pair[0] in groups and pair[1] in groups]  # fmt: skip
    if not steps:
        return []
    told = {"better": 0, "worse": 0, "not told apart": 0}
    for first, second in steps:
        verdict = against(groups[first], groups[second], paired=False, what="mouth")["verdict"]
        told[verdict] += 1
    ours = sorted((name for name in RANKED if name in groups),
                  key=lambda name: -np.mean([row["mouth"] for row in groups[name]]))  # fmt: skip
    words = (
        f"States of the mouth, theirs: {' > '.join(RANKED)}; ours, by the mean points of the "
        f"mouth alone: {' > '.join(ours)}. Of the {len(steps)} neighbouring pairs of their order "
        f"ours confirms {told['better']}, contradicts {told['worse']} and cannot tell "
        f"{told['not told apart']}."
    )
    return [words]


def _advised(rows: Sequence[Row]) -> list[str]:
    """Say whether the advice of `vivant inspect` goes with the points."""
    told = correlated([row["advice"] for row in rows], [row["score"] for row in rows])
    if told is None:
        return []
    words = (
        f"The mark that `vivant inspect` gives the same pictures goes with the points by a "
        f"rank correlation of {told:.2f} ({len(rows)} rows)."
    )
    return [words]


def correlated(a: Sequence[float], b: Sequence[float]) -> float | None:
    """Return Spearman's rank correlation, ties sharing their mean rank; None where one is constant.

    >>> correlated([1, 2, 3, 4], [10, 20, 40, 30])
    0.8
    """
    ranks = [_ranks(np.asarray(values, np.float64)) for values in (a, b)]
    if any(rank.std() < 1e-9 for rank in ranks):
        return None
    return round(float(np.corrcoef(ranks[0], ranks[1])[0, 1]), 12)


def _ranks(values: np.ndarray) -> np.ndarray:
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    return np.asarray((ends - (counts - 1) / 2)[place])
