"""Self-reenactment: a clip's first frame, driven by the clip itself, against the true frames.

The protocol: frame 0 is the portrait. All frames up to `last` drive it in
order, so that smoothing works as it does for a user; frames `step`, 2 `step`,
... are compared with the true ones, in RGB at the clip's size. Numbers are
means over a clip's frames, then over clips. "Untouched" is the portrait left
as it is: what any engine has to beat.

With `disguise` the engine sees the driver as somebody else (`vivant.studies.disguise`);
the portrait and the true frames stay as they are.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from vivant.engines import Engine, open_engine
from vivant.errors import VivantError
from vivant.faces.track import FaceTracker
from vivant.studies import clips, sheet
from vivant.studies.disguise import Disguise, disguised
from vivant.studies.drive import Drive, ready
from vivant.studies.errormap import ErrorMap
from vivant.studies.judge import Judge, Viewer
from vivant.studies.regions import RegionErrors, regions
from vivant.studies.results import Results, mean_of, taken
from vivant.studies.settings import SelfSettings
from vivant.types import Frame


@dataclass(frozen=True, slots=True, eq=False)
class Tools:
    """What every clip of a study needs, loaded once."""

    engine: Engine
    tracker: FaceTracker
    viewer: Viewer


@dataclass(slots=True, eq=False)
class Measured:
    """One clip, under way."""

    drawn: Judge = field(default_factory=Judge)
    untouched: Judge = field(default_factory=Judge)
    regions: RegionErrors = field(default_factory=RegionErrors)
    map: ErrorMap = field(default_factory=ErrorMap)
    frames: int = 0
    columns: list[np.ndarray] = field(default_factory=list)


def study_self(
    folder: Path,
    engine: str = "mesh",
    engine_settings: Mapping[str, object] | None = None,
    settings: SelfSettings | None = None,
    on_progress: clips.OnProgress | None = None,
) -> Results:
    """Measure an engine on every clip of a folder.

    A clip in which no face can be animated is told under `failed` and counts in no mean.

    Raises:
        PathRefused: the folder is missing or holds no clip.
        UnknownEngine, SettingsError, MissingExtra: the engine cannot be opened.
        VivantError: no clip at all could be measured.
    """
    settings = settings or SelfSettings()
    paths = spread(clips.find(folder, clips.VIDEOS, "clips"), settings.limit)
    tools = Tools(open_engine(engine, engine_settings), FaceTracker(), Viewer(settings.faces))
    rows: list[dict[str, Any]] = []
    failed: list[dict[str, str]] = []
    worst, errors = sheet.Worst(settings.sheets), ErrorMap()
    for index, path in enumerate(paths):
        try:
            row, measured = measure_clip(path, tools, settings)
        except VivantError as error:
            failed.append({"clip": path.stem, "problem": str(error)})
        else:
            rows.append(row)
            worst.add(path.stem, ratio(row), measured.columns)
            errors.merge(measured.map)
        if on_progress is not None:
            on_progress(index + 1, len(paths), path.stem)
    if not rows:
        raise VivantError(f"none of {len(paths)} clips could be measured: {failed[0]['problem']}")
    head = taken("self", engine, engine_settings, settings)
    summary = {**summarised(rows), "clips_failed": len(failed)}
    plain = {**head, "not_measured": list(tools.viewer.missing), "summary": summary,
             "rows": rows, "failed": failed}  # fmt: skip
    return Results(plain, {**worst.packed(), "errors.png": errors.picture()})


def spread(paths: tuple[Path, ...], limit: int | None) -> tuple[Path, ...]:
    """Return at most `limit` of the paths, spread evenly.

    >>> spread((Path("a"), Path("b"), Path("c")), 2) == (Path("a"), Path("c"))
    True
    """
    if limit is None or limit >= len(paths):
        return paths
    places = np.linspace(0, len(paths) - 1, limit).round().astype(int)
    return tuple(paths[place] for place in places)


def ratio(row: Mapping[str, Any]) -> float:
    """Return how large the drawn frames' error is against that of the untouched portrait."""
    return float(row["l1"] / max(row["untouched"]["l1"], 1e-9))


