"""What is shown: which files of the methods belong together, under neutral names."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np

from vivant.errors import AskedWrongly, PathRefused
from vivant.studies.people.settings import QUESTIONS, MakeSettings

VIDEOS: Final = (".mp4", ".webm")
PICTURES: Final = (".jpg", ".jpeg", ".png", ".webp")
FORMAT: Final = "vivant.people/1"
"""Format of the answers."""
KEY_FORMAT: Final = "vivant.people.key/1"


@dataclass(frozen=True, slots=True)
class Plan:
    """A study before it is written: what the page knows, who is who, and which files it takes."""

    page: Mapping[str, Any]
    """What the page is told; nothing in it says whose a file is."""
    key: Mapping[str, Any]
    """Who is who; for the analysis alone."""
    files: Mapping[str, Path]
    """Name below the page's folder to the file that is copied there."""


@dataclass(slots=True)
class _Names:
    """Gives every file a neutral name."""

    rng: np.random.Generator
    files: dict[str, Path] = field(default_factory=dict)

    def give(self, path: Path) -> str:
        """Return a new name below the page's folder."""
        name = f"media/{self.rng.bytes(8).hex()}{path.suffix.lower()}"
        self.files[name] = path
        return name


def planned(methods: Sequence[Path], settings: MakeSettings, reference: Path | None = None) -> Plan:
    """Plan a study of the files that all methods have.

    Args:
        methods: two folders or more, each with one method's results; the folder's name
            is the method's. Files of the same name belong together.
        settings: what is asked, and how much.
        reference: folder of drivers (videos) and portraits (pictures) to be shown beside,
            named as the results are, whatever their endings; subfolders are looked into.

    Raises:
        AskedWrongly: there are fewer than two folders, two of the same name, no file
            that all have, or no reference for a question that needs one.
        PathRefused: a folder cannot be read.
    """
    labels = _labels(methods)
    found = [_media(folder) for folder in methods]
    common = sorted(set.intersection(*(set(files) for files in found)))
    if not common:
        raise AskedWrongly(
            f"no file has the same name in all of {', '.join(map(str, methods))}; wanted are "
            f"{', '.join(VIDEOS + PICTURES)}, one for each portrait and driver."
        )
    names = _Names(np.random.default_rng(settings.seed))
    beside = _references(reference, [Path(name).stem for name in common])
    questions = _questions(settings, beside)
    items: list[dict[str, Any]] = []
    media: dict[str, dict[str, str]] = {}
    for name in common:
        given = [names.give(files[name]) for files in found]
        media |= {
            file: {"method": label, "item": name, "sha256": _digest(files[name])}
            for file, label, files in zip(given, labels, found, strict=True)
        }
        stem = beside[Path(name).stem]
        items.append(
            {
                "video": Path(name).suffix.lower() in VIDEOS,
                "media": sorted(given),  # by their random names, so that no place tells
                **{kind: names.give(path) for kind, path in stem.items()},
            }
        )
    study = hashlib.sha256(repr((settings, media)).encode()).hexdigest()[:16]
    page = _page(settings, questions, items, study)
    key = {
        "format": KEY_FORMAT,
        "study": study,
        "title": settings.title,
        "methods": labels,
        "questions": {one["key"]: one["text"] for one in questions},
        "pairs": settings.pairs,
        "ratings": settings.ratings,
        "checks": settings.checks,
        "seed": settings.seed,
        "media": media,
        "left_out": sorted(set.union(*(set(files) for files in found)) - set(common)),
    }
    return Plan(page, key, names.files)


def _page(
    settings: MakeSettings, questions: Sequence[Mapping[str, str]],
    items: Sequence[Mapping[str, Any]], study: str,
) -> dict[str, Any]:  # fmt: skip
    return {
        "format": FORMAT,
        "study": study,
        "title": settings.title,
        "by": settings.by,
        "questions": questions,
        "items": items,
        "pairs": settings.pairs,
        "ratings": settings.ratings,
        "checks": settings.checks,
        "seed": settings.seed,
    }


def _labels(methods: Sequence[Path]) -> list[str]:
    labels = [folder.resolve().name for folder in methods]
    if len(labels) < 2:
        raise AskedWrongly(f"to compare takes two folders of results or more, got {len(labels)}.")
    if len(set(labels)) != len(labels):
        raise AskedWrongly(
            f"the folders' names tell the methods apart, but two are the same: "
            f"{', '.join(labels)}. Rename one."
        )
    return labels


def _media(folder: Path) -> dict[str, Path]:
    """Return the videos and pictures right in a folder, by name."""
    try:
        return {
            path.name: path for path in folder.iterdir()
            if path.suffix.lower() in VIDEOS + PICTURES and path.is_file()
        }  # fmt: skip
    except OSError as error:
        raise PathRefused(f"{folder}: cannot be read: {error.strerror}.") from error


def _references(folder: Path | None, stems: Sequence[str]) -> dict[str, dict[str, Path]]:
    """Return for each result what is shown beside: its driver, its portrait."""
    found: dict[str, dict[str, Path]] = {stem: {} for stem in stems}
    if folder is None:
        return found
    inside = [folder, *sorted(path for path in folder.glob("*") if path.is_dir())]
    for path in (path for one in inside for _, path in sorted(_media(one).items())):
        kind = "driver" if path.suffix.lower() in VIDEOS else "portrait"
        if path.stem in found:
            found[path.stem].setdefault(kind, path)
    return found


def _questions(
    settings: MakeSettings, beside: Mapping[str, Mapping[str, Path]]
) -> list[dict[str, str]]:
    """Return the questions: those asked for, or all that the references allow."""
    has = {kind for kind in ("driver", "portrait") if all(kind in one for one in beside.values())}
    asked = settings.questions or tuple(
        key for key, (_, needs) in QUESTIONS.items() if not needs or needs in has
    )
    questions = []
    for number, key in enumerate(asked, start=1):
        text, needs = QUESTIONS.get(key, (key, ""))
        if needs and needs not in has:
            lacking = [stem for stem, one in beside.items() if needs not in one]
            raise AskedWrongly(
                f"the question {key!r} needs a {needs} beside every result, but --reference has "
                f"none for {', '.join(lacking[:5])}. Add them, or leave the question out."
            )
        name = key if key in QUESTIONS else f"own{number}"
        questions.append({"key": name, "text": text, "beside": needs})
    return questions


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
