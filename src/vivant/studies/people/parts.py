"""What a people study shows beside the general parts of a report."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vivant.studies.people.analyse import RATING
from vivant.studies.report.parts import Interval, Part, Plot, Series, Table, Text


def parts(plain: Mapping[str, Any]) -> list[Part]:
    """Return the parts of a people study: who answered, what they prefer, whether they agree.

    Args:
        plain: what `analyse` returned.
    """
    extra = plain["extra"]
    shown: list[Part | None] = [
        _who(extra), _plot(extra), _preferences(extra), _strengths(extra), _agreement(extra),
        _excluded(extra),
    ]  # fmt: skip
    return [part for part in shown if part is not None]


def _who(extra: Mapping[str, Any]) -> Text:
    people = extra["participants"]
    counts = f"People whose answers are used: {people['used']}, complete: {people['finished']}"
    told = [
        f"{counts}, left out by the checks: {len(extra['excluded'])}.",
        *(f"{key}: {text}" for key, text in extra["questions"].items()),
    ]
    if people["seconds"] is not None:
        told.append(f"Half of them took more than {people['seconds'] / 60:.1f} minutes.")
    if extra["first_side"] is not None:
        told.append(
            f"Of all choices for one side, {extra['first_side']:.0%} fell on A, the first: near "
            f"50 % nobody favours a side. Which method stood first was a matter of chance."
        )
    return Text("Who answered", told)


def _plot(extra: Mapping[str, Any]) -> Plot | None:
    found = extra["preferences"]
    if not found:
        return None
    names = [f"{one['question']}: {one['a']} over {one['b']}" for one in found]
    series = Series(
        "share", names, [100 * one["share"] - 50 for one in found],
        [None if one["low"] is None else 100 * one["low"] - 50 for one in found],
        [None if one["high"] is None else 100 * one["high"] - 50 for one in found],
    )  # fmt: skip
    return Plot(
        "What people prefer", "points", "", "percentage points above one half", [series],
        "How much more often than half of the time the first was preferred, a tie counted as "
        "half to both, with 95 % intervals over people.",
    )  # fmt: skip


def _preferences(extra: Mapping[str, Any]) -> Table | None:
    rows = [
        [
            one["question"], one["a"], one["b"], one["answers"], one["wins"],
            one["ties"], one["losses"],
            Interval(value=one["share"], low=one["low"], high=one["high"]),
            Interval(value=one["share"], low=one["wilson_low"], high=one["wilson_high"]),
            one["p"],
        ]
        for one in extra["preferences"]
    ]  # fmt: skip
    heads = ["question", "a", "b", "answers", "a chosen", "tie", "b chosen", "share of a",
             "share of a (Wilson)", "p"]  # fmt: skip
    note = (
        "Share of a: a tie is half for both; 95 % by bootstrap over people. The Wilson interval "
        "and p (exact two-sided binomial test of a chosen against b chosen, ties aside) take all "
        "answers as independent; answers of one person are not, so where few people gave many "
        "answers, trust the interval over people."
    )
    digits = {"share of a": 3, "share of a (Wilson)": 3, "p": 4}
    return Table("Preferences", heads, rows, note, digits) if rows else None


def _strengths(extra: Mapping[str, Any]) -> Table | None:
    rows: list[list[str | float]] = []
    for question, found in extra["strengths"].items():
        if isinstance(found, str):
            rows.append([question, found, ""])
        else:
            rows += [[question, method, value] for method, value in found.items()]
    note = (
        "Bradley-Terry: a method is preferred to another with the probability 1 / (1 + exp(-d)), "
        "where d is by how much it is the stronger; the mean strength is 0."
    )
    return Table("Strengths", ["question", "method", "strength"], rows, note) if rows else None


def _agreement(extra: Mapping[str, Any]) -> Table | None:
    rows = [
        [name, "interval" if name == RATING else "nominal", value]
        for name, value in extra["agreement"].items()
    ]
    note = (
        "1: all agree; 0: no more than by chance. Little agreement is no fault where the methods "
        "are much alike."
    )
    heads = ["what", "kind", "Krippendorff's alpha"]
    return Table("Do people agree?", heads, rows, note) if rows else None


def _excluded(extra: Mapping[str, Any]) -> Table | None:
    rows = [[one["participant"], one["right"], one["checks"]] for one in extra["excluded"]]
    note = "Their answers are in no number of this page."
    heads = ["person", "right answers", "checks"]
    return Table("Left out by the checks", heads, rows, note) if rows else None
