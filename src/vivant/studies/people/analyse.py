"""What people preferred, how sure that is, and whether they agree."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from functools import partial
from itertools import combinations
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np

from vivant.errors import DamagedMedia, Undefined
from vivant.studies.people.agreement import alpha
from vivant.studies.people.answers import (
    Answers,
    Comparison,
    Key,
    answer_files,
    read_answers,
    read_key,
)
from vivant.studies.people.preference import bradley_terry, over_people, sign_test, wilson
from vivant.studies.people.settings import AnalyseSettings

RATING: Final = "rating"

Point = tuple[float, float]
"""A sum of answers and their number."""


def analyse(folder: Path, paths: Iterable[Path], settings: AnalyseSettings) -> dict[str, Any]:
    """Return what `results.json` of a people study holds, but for version and machine.

    Args:
        folder: what `make` wrote; only `key.json` is read.
        paths: files that people saved, or folders of them. What cannot be used is left
            out and named under `failed`.
        settings: who is left out, and how intervals are made.

    Raises:
        PathRefused: the key or a file is missing.
        DamagedMedia: the key is broken.
    """
    key = read_key(folder)
    everyone, failed = _gathered(answer_files(paths), key)
    people, excluded = _attentive(everyone, settings)
    shares = {question: _shares(people, key, question) for question in key.questions}
    metrics = {_name(question): _about(text) for question, text in key.questions.items()}
    if any(person.ratings for person in people):
        metrics[RATING] = {
            "unit": "1 to 5", "higher_is_better": True, "relative": False,
            "about": "Mean of the ratings, from 1 (bad) to 5 (excellent).",
        }  # fmt: skip
    return {
        "study": "people",
        "title": f"What people say: {key.title}",
        "engines": [{"label": label, "name": label} for label in key.methods],
        "settings": asdict(settings),
        "inputs": [],
        "metrics": metrics,
        "not_measured": {},
        "summary": _summary(people, key, settings),
        "comparisons": _comparisons(people, key, settings),
        "extra": {
            "resampled": "people",
            "questions": dict(key.questions),
            "participants": {
                "files": len(everyone) + len(failed), "used": len(people),
                "finished": sum(person.finished for person in people),
                "seconds": float(np.median([one.seconds for one in people])) if people else None,
            },
            "excluded": excluded,
            "preferences": [
                one for question, found in shares.items()
                for one in _preferences(question, found, settings)
            ],
            "strengths": _strengths(shares, key),
            "agreement": _agreement(people, key),
            "first_side": _first_side(people),
        },
        "rows": _rows(people, key),
        "failed": failed,
    }  # fmt: skip


def _gathered(paths: Sequence[Path], key: Key) -> tuple[list[Answers], list[dict[str, str]]]:
    """Return everybody's answers, one file a person, and what could not be used."""
    found: dict[str, Answers] = {}
    failed = []
    for path in paths:
        try:
            one = read_answers(path, key)
        except DamagedMedia as error:
            failed.append({"item": path.name, "problem": error.problem})
            continue
        if one.participant in found:
            problem = f"the person {one.participant} answered in another file already."
            failed.append({"item": path.name, "problem": problem})
        else:
            found[one.participant] = one
    return list(found.values()), failed


def _attentive(
    everyone: Sequence[Answers], settings: AnalyseSettings
) -> tuple[list[Answers], list[dict[str, Any]]]:
    people, excluded = [], []
    for one in everyone:
        right = sum(one.checks)
        if one.checks and right < settings.checks_right * len(one.checks):
            excluded.append(
                {"participant": one.participant, "right": right, "checks": len(one.checks)}
            )
        else:
            people.append(one)
    return people, excluded


def _name(question: str) -> str:
    return f"preferred_{question}"


def _about(text: str) -> dict[str, Any]:
    about = f"Share of comparisons in which it was chosen, a tie as half: {text}"
    return {"unit": "share", "higher_is_better": True, "relative": False, "about": about}


def _of(one: Comparison, key: Key) -> tuple[str, str, float]:
    """Return the two methods of a comparison in the key's order, and 1, 0.5 or 0 for the first."""
    left, right = key.media[one.left][0], key.media[one.right][0]
    point = {"left": 1.0, "tie": 0.5, "right": 0.0}[one.choice]
    if key.methods.index(left) < key.methods.index(right):
        return left, right, point
    return right, left, 1.0 - point


def _shares(
    people: Sequence[Answers], key: Key, question: str
) -> dict[tuple[str, str], list[list[float]]]:
    """Return for every two methods what each person gave the first: 1, 0.5 or 0 a time."""
    found: dict[tuple[str, str], list[list[float]]] = {
        pair: [[] for _ in people] for pair in combinations(key.methods, 2)
    }
    for at, person in enumerate(people):
        for one in person.comparisons:
            if one.question == question:
                a, b, point = _of(one, key)
                found[a, b][at].append(point)
    return found


def _preferences(
    question: str, found: Mapping[tuple[str, str], list[list[float]]], settings: AnalyseSettings
) -> Iterable[dict[str, Any]]:
    """Yield for every two methods the share of the first, its intervals and the exact test."""
    for (a, b), given in found.items():
        points = [point for person in given for point in person]
        if not points:
            continue
        wins, losses = points.count(1.0), points.count(0.0)
        low, high = wilson(sum(points), len(points))
        ends = _interval([(sum(person), len(person)) for person in given], settings)
        yield {
            "question": question, "a": a, "b": b, "answers": len(points), "wins": wins,
            "ties": points.count(0.5), "losses": losses, "share": sum(points) / len(points),
            "low": ends[0], "high": ends[1], "wilson_low": low, "wilson_high": high,
            "p": sign_test(wins, losses),
        }  # fmt: skip