def measure_clip(
    path: Path, tools: Tools, settings: SelfSettings
) -> tuple[dict[str, Any], Measured]:
    """Measure one clip.

    Returns:
        Its row of the results, and all that was measured.

    Raises:
        MediaError: it cannot be read.
        NoFaceFound, FaceTooSmall: its first frame cannot be animated.
        VivantError: it is too short.
    """
    begun = time.process_time()
    frames = clips.read_frames(path, settings.last + 1, settings.size)
    wanted = range(settings.step, len(frames), settings.step)
    if not wanted:
        raise VivantError(
            f"{path}: {len(frames)} frames are too few; more than {settings.step} are wanted"
        )
    driver, disguise = frames, None
    if settings.disguise:
        disguise = Disguise.chosen(settings.seed, path.stem)
        driver = tuple(disguised(frames, disguise, tools.tracker))
    portrait = ready(frames[0].image, tools.engine, tools.tracker, str(path))
    drive = Drive(portrait, driver, tools.tracker, relative=settings.relative, reference="0")
    measured = _compared(drive, frames, driver, wanted, tools)
    untouched = measured.untouched.compute()
    row = {
        "clip": path.stem,
        "frames": measured.frames,
        "faces_missed": drive.missed,
        **measured.drawn.compute(),
        "untouched": untouched,
        "regions": measured.regions.compute(),
        **({} if disguise is None else {"disguise": disguise.plain()}),
        "seconds": time.process_time() - begun,
    }
    return row, measured


def _compared(
    drive: Drive,
    truth: tuple[Frame, ...],
    driver: tuple[Frame, ...],
    wanted: range,
    tools: Tools,
) -> Measured:
    """Draw all frames and compare those that are wanted."""
    measured, shown = Measured(), sheet.moments(wanted)
    portrait = tools.viewer.look(truth[0].image)
    faces = tools.tracker.detect(truth[0].image)[:1]
    for frame in drive:
        if frame.index not in wanted:
            continue
        seen = tools.viewer.look(truth[frame.index].image)
        measured.frames += 1
        measured.drawn.update(tools.viewer.look(frame.image), seen)
        measured.untouched.update(portrait, seen)
        faces = tools.tracker.track(seen.image, faces, scores=False) or faces
        if faces:
            pictures = frame.image, portrait.image, seen.image
            measured.regions.update(*pictures, regions(seen.image, faces[0]))
            measured.map.update(*pictures, faces[0])
        if frame.index in shown:
            apart = sheet.difference(frame.image, seen.image)
            four = [driver[frame.index].image, seen.image, frame.image, apart]
            measured.columns.append(sheet.column(four))
    return measured


def summarised(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the means over clips, and how often and how far the engine beats leaving it as is."""
    ratios = {row["clip"]: ratio(row) for row in rows}
    worst = max(ratios, key=lambda clip: ratios[clip])
    better = {
        "l1": sum(row["l1"] < row["untouched"]["l1"] for row in rows),
        "psnr": sum(row["psnr"] > row["untouched"]["psnr"] for row in rows),
        "ssim": sum(row["ssim"] > row["untouched"]["ssim"] for row in rows),
    }
    return {
        "clips": len(rows),
        "frames": sum(row["frames"] for row in rows),
        "faces_missed": sum(row["faces_missed"] for row in rows),
        **mean_of(rows),
        "untouched": mean_of([row["untouched"] for row in rows]),
        "better_than_untouched": better,
        "worse_by_5_percent": sum(ratio > 1.05 for ratio in ratios.values()),
        "worst_ratio": {"l1": ratios[worst], "clip": worst},
        "regions": {
            name: mean_of([row["regions"][name] for row in rows if name in row["regions"]])
            for name in ("face", "head", "body", "background")
        },
        "seconds": sum(row["seconds"] for row in rows),
    }
