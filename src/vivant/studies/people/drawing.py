"""Results for people to look at: every method draws the same pairs, marked as any file is."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from vivant.animation.file import animate_file
from vivant.errors import AskedWrongly, PathRefused
from vivant.media import VideoReader, VideoWriter, read_image, write_image
from vivant.studies import clips, inputs
from vivant.studies.inputs import Item
from vivant.studies.journal import named
from vivant.studies.people.settings import DrawSettings
from vivant.studies.study import Method
from vivant.studies.work import program

OnProgress = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True)
class DrawnResults:
    """Where the results lie."""

    methods: tuple[Path, ...]
    """A folder for each method, with files of the same names."""
    references: Path
    """Drivers and portraits under those names."""


def pairs(
    portraits: Sequence[Item], drivers: Sequence[Item], most: int, seed: int
) -> list[tuple[Item, Item]]:
    """Return at most so many pairs of two people, each of them about as often as any.

    >>> who = [Item(Path(name), name, name) for name in "abc"]
    >>> [(a.name, b.name) for a, b in pairs(who, who[:1], 2, 0)]
    [('c', 'a'), ('b', 'a')]
    """
    rng = np.random.default_rng(seed)
    first, second = rng.permutation(len(portraits)), rng.permutation(len(drivers))
    everything = len(portraits) * len(drivers)
    found: list[tuple[Item, Item]] = []
    for turn in range(everything):
        # One step further for the driver each time all portraits have had their turn.
        portrait = portraits[first[turn % len(first)]]
        driver = drivers[second[(turn + turn // np.lcm(len(first), len(second))) % len(second)]]
        if portrait.identity != driver.identity:
            found.append((portrait, driver))
        if len(found) == most:
            break
    return found


def draw(
    portraits: Path,
    drivers: Path,
    methods: Sequence[Method],
    out: Path,
    settings: DrawSettings,
    *,
    consent: str | None = None,
    on_progress: OnProgress | None = None,
) -> DrawnResults:
    """Let every method draw the same pairs into `out/results`, and put references beside.

    The files carry label and credentials, as all that vivant writes. What is there
    already is left, so that a stopped run goes on.

    Args:
        portraits: folder or manifest.
        drivers: folder or manifest.
        methods: who draws.
        out: folder of the results.
        settings: how many pairs, how long, how large.
        consent: why these portraits may be animated; counts for all of them.
        on_progress: told after each file.

    Raises:
        AskedWrongly: `out` holds results of other work.
        PathRefused: a folder is missing or holds none of what is wanted, or `out` cannot
            be written to.
        VivantError: a pair cannot be animated.
    """
    sitters = inputs.find(portraits, clips.PICTURES, "portrait")
    performers = inputs.find(drivers, clips.VIDEOS, "clip")
    chosen = pairs(sitters, performers, settings.most, settings.draw_seed)
    folders = [out / "results" / named(method.label) for method in methods]
    references = out / "references"
    try:
        for folder in (*folders, references):
            folder.mkdir(parents=True, exist_ok=True)
        _same(out, {
            "pairs": [f"{portrait.name}--{driver.name}" for portrait, driver in chosen],
            "methods": [method.plain() for method in methods],
            "settings": asdict(settings),
            "program": program(),
        })  # fmt: skip
    except OSError as error:
        raise PathRefused(f"{out}: cannot write the results: {error.strerror}.") from error
    total, done = len(chosen) * len(methods), 0
    for portrait, driver in chosen:
        name = named(f"{portrait.name}--{driver.name}")
        for method, folder in zip(methods, folders, strict=True):
            result = folder / f"{name}.mp4"
            if not result.exists():
                animate_file(
                    portrait.path, driver.path, result, engine=method.name,
                    engine_settings=dict(method.settings), size=settings.side,
                    end=Fraction(settings.seconds), consent=consent,
                )  # fmt: skip
            done += 1
            if on_progress is not None:
                on_progress(done, total, f"{name} by {method.label}")
        _refer(portrait, driver, references / name, settings)
    return DrawnResults(tuple(folders), references)


def _same(out: Path, asked: Mapping[str, Any]) -> None:
    """Note what is drawn, or see that what is there was asked for in the same way.

    Raises:
        AskedWrongly: it was not.
    """
    note, told = out / "results" / "asked.json", json.dumps(asked, indent=1, sort_keys=True) + "\n"
    if not note.exists():
        note.write_text(told, encoding="utf-8")
    elif note.read_text(encoding="utf-8") != told:
        raise AskedWrongly(
            f"{out} holds results of other work (other pairs, settings or program); name another "
            f"folder with --out."
        )


def _refer(portrait: Item, driver: Item, place: Path, settings: DrawSettings) -> None:
    """Put the driver, as long as the results, and the portrait beside."""
    picture, film = place.with_suffix(".jpg"), place.with_suffix(".mp4")
    if not picture.exists():
        write_image(picture, clips.shrunk(read_image(portrait.path), settings.side))
    if film.exists():
        return
    with VideoReader(driver.path, end=Fraction(settings.seconds)) as reader:
        frames = (replace(one, image=clips.shrunk(one.image, settings.side)) for one in reader)
        first = next(frames)
        height, width = first.image.shape[:2]
        with VideoWriter(film, width=width, height=height, rate=reader.info.rate) as writer:
            for frame in chain([first], frames):
                writer.write(frame)
