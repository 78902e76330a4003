"""The performances that vivant brings: curves over expression scores and head pose."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Sequence
from fractions import Fraction
from functools import cache
from importlib.resources import files
from typing import Any, Final

import numpy as np

from vivant.errors import PathRefused, listed
from vivant.landmarks import SCORE_NAMES
from vivant.motion.performance import Performance
from vivant.types import Face, Pose, turned
from vivant.weights.canonical import NECK
from vivant.weights.expression import expression_basis, score_numbers

RATE: Final = 30
"""Frames a second."""
SIDE: Final = 512
"""Side of the picture in which the faces lie, pixels."""
_SCALE: Final = 15.0
"""Pixels a centimetre."""
_TURNS: Final = ("yaw", "pitch", "roll")
_BLINK: Final = ((0.0, 0.0), (0.10, 0.95), (0.14, 0.95), (0.32, 0.0))
"""Seconds and amounts: closing is quicker than opening."""
_DRIFT: Final = {"yaw": (2, 0.9), "pitch": (3, 0.55), "roll": (1, 0.5)}
"""How often the head drifts there and back in one turn of a performance, and how far."""
_FADE: Final = 0.4
"""Seconds in which the drift comes and goes."""

Curve = Sequence[Sequence[float]]


def shipped_names() -> tuple[str, ...]:
    """Return the names of the shipped performances.

    >>> "smile" in shipped_names()
    True
    """
    return tuple(name for name in _text() if name != "poses")


def shown_by(name: str) -> str:
    """Say in words what the performance called `name` shows.

    Raises:
        PathRefused: there is none of that name.
    """
    return str(_entry(name)["shows"])


def shipped(name: str) -> Performance:
    """Return the shipped performance called `name`; it begins and ends at rest.

    Raises:
        PathRefused: there is none of that name; the nearest is offered.

    >>> shipped("nod")
    Performance('nod', 90 frames, 3.00 s)
    """
    entry = _entry(name)
    count = round(RATE * entry["seconds"])
    seconds = np.arange(count) / RATE
    scores = np.zeros((count, len(SCORE_NAMES)))
    turns = {turn: np.zeros(count) for turn in _TURNS}
    curves = [*entry["curves"].items(), *_blinks(entry), *_said(entry)]
    for channel, curve in curves:
        _add(channel, along(curve, seconds), scores, turns)
    window = _window(seconds, entry["seconds"])
    for turn, (cycles, share) in _DRIFT.items():
        phase = 2 * np.pi * cycles * seconds / entry["seconds"]
        turns[turn] += entry["sway"] * share * window * np.sin(phase)
    faces = [
        face_with(scores[index].clip(0, 1), *(float(turns[turn][index]) for turn in _TURNS))
        for index in range(count)
    ]
    return Performance(
        name=name,
        width=SIDE,
        height=SIDE,
        times=tuple(Fraction(index, RATE) for index in range(count)),
        faces=tuple(faces),
        rate=Fraction(RATE),
        origin="vivant: drawn by hand, nobody performed it",
        licence="Apache-2.0",
        rest=0,
    )


@cache
def _text() -> dict[str, Any]:
    return tomllib.loads(
        files("vivant.motion").joinpath("shipped.toml").read_text(encoding="utf-8")
    )


def _entry(name: str) -> dict[str, Any]:
    if name not in shipped_names():
        near = difflib.get_close_matches(name, shipped_names(), n=1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        raise PathRefused(
            f"{name}: there is no such file and no performance of that name; {hint}"
            f"known: {listed(shipped_names())}"
        )
    found: dict[str, Any] = _text()[name]
    return found


def along(curve: Curve, seconds: np.ndarray) -> np.ndarray:
    """Return the values of a curve: smooth between its points, level at each of them.

    >>> along([[0, 0], [1, 4]], np.array([-1.0, 0.0, 0.5, 1.0, 9.0])).tolist()
    [0.0, 0.0, 2.0, 4.0, 4.0]
    """
    times, values = np.array(curve, float).T
    after = np.clip(np.searchsorted(times, seconds, side="right"), 1, len(times) - 1)
    share = np.clip((seconds - times[after - 1]) / (times[after] - times[after - 1]), 0, 1)
    share = share * share * (3 - 2 * share)
    eased: np.ndarray = values[after - 1] + share * (values[after] - values[after - 1])
    return eased


def _blinks(entry: dict[str, Any]) -> list[tuple[str, Curve]]:
    starts = entry.get("blinks", [])
    return [("eyeBlink", [(start + at, amount) for at, amount in _BLINK]) for start in starts]


def _said(entry: dict[str, Any]) -> list[tuple[str, Curve]]:
    """Each pose comes as the one before goes."""
    says = entry.get("says", [])
    curves: list[tuple[str, Curve]] = []
    for before, (at, pose), after in zip(says, says[1:], says[2:], strict=False):
        if pose:
            curves.append((pose, [(before[0], 0), (at, 1), (after[0], 0)]))
    return curves


def _add(
    channel: str, values: np.ndarray, scores: np.ndarray, turns: dict[str, np.ndarray]
) -> None:
    """Add the values of a channel to what it moves."""
    poses = _text()["poses"]
    if channel in turns:
        turns[channel] += values
    elif channel in poses:
        for name, amount in poses[channel].items():
            _add(name, amount * values, scores, turns)
    else:
        for number in score_numbers(channel):
            scores[:, number] += values


def _window(seconds: np.ndarray, length: float) -> np.ndarray:
    """Return 0 at both ends, and 1 between."""
    ends = [(0, 0), (_FADE, 1), (length - _FADE, 1), (length, 0)]
    return along(ends, seconds)


def held(scores: np.ndarray, seconds: float) -> Performance:
    """Return a performance that goes from rest to an expression at once, and holds it.

    Args:
        scores: (52,) amounts in 0..1; the head stays straight.
        seconds: its length, more than 0.

    >>> held(np.zeros(52), 2.0)
    Performance('held', 60 frames, 2.00 s)
    """
    count = max(2, round(RATE * seconds))
    rest, shown = face_with(np.zeros(len(SCORE_NAMES))), face_with(scores.clip(0, 1))
    return Performance(
        name="held",
        width=SIDE,
        height=SIDE,
        times=tuple(Fraction(index, RATE) for index in range(count)),
        faces=(rest, *[shown] * (count - 1)),
        rate=Fraction(RATE),
        origin="vivant: an expression as a picture shows it",
        rest=0,
    )


def face_with(scores: np.ndarray, yaw: float = 0.0, pitch: float = 0.0, roll: float = 0.0) -> Face:
    """Return nobody's face with an expression, (52,) in 0..1, turned by degrees."""
    basis = expression_basis()
    shape = basis.neutral + np.tensordot(scores, basis.changes, axes=1)
    rotation = turned(yaw, pitch, roll)
    middle = np.array([SIDE / 2, SIDE / 2, 0.0])
    translation = middle + _SCALE * (np.eye(3) - rotation) @ NECK
    landmarks = _SCALE * shape @ rotation.T + translation
    return Face(
        landmarks=landmarks.astype(np.float32),
        scores=scores.astype(np.float32),
        pose=Pose(rotation, translation, _SCALE),
        confidence=1.0,
    )