def _interval(
    points: Sequence[Point], settings: AnalyseSettings
) -> tuple[float, float] | tuple[None, None]:
    sums, counts = [one[0] for one in points], [one[1] for one in points]
    ends = over_people(sums, counts, draws=settings.draws, seed=settings.seed)
    return ends or (None, None)


def _points(person: Answers, key: Key, metric: str, method: str) -> Point:
    """Return what one person gave a method in a metric."""
    if metric == RATING:
        given = [float(r.value) for r in person.ratings if key.media[r.media][0] == method]
    else:
        given = []
        for one in person.comparisons:
            a, b, point = _of(one, key)
            if _name(one.question) == metric and method in (a, b):
                given.append(point if method == a else 1 - point)
    return sum(given), len(given)


def _metrics(key: Key) -> list[str]:
    return [*map(_name, key.questions), RATING]


def _summary(
    people: Sequence[Answers], key: Key, settings: AnalyseSettings
) -> dict[str, dict[str, Any]]:
    summary: dict[str, dict[str, Any]] = {}
    for method in key.methods:
        summary[method] = {}
        for metric in _metrics(key):
            points = [_points(person, key, metric, method) for person in people]
            count = sum(one[1] for one in points)
            if count:
                low, high = _interval(points, settings)
                summary[method][metric] = {
                    "mean": sum(one[0] for one in points) / count, "low": low, "high": high,
                    "rows": count, "identities": sum(one[1] > 0 for one in points),
                }  # fmt: skip
    return summary


def _comparisons(
    people: Sequence[Answers], key: Key, settings: AnalyseSettings
) -> list[dict[str, Any]]:
    """Return for every two methods and metric the difference, over people who gave both."""
    compared = []
    for metric in _metrics(key):
        for a, b in combinations(key.methods, 2):
            differences = _differences(people, key, metric, (a, b))
            if not differences:
                continue
            count = sum(one[1] for one in differences)
            low, high = _interval(differences, settings)
            better = None
            if low is not None and high is not None:
                better = "a" if low > 0 else "b" if high < 0 else None
            compared.append(
                {
                    "a": a, "b": b, "metric": metric, "low": low, "high": high,
                    "difference": sum(one[0] for one in differences) / count,
                    "pairs": int(count), "better": better,
                }
            )  # fmt: skip
    return compared


def _differences(
    people: Sequence[Answers], key: Key, metric: str, pair: tuple[str, str]
) -> list[Point]:
    """Return each person's difference between two methods, and how much it counts."""
    found: list[Point] = []
    for person in people:
        if metric == RATING:
            means = [_points(person, key, metric, method) for method in pair]
            if all(count for _, count in means):
                found.append((means[0][0] / means[0][1] - means[1][0] / means[1][1], 1))
            continue
        points = [
            point for one in person.comparisons if _name(one.question) == metric
            for a, b, point in [_of(one, key)] if (a, b) == pair
        ]  # fmt: skip
        if points:  # what one wins the other loses
            found.append((2 * sum(points) - len(points), len(points)))
    return found


def _strengths(
    shares: Mapping[str, Mapping[tuple[str, str], list[list[float]]]], key: Key
) -> dict[str, Any]:
    """Return Bradley-Terry strengths a question; of two methods the share says as much."""
    if len(key.methods) < 3:
        return {}
    strengths: dict[str, Any] = {}
    for question, found in shares.items():
        wins = np.zeros((len(key.methods),) * 2)
        for (a, b), given in found.items():
            i, j = key.methods.index(a), key.methods.index(b)
            points = [point for person in given for point in person]
            wins[i, j] += sum(points)
            wins[j, i] += len(points) - sum(points)
        if not wins.any():
            continue
        found_or_why = _or_why(partial(bradley_terry, wins))
        strengths[question] = (
            found_or_why
            if isinstance(found_or_why, str)
            else dict(zip(key.methods, map(float, found_or_why), strict=True))
        )
    return strengths


def _agreement(people: Sequence[Answers], key: Key) -> dict[str, Any]:
    """Return Krippendorff's alpha: of each question's choices, and of the ratings."""
    choices: dict[str, dict[object, list[Any]]] = {one: defaultdict(list) for one in key.questions}
    ratings: dict[object, list[Any]] = defaultdict(list)
    for person in people:
        for one in person.comparisons:
            a, b, point = _of(one, key)
            choices[one.question][key.media[one.left][1], a, b].append(point)
        for rating in person.ratings:
            ratings[rating.media].append(rating.value)
    kinds: list[tuple[str, Mapping[object, list[Any]], Literal["nominal", "interval"]]] = [
        *((question, units, "nominal") for question, units in choices.items()),
        (RATING, ratings, "interval"),
    ]
    return {
        name: _or_why(partial(alpha, list(units.values()), kind))
        for name, units, kind in kinds if units
    }  # fmt: skip


def _or_why(value: Callable[[], Any]) -> Any:
    """Return a value, or in words why there is none."""
    try:
        return value()
    except Undefined as error:
        return error.why


def _first_side(people: Sequence[Answers]) -> float | None:
    """Return how often A was chosen where one was: near one half if nobody favours a side."""
    chosen = [one.choice for person in people for one in person.comparisons if one.choice != "tie"]
    return chosen.count("left") / len(chosen) if chosen else None


def _rows(people: Sequence[Answers], key: Key) -> list[dict[str, Any]]:
    """Return a row for each person and method: means of what that person gave it."""
    rows = []
    for person in people:
        for method in key.methods:
            found = {name: _points(person, key, name, method) for name in _metrics(key)}
            means = {name: total / count for name, (total, count) in found.items() if count}
            rows.append({"engine": method, "identity": person.participant, **means})
    return rows
