"""Answers of people, read as strictly as anything that comes from strangers."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from vivant.errors import DamagedMedia, PathRefused
from vivant.studies.people.plan import FORMAT, KEY_FORMAT

MOST_BYTES: Final = 2_000_000
MOST_ANSWERS: Final = 2_000
MOST_FILES: Final = 10_000
_LONGEST: Final = 24 * 3600
"""Seconds that an answer may take; a page may lie open over night."""
_KEYS: Final = {"format", "study", "participant", "agreed", "finished", "answers"}
_PAIR: Final = {"kind", "question", "seconds", "left", "right", "still", "choice"}
_RATING: Final = {"kind", "question", "seconds", "media", "value"}

Choice = Literal["left", "tie", "right"]


@dataclass(frozen=True, slots=True)
class Key:
    """Who is who in a study."""

    study: str
    title: str
    methods: Sequence[str]
    questions: Mapping[str, str]
    media: Mapping[str, tuple[str, str]]
    """File to its method and item."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """What somebody chose of two results of one item."""

    question: str
    left: str
    right: str
    choice: Choice


@dataclass(frozen=True, slots=True)
class Rating:
    """How good somebody found one result: 1 (bad) to 5 (excellent)."""

    media: str
    value: int


@dataclass(frozen=True, slots=True)
class Answers:
    """All that one person answered."""

    participant: str
    comparisons: Sequence[Comparison]
    ratings: Sequence[Rating]
    checks: Sequence[bool]
    """Of each comparison whose right answer is known, whether it was right."""
    finished: bool
    seconds: float


def read_key(folder: Path) -> Key:
    """Read who is who from the folder that `make` wrote.

    Raises:
        PathRefused: there is no `key.json`.
        DamagedMedia: it is not what `make` writes.
    """
    path = folder / "key.json"
    found = _read(path)
    try:
        if found["format"] != KEY_FORMAT:
            raise DamagedMedia(path, f"the format is {found['format']!r}, wanted {KEY_FORMAT!r}.")
        media = {name: (one["method"], one["item"]) for name, one in found["media"].items()}
        return Key(found["study"], found["title"], found["methods"], found["questions"], media)
    except (KeyError, TypeError, AttributeError) as error:
        raise DamagedMedia(
            path, f"it is no key of a people study: {error!r} is missing."
        ) from error


def answer_files(paths: Iterable[Path]) -> list[Path]:
    """Return the files among `paths`, and the .json files right in the folders among them.

    Raises:
        PathRefused: a path is missing, there are no files, or far too many.
    """
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            found += sorted(path.glob("*.json"))
        elif path.is_file():
            found.append(path)
        else:
            raise PathRefused(f"{path}: there is no such file or folder.")
    found = [path for path in dict.fromkeys(found) if path.name != "key.json"]
    if not 0 < len(found) <= MOST_FILES:
        raise PathRefused(
            f"found {len(found)} files of answers, wanted 1 to {MOST_FILES}. Name the files that "
            f"people saved, or the folder that holds them."
        )
    return found


def read_answers(path: Path, key: Key) -> Answers:
    """Read one person's answers.

    Args:
        path: a file that the page saved; at most 2 MB.
        key: of the study that it must belong to.

    Raises:
        PathRefused: it cannot be read.
        DamagedMedia: it is too large, no JSON, of another study, or says anything that
            the page could not have said.
    """
    found = _read(path)
    wrong = _problem(found, key)
    if wrong:
        raise DamagedMedia(path, wrong, "It is left out; ask for the file that the page saved.")
    pairs = [one for one in found["answers"] if one["kind"] == "pair"]
    checks = [one for one in found["answers"] if one["kind"] in ("moves", "same")]
    rated = [one for one in found["answers"] if one["kind"] == "rating"]
    return Answers(
        found["participant"],
        [Comparison(one["question"], one["left"], one["right"], one["choice"]) for one in pairs],
        [Rating(one["media"], one["value"]) for one in rated],
        [_right(one) for one in checks],
        found["finished"],
        math.fsum(one["seconds"] for one in found["answers"]),
    )


def _right(check: Mapping[str, Any]) -> bool:
    wanted = {"left": "right", "right": "left", None: "tie"}
    return bool(check["choice"] == wanted[check["still"]])


def _read(path: Path) -> dict[str, Any]:
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len({name for name, _ in pairs}) != len(pairs):
            raise ValueError("a name stands twice")
        return dict(pairs)

    def refuse(word: str) -> None:
        raise ValueError(f"{word} is no number")

    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise PathRefused(f"{path}: cannot be read: {error.strerror}.") from error
    if len(content) > MOST_BYTES:
        raise DamagedMedia(path, f"it has more than {MOST_BYTES} bytes.")
    try:
        found = json.loads(content, object_pairs_hook=once, parse_constant=refuse)
    except (ValueError, RecursionError) as error:
        raise DamagedMedia(path, f"it is no JSON: {error}.") from error
    if not isinstance(found, dict):
        raise DamagedMedia(path, "it holds no JSON object.")
    return found


def _problem(found: Mapping[str, Any], key: Key) -> str:
    """Return what is wrong with a file of answers; nothing if all is right."""
    if set(found) != _KEYS:
        return f"its names are {_few(found)}, wanted {_few(_KEYS)}."
    if found["format"] != FORMAT:
        return f"its format is {_said(found['format'])}, wanted {FORMAT!r}."
    if found["study"] != key.study:
        return f"it belongs to the study {_said(found['study'])}, not to {key.study!r}."
    person = found["participant"]
    if not isinstance(person, str) or not re.fullmatch(r"[0-9a-f]{16}", person):
        return f"the participant is {_said(person)}, wanted 16 letters of 0-9a-f."
    if found["agreed"] is not True or not isinstance(found["finished"], bool):
        return "it does not say that its person agreed to take part."
    answers = found["answers"]
    if not isinstance(answers, list) or len(answers) > MOST_ANSWERS:
        return f"its answers are no list of at most {MOST_ANSWERS}."
    for number, one in enumerate(answers, start=1):
        wrong = _wrong(one, key)
        if wrong:
            return f"answer {number}: {wrong}."
    asked = [
        (one["question"], frozenset((one["left"], one["right"])))
        if one["kind"] == "pair" else one["media"]
        for one in answers if one["kind"] in ("pair", "rating")
    ]  # fmt: skip
    return "" if len(set(asked)) == len(asked) else "the same is answered twice."


def _wrong(one: object, key: Key) -> str:
    """Return what is wrong with one answer."""
    if not isinstance(one, dict):
        return "it is no object"
    rating = one.get("kind") == "rating"
    if set(one) != (_RATING if rating else _PAIR):
        return f"its names are {_few(one)}"
    seconds = one["seconds"]
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        return f"seconds is {_said(seconds)}"
    if not 0 <= seconds <= _LONGEST:
        return f"seconds is {_said(seconds)}"
    return _wrong_rating(one, key) if rating else _wrong_pair(one, key)


def _wrong_rating(one: Mapping[str, Any], key: Key) -> str:
    if type(one["value"]) is not int or not 1 <= one["value"] <= 5:
        return f"value is {_said(one['value'])}, wanted 1 to 5"
    known = isinstance(one["media"], str) and one["media"] in key.media
    if not known or one["question"] != "natural":
        return f"{_said(one['media'])} or {_said(one['question'])} is not of this study"
    return ""


def _wrong_pair(one: Mapping[str, Any], key: Key) -> str:
    if one["choice"] not in ("left", "tie", "right"):
        return f"choice is {_said(one['choice'])}, wanted left, tie or right"
    if not isinstance(one["kind"], str) or not isinstance(one["question"], str):
        return f"kind is {_said(one['kind'])}"
    sides = one["left"], one["right"]
    if not all(isinstance(side, str) and side in key.media for side in sides):
        return f"{_said(sides)} is not of this study"
    same, still = sides[0] == sides[1], one["still"]
    kinds = {
        "pair": not same and still is None and one["question"] in key.questions
        and key.media[sides[0]][1] == key.media[sides[1]][1],
        "same": same and still is None and one["question"] == "check",
        "moves": same and still in ("left", "right") and one["question"] == "check",
    }  # fmt: skip
    return "" if kinds.get(one["kind"]) else f"no {_said(one['kind'])} has such sides"


def _said(value: object) -> str:
    """Return a stranger's value for a message: short."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:59]}…"


def _few(names: Iterable[object]) -> str:
    return _said(sorted(map(str, names)))
