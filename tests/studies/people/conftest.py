"""Results of methods to be compared, and people who answer."""

from __future__ import annotations

import json
from collections.abc import Callable
from fractions import Fraction
from itertools import combinations
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from vivant.media import VideoWriter
from vivant.studies.people.make import Made, make
from vivant.studies.people.settings import MakeSettings
from vivant.types import Frame

RATE = Fraction(24)


def clip(path: Path, hue: int) -> None:
    """Write a second of a square that moves."""
    with VideoWriter(path, width=96, height=96, rate=RATE) as writer:
        for index in range(24):
            image = np.full((96, 96, 3), hue, np.uint8)
            cv2.circle(image, (20 + 2 * index, 48), 12, (255, 240, 200), -1)
            writer.write(Frame(image, index, index / RATE))


def picture(path: Path, hue: int) -> None:
    cv2.imwrite(str(path), np.full((64, 64, 3), hue, np.uint8))


@pytest.fixture
def folders(tmp_path: Path) -> list[Path]:
    """Three methods with the same four pictures; the first has one more."""
    found = []
    for place, name in enumerate(("mesh", "still", "third")):
        folder = tmp_path / name
        folder.mkdir()
        for item in range(4):
            picture(folder / f"item{item}.png", 20 * item + 80 * place)
        found.append(folder)
    picture(found[0] / "alone.png", 0)
    (found[0] / "notes.txt").write_text("no picture", encoding="utf-8")
    return found


@pytest.fixture
def reference(tmp_path: Path) -> Path:
    folder = tmp_path / "reference"
    (folder / "portraits").mkdir(parents=True)
    for item in range(4):
        picture(folder / "portraits" / f"item{item}.jpg", 200)
    return folder


@pytest.fixture
def made(tmp_path: Path, folders: list[Path]) -> Made:
    settings = MakeSettings(pairs=8, ratings=2, checks=2, questions=("natural",))
    return make(tmp_path / "study", folders, settings)


@pytest.fixture
def answer(made: Made, tmp_path: Path) -> Callable[..., Path]:
    """Write the file of one person who prefers as told."""
    key = json.loads(made.key.read_text(encoding="utf-8"))

    def file(number: int, prefers: Callable[[str, str], str], **other: Any) -> Path:
        person = f"{number:016x}"
        answers: list[dict[str, Any]] = []
        for a, b in combinations(sorted(key["media"]), 2):
            first, second = key["media"][a], key["media"][b]
            if first["item"] == second["item"]:
                chosen = prefers(first["method"], second["method"])
                choice = {first["method"]: "left", second["method"]: "right"}.get(chosen, "tie")
                answers.append({"kind": "pair", "question": "natural", "seconds": 2.5, "left": a,
                                "right": b, "still": None, "choice": choice})  # fmt: skip
        media = min(key["media"])
        common = {"question": "check", "seconds": 1, "left": media, "right": media}
        answers += [
            {"kind": "same", "still": None, "choice": "tie", **common},
            {"kind": "moves", "still": "left", "choice": "right", **common},
        ]
        values = {"mesh": 5, "still": 1, "third": 3}
        answers += [
            {"kind": "rating", "question": "natural", "seconds": 3, "media": media,
             "value": values[one["method"]]}
            for media, one in sorted(key["media"].items())
        ]  # fmt: skip
        plain = {"format": "vivant.people/1", "study": key["study"], "participant": person,
                 "agreed": True, "finished": True, "answers": answers} | other  # fmt: skip
        folder = tmp_path / "answers"
        folder.mkdir(exist_ok=True)
        path = folder / f"answers-{person}.json"
        path.write_text(json.dumps(plain), encoding="utf-8")
        return path

    return file


@pytest.fixture
def films(tmp_path: Path) -> tuple[list[Path], Path]:
    """Two methods with two videos each, and the drivers and portraits."""
    folders = [tmp_path / "films" / name for name in ("mesh", "still")]
    reference = tmp_path / "films" / "reference"
    for folder in (*folders, reference):
        folder.mkdir(parents=True)
    for item in range(2):
        for place, folder in enumerate((*folders, reference)):
            clip(folder / f"item{item}.mp4", 40 * item + 60 * place)
        picture(reference / f"item{item}.jpg", 220)
    return folders, reference
