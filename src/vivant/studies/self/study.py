"""Self-reenactment: a clip's first frame, driven by the clip itself, against the true frames.

The protocol: frame 0 is the portrait. All frames up to `last` drive it in
order, so that smoothing works as it does for a user; frames `step`, 2 `step`,
... are compared with the true ones, in RGB at the clip's size. What is measured
over time is measured on `consecutive` frames in a row, from the middle. Numbers
are means over a clip's frames, then over clips. The engine `still`, which leaves
the portrait as it is, is measured beside: what any engine has to beat.

With `disguise` the engine sees the driver as somebody else (`vivant.studies.self.disguise`);
the portrait and the true frames stay as they are.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Final

import numpy as np

from vivant.engines import Engine
from vivant.errors import VivantError
from vivant.metrics.frechet import FrechetEfficientnetLite0
from vivant.metrics.kid import KidEfficientnetLite0
from vivant.metrics.missed import Missed
from vivant.studies import clips, inputs, sheet
from vivant.studies.drive import Drive, ready
from vivant.studies.inputs import Item
from vivant.studies.judge import FACE, FRAME, IDENTITY, PICTURE, SECOND, SEEN, Judge, told
from vivant.studies.looking import Eyes, Look, missing
from vivant.studies.overtime import OverTime, blink_agreement, told_over_time
from vivant.studies.regions import RegionErrors
from vivant.studies.report.parts import Part
from vivant.studies.self import report as selfreport
from vivant.studies.self.disguise import Disguise, disguised
from vivant.studies.self.errormap import ErrorMap
from vivant.studies.settings import SelfSettings
from vivant.studies.study import Done, Job, Method, Outcome
from vivant.types import Frame

BASELINE: Final = Method("still")
_SELDOM: Final = 3
"""Identity is read on every so many of the measured frames; it hardly changes between."""
_RARELY: Final = 10
"""Likewise by the second opinion, which takes the longest."""
WHOLE: Final = ("frechet_efficientnet_lite0", "kid_efficientnet_lite0")
"""Of all pictures of a study together."""


@dataclass(frozen=True, slots=True, eq=False)
class Tools:
    """What every clip of a study needs, loaded once a process."""

    engines: Mapping[str, Engine]
    """Method to engine."""
    eyes: Eyes


@dataclass(frozen=True, slots=True, eq=False)
class Clip:
    """One clip, looked at once for all methods."""

    name: str
    frames: tuple[Frame, ...]
    """The true ones."""
    driver: tuple[Frame, ...]
    """As the engine sees them."""
    truth: Mapping[int, Look]
    """Frame number to the true frame, of those that are measured."""
    wanted: range
    """Those that are compared frame by frame."""
    row: range
    """Those that are compared over time."""


@dataclass(frozen=True)
class SelfStudy:
    """The study of one folder; see the module."""

    name: ClassVar[str] = "self"
    title: ClassVar[str] = "Self-reenactment"
    clips: tuple[Item, ...]
    methods: tuple[Method, ...]
    settings: SelfSettings

    @classmethod
    def of(
        cls, place: Path, methods: Sequence[Method], settings: SelfSettings | None = None
    ) -> SelfStudy:
        """Return the study of a folder or manifest of clips.

        Raises:
            PathRefused: it is missing or holds no clip.
        """
        settings = settings or SelfSettings()
        found = spread(inputs.find(place, clips.VIDEOS, "clip"), settings.limit)
        beside = [BASELINE] if settings.baseline and BASELINE not in methods else []
        return cls(found, (*methods, *beside), settings)

    def inputs(self) -> list[dict[str, Any]]:
        """Return the clips."""
        return [item.plain("clip") for item in self.clips]

    def jobs(self) -> list[Job]:
        """Return a job a clip: what is true is looked at once for all methods."""
        return [Job(item.name, (item,)) for item in self.clips]

    def open(self) -> Tools:
        """Load engines and eyes."""
        engines = {method.label: method.open() for method in self.methods}
        return Tools(engines, Eyes(faces=self.settings.faces))

    def measure(self, tools: Tools, job: Job) -> Outcome:
        """Measure one clip.

        Raises:
            MediaError: it cannot be read.
            NoFaceFound, FaceTooSmall: its first frame cannot be animated.
            VivantError: it is too short.
        """
        (item,) = job.items
        disguise = (
            Disguise.chosen(self.settings.seed, item.name) if self.settings.disguise else None
        )
        clip = _looked_at(item, tools.eyes, self.settings, disguise)
        outcome, errors = Outcome(), ErrorMap()
        seen = [look.features.pooled for look in clip.truth.values() if look.features is not None]
        if seen:
            outcome.arrays["true"] = np.array(seen, np.float32)
        for place, (label, engine) in enumerate(tools.engines.items()):
            begun = time.process_time()
            measured = _Measured(first=place == 0)
            missed = _draw(clip, engine, tools.eyes, self.settings, measured)
            if measured.features:
                outcome.arrays[f"drawn{place}"] = np.array(measured.features, np.float32)
            outcome.sheets[label] = (0.0, measured.columns)
            outcome.detail[label] = measured.over_time.blinks()
            row = {"clip": item.name, "identity": item.identity, "category": item.category,
                   "frames": measured.frames, "faces_missed": missed, **measured.numbers(),
                   **({} if disguise is None else {"disguise": disguise.plain()}),
                   "seconds": time.process_time() - begun}  # fmt: skip
            outcome.add(label, row)
            if place == 0:
                errors.merge(measured.map)
        outcome.arrays |= errors.arrays()
        rate_sheets(outcome)
        return outcome

    def metrics(self) -> dict[str, dict[str, Any]]:
        """Return all measures, of frames and over time."""
        return told(FRAME) | told(["missed"]) | told_over_time() | told(WHOLE)

    def not_measured(self) -> dict[str, str]:
        """Return what is not installed."""
        return missing(faces=self.settings.faces)

    def whole(self, done: Sequence[Done]) -> dict[str, dict[str, float]]:
        """Return what only all pictures, or all blinks, together can tell."""
        return {
            method.label: blink_agreement([one.outcome.detail[method.label] for one in done])
            | distances([one.arrays() for one in done], f"drawn{place}")
            for place, method in enumerate(self.methods)
        }

    def extra(self, done: Sequence[Done]) -> dict[str, Any]:
        """Return how often the first method beats the baseline, and the regions of its error."""
        driver = "the driver as the engine sees it, " if self.settings.disguise else ""
        lines = f"{driver}the true frame, the drawn frame, their difference four times as strong"
        labels = [method.label for method in self.methods]
        return {**selfreport.extra(done, labels), "sheet_lines": lines}

    def parts(self, plain: Mapping[str, Any], done: Sequence[Done]) -> list[Part]:
        """Return what the report shows first."""
        errors = ErrorMap()
        for one in done:
            errors.merge(ErrorMap.of(one.arrays()))
        return selfreport.parts(plain, errors.picture())


class _Measured:
    """One method on one clip, under way."""

    def __init__(self, *, first: bool) -> None:
        self.judge, self.over_time = Judge(), OverTime()
        self.regions, self.map = RegionErrors(), ErrorMap()
        self.frames = 0
        self.missed = Missed()
        self.columns: list[np.ndarray] = []
        self.features: list[np.ndarray] = []
        self.first = first

    def numbers(self) -> dict[str, Any]:
        """Return what the row holds."""
        undefined = {"undefined": self.judge.undefined} if self.judge.undefined else {}
        return {
            **({"missed": self.missed.compute()} if self.missed.count else {}),
            **self.judge.compute(),
            **self.over_time.compute(),
            "regions": self.regions.compute(),
            **undefined,
        }


def _looked_at(item: Item, eyes: Eyes, settings: SelfSettings, disguise: Disguise | None) -> Clip:
    """Read a clip, disguise it where asked, and choose what is measured."""
    frames = clips.read_frames(item.path, settings.last + 1, settings.size)
    wanted = range(settings.step, len(frames), settings.step)
    if not wanted:
        raise VivantError(
            f"{item.path}: {len(frames)} frames are too few; more than {settings.step} are wanted"
        )
    driver = frames if disguise is None else tuple(disguised(frames, disguise, eyes.tracker))
    row = middle(len(frames), settings.consecutive)
    truth: dict[int, Look] = {}
    seen = eyes.tracker.detect(frames[0].image)[:1]
    for index in sorted({*wanted, *row}):
        truth[index] = eyes.look(frames[index].image, seen)
        seen = truth[index].seen() or seen
    return Clip(item.name, frames, driver, truth, wanted, row)


def middle(frames: int, count: int) -> range:
    """Return so many frames in a row from the middle, without the first.

    >>> middle(101, 30), middle(5, 30)
    (range(36, 66), range(1, 5))
    """
    count = min(count, frames - 1)
    begin = 1 + (frames - 1 - count) // 2
    return range(begin, begin + count)


def _draw(
    clip: Clip, engine: Engine, eyes: Eyes, settings: SelfSettings, measured: _Measured
) -> int:
    """Draw all frames and measure those that are wanted; return how many faces were missed."""
    portrait = ready(clip.frames[0].image, engine, eyes.tracker, clip.name)
    drive = Drive(portrait, clip.driver, eyes.tracker,
                  relative=settings.relative, reference="0")  # fmt: skip
    shown = sheet.moments(clip.wanted)
    drawn: Look | None = None
    for frame in drive:
        if frame.index not in clip.truth:
            continue
        true = clip.truth[frame.index]
        if drawn is None or not np.array_equal(drawn.image, frame.image):
            drawn = eyes.look(frame.image, true.near)  # the same picture is looked at once
        if frame.index in clip.row:
            measured.over_time.update(drawn, true)
        if frame.index in clip.wanted:
            _compare(clip, measured, (drawn, true), frame.index)
        if frame.index in shown:
            measured.columns.append(_column(clip, drawn, true, frame.index))
    return drive.missed


def _compare(clip: Clip, measured: _Measured, looks: tuple[Look, Look], index: int) -> None:
    drawn, true = looks
    place = clip.wanted.index(index)
    measures = [*PICTURE, *SEEN, *FACE]
    measures += IDENTITY if place % _SELDOM == 0 else ()
    measures += SECOND if place % _RARELY == 0 else ()
    measured.frames += 1
    if true.face is not None:
        measured.missed.update(drawn.face is not None)
    measured.judge.update(drawn, true, measures)
    if drawn.features is not None:
        measured.features.append(drawn.features.pooled)
    if true.face is not None:
        measured.regions.update(drawn.image, true.image, true.regions)
        if measured.first:
            untouched = clip.frames[0].image
            measured.map.update(drawn.image, untouched, true.image, true.face)


def _column(clip: Clip, drawn: Look, true: Look, index: int) -> np.ndarray:
    apart = sheet.difference(drawn.image, true.image)
    disguise = [] if clip.driver is clip.frames else [clip.driver[index].image]
    return sheet.column([*disguise, true.image, sheet.generated(drawn.image), apart])


def distances(arrays: Sequence[Mapping[str, np.ndarray]], drawn: str) -> dict[str, float]:
    """Return the distances of all drawn pictures together from all true ones.

    Where there are too few pictures for a Frechet distance to mean anything, it is left out.
    """
    frechet, kernel = FrechetEfficientnetLite0(), KidEfficientnetLite0()
    for one in arrays:
        if "true" in one:
            frechet.update(one[drawn], one["true"])
            kernel.update(one[drawn], one["true"])
    found = {}
    if frechet.count and frechet.enough:
        found["frechet_efficientnet_lite0"] = frechet.compute()
    if kernel.count > 1:
        found["kid_efficientnet_lite0"] = kernel.compute()
    return found


def rate_sheets(outcome: Outcome) -> None:
    """Say how bad each method's sheet is: its error against that of the last method's."""
    against = outcome.rows[-1]["l1"]
    for row in outcome.rows:
        _, columns = outcome.sheets[row["engine"]]
        outcome.sheets[row["engine"]] = (float(row["l1"] / max(against, 1e-9)), columns)


def spread(items: tuple[Item, ...], limit: int | None) -> tuple[Item, ...]:
    """Return at most `limit` of the items, spread evenly.

    >>> spread((1, 2, 3), 2)
    (1, 3)
    """
    if limit is None or limit >= len(items):
        return items
    places = np.linspace(0, len(items) - 1, limit).round().astype(int)
    return tuple(items[place] for place in places)
