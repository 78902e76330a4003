"""Cross-reenactment: portraits driven by other people, where no true frame exists.

Measured is what must hold anyway: who is shown stays the portrait's person, the
expressions follow the driver's, and the background stands still.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from vivant.animation.portrait import Portrait
from vivant.engines import Engine, open_engine
from vivant.errors import VivantError
from vivant.faces.track import FaceTracker
from vivant.metrics.background import BackgroundChange
from vivant.metrics.csim import csim
from vivant.metrics.expression import ExpressionAgreement
from vivant.metrics.sface import Sface
from vivant.metrics.sface import available as sface_available
from vivant.studies import clips, sheet
from vivant.studies.drive import Drive, ready
from vivant.studies.regions import HEAD, hull, person
from vivant.studies.results import Results, mean_of, taken
from vivant.studies.settings import CrossSettings
from vivant.types import Face, Frame

_MARGIN = 0.02
"""Around a person, in widths of the picture, what changes is not yet the background's."""
_WORST = 10
"""Percentile of the worst decile's edge: nine of ten frames are better."""


@dataclass(frozen=True, slots=True, eq=False)
class Driver:
    """A driver, with its expressions read once."""

    name: str
    frames: tuple[Frame, ...]
    scores: tuple[np.ndarray | None, ...]
    """(52,) of each frame; None where the face is missing."""


@dataclass(frozen=True, slots=True, eq=False)
class Sitter:
    """A portrait made ready, and who it shows."""

    name: str
    image: np.ndarray
    portrait: Portrait
    feature: np.ndarray | None
    background: np.ndarray
    """(h, w) bool: clear of the person."""


@dataclass(frozen=True, slots=True, eq=False)
class Tools:
    """What every pair of a study needs, loaded once."""

    engine: Engine
    tracker: FaceTracker
    identity: Sface | None


@dataclass(slots=True, eq=False)
class Measured:
    """One pair, under way."""

    cosines: list[float] = field(default_factory=list)
    expression: ExpressionAgreement = field(default_factory=ExpressionAgreement)
    background: BackgroundChange = field(default_factory=BackgroundChange)
    frames: int = 0
    drawn_missed: int = 0
    columns: list[np.ndarray] = field(default_factory=list)


def study_cross(
    portraits: Path,
    drivers: Path,
    engine: str = "mesh",
    engine_settings: Mapping[str, object] | None = None,
    settings: CrossSettings | None = None,
    on_progress: clips.OnProgress | None = None,
) -> Results:
    """Drive every portrait of a folder by every driver of another.

    A portrait or driver that cannot be used is told under `failed` and counts in no mean.

    Raises:
        PathRefused: a folder is missing or holds none of what is wanted.
        UnknownEngine, SettingsError, MissingExtra: the engine cannot be opened.
        VivantError: no pair at all could be measured.
    """
    settings = settings or CrossSettings()
    faces = chosen(clips.find(portraits, clips.PICTURES, "portraits"),
                   settings.portraits_most, settings.seed)  # fmt: skip
    performances = chosen(clips.find(drivers, clips.VIDEOS, "drivers"),
                          settings.drivers_most, settings.seed)  # fmt: skip
    identity = Sface() if sface_available() else None
    tools = Tools(open_engine(engine, engine_settings), FaceTracker(), identity)
    read, failed = _readable(performances, tools, settings)
    rows: list[dict[str, Any]] = []
    cosines: list[float] = []
    worst = sheet.Worst(settings.sheets)
    total = len(faces) * len(performances)
    for place, path in enumerate(faces):
        try:
            sitter = _sit(path, tools, settings)
        except VivantError as error:
            failed.append({"portrait": path.stem, "problem": str(error)})
            continue
        for turn, driver in enumerate(read):
            measured, row = measure_pair(sitter, driver, tools, settings)
            rows.append(row)
            cosines += measured.cosines
            badness = -row.get("correlation", 1.0)
            worst.add(f"{sitter.name}--{driver.name}", badness, measured.columns)
            if on_progress is not None:
                done = place * len(performances) + turn + 1
                on_progress(done, total, f"{sitter.name} by {driver.name}")
    if not rows:
        raise VivantError(f"none of {total} pairs could be measured: {failed[0]['problem']}")
    plain = {
        **taken("cross", engine, engine_settings, settings),
        "not_measured": [] if identity else ["csim"],
        "summary": {**summarised(rows, cosines), "failed": len(failed)},
        "rows": rows,
        "failed": failed,
    }
    return Results(plain, worst.packed())


def chosen(paths: tuple[Path, ...], most: int, seed: int) -> tuple[Path, ...]:
    """Return at most so many of the paths, chosen by the seed, in their order.

    >>> len(chosen((Path("a"), Path("b"), Path("c")), 2, 0))
    2
    """
    if most >= len(paths):
        return paths
    places = np.random.default_rng(seed).choice(len(paths), most, replace=False)
    return tuple(paths[place] for place in sorted(places))


def _readable(
    paths: tuple[Path, ...], tools: Tools, settings: CrossSettings
) -> tuple[list[Driver], list[dict[str, str]]]:
    """Read the drivers and their expressions; tell which cannot be used."""
    found: list[Driver] = []
    failed: list[dict[str, str]] = []
    for path in paths:
        try:
            frames = clips.read_frames(path, settings.frames, settings.size)
            scores = read_scores(tools.tracker, frames)
            if all(score is None for score in scores):
                raise VivantError(f"{path}: no face found in {len(frames)} frames")
        except VivantError as error:
            failed.append({"driver": path.stem, "problem": str(error)})
        else:
            found.append(Driver(path.stem, frames, scores))
    return found, failed


def read_scores(tracker: FaceTracker, frames: tuple[Frame, ...]) -> tuple[np.ndarray | None, ...]:
    """Return the expression scores of each frame, (52,), or None where the face is missing."""
    seen: tuple[Face, ...] = ()
    scores: list[np.ndarray | None] = []
    for frame in frames:
        found = tracker.track(frame.image, seen)
        scores.append(found[0].scores if found else None)
        seen = found or seen
    return tuple(scores)


def _sit(path: Path, tools: Tools, settings: CrossSettings) -> Sitter:
    image = clips.read_portrait(path, settings.size)
    portrait = ready(image, tools.engine, tools.tracker, str(path))
    clear = _clear(image)
    if portrait.tracked is not None:
        head = cv2.fillConvexPoly(np.zeros(clear.shape, np.uint8), hull(portrait.tracked, HEAD), 1)
        clear &= head == 0
    feature = None if tools.identity is None else tools.identity.feature(image)
    return Sitter(path.stem, image, portrait, feature, clear)


def _clear(image: np.ndarray) -> np.ndarray:
    """Return where nobody is, with a margin, (h, w) bool."""
    reach = 2 * max(1, round(_MARGIN * image.shape[1])) + 1
    someone = (person(image) > 0.5).astype(np.uint8)
    return np.asarray(cv2.dilate(someone, np.ones((reach, reach), np.uint8)) == 0)


def measure_pair(
    sitter: Sitter, driver: Driver, tools: Tools, settings: CrossSettings
) -> tuple[Measured, dict[str, Any]]:
    """Measure one portrait under one driver; return what was seen, and its row of the results."""
    begun = time.process_time()
    drive = Drive(sitter.portrait, driver.frames, tools.tracker,
                  relative=True, reference=settings.reference)  # fmt: skip
    measured = Measured()
    shown = sheet.moments(range(len(driver.frames)))
    seen: tuple[Face, ...] = tools.tracker.detect(sitter.image)[:1]
    for frame, truth, scores in zip(drive, driver.frames, driver.scores, strict=True):
        measured.frames += 1
        found = tools.tracker.track(frame.image, seen)
        measured.drawn_missed += not found
        seen = found or seen
        if found and scores is not None and found[0].scores is not None:
            measured.expression.update(found[0].scores, scores)
        if frame.index % settings.step == 0:
            _look(measured, frame.image, sitter, tools)
        if frame.index in shown:
            measured.columns.append(sheet.column([sitter.image, truth.image, frame.image]))
    head = {"portrait": sitter.name, "driver": driver.name, "frames": measured.frames,
            "faces_missed": drive.missed, "drawn_missed": measured.drawn_missed}  # fmt: skip
    row = {**head, **_numbers(measured), "seconds": time.process_time() - begun}
    return measured, row


def _look(measured: Measured, image: np.ndarray, sitter: Sitter, tools: Tools) -> None:
    """Measure identity and background of one drawn frame."""
    if tools.identity is not None and sitter.feature is not None:
        feature = tools.identity.feature(image)
        if feature is not None:
            measured.cosines.append(csim(feature, sitter.feature))
    behind = sitter.background & _clear(image)
    if behind.mean() > 0.01:
        measured.background.update(image, sitter.image, behind)


def _numbers(measured: Measured) -> dict[str, Any]:
    numbers: dict[str, Any] = {}
    if measured.cosines:
        numbers["csim"] = float(np.mean(measured.cosines))
        numbers["csim_worst_decile"] = float(np.percentile(measured.cosines, _WORST))
    scores = measured.expression.scores()
    if scores:
        numbers["correlation"] = float(np.mean([score.correlation for score in scores.values()]))
    groups = measured.expression.groups()
    numbers["correlations"] = {name: group.correlation for name, group in groups.items()}
    numbers["slopes"] = {name: group.slope for name, group in groups.items()}
    if measured.background.count:
        numbers["background"] = measured.background.compute()
    return numbers


def summarised(rows: list[dict[str, Any]], cosines: list[float]) -> dict[str, Any]:
    """Return the means over pairs; the worst decile of identity is that of all frames."""
    groups = {kind: mean_of([row[kind] for row in rows]) for kind in ("correlations", "slopes")}
    decile = {"csim_worst_decile": float(np.percentile(cosines, _WORST))} if cosines else {}
    return {
        "pairs": len(rows),
        "frames": sum(row["frames"] for row in rows),
        "faces_missed": sum(row["faces_missed"] for row in rows),
        "drawn_missed": sum(row["drawn_missed"] for row in rows),
        **mean_of(rows),
        **decile,
        **groups,
        "seconds": sum(row["seconds"] for row in rows),
    }
