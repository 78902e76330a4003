"""Cross-reenactment: portraits driven by other people, where no true frame exists.

Measured is what must hold anyway: who is shown stays the portrait's person, the
expressions follow the driver's, and the background stands still.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Final, TypeVar

import cv2
import numpy as np

from vivant.engines import Engine
from vivant.errors import VivantError
from vivant.faces.track import FaceTracker
from vivant.metrics.background import BackgroundChange
from vivant.metrics.catalogue import METRICS, about
from vivant.metrics.csim import csim
from vivant.metrics.expression import ExpressionAgreement
from vivant.studies import clips, inputs, sheet
from vivant.studies.cross import report as crossreport
from vivant.studies.drive import Drive, ready
from vivant.studies.inputs import Item
from vivant.studies.judge import tell
from vivant.studies.looking import Eyes, missing
from vivant.studies.regions import HEAD, hull, person
from vivant.studies.report.parts import Part
from vivant.studies.settings import CrossSettings
from vivant.studies.study import Done, Job, Method, Outcome
from vivant.types import Face, Frame

MEASURES: Final = ("csim", "correlation", "background")
_BASES: Final = {"csim": "csim", "correlation": "expression", "background": "background_change"}
_MARGIN: Final = 0.02
"""Around a person, in widths of the picture, what changes is not yet the background's."""
_HELD: Final = 2
"""Drivers, and portraits, that a process keeps at hand."""
T = TypeVar("T")


@dataclass(frozen=True, slots=True, eq=False)
class Driver:
    """A driver, with its expressions read once."""

    name: str
    frames: tuple[Frame, ...]
    scores: tuple[np.ndarray | None, ...]
    """(52,) of each frame; None where the face is missing."""


@dataclass(frozen=True, slots=True, eq=False)
class Sitter:
    """A portrait, and who it shows."""

    name: str
    image: np.ndarray
    face: Face | None
    feature: np.ndarray | None
    background: np.ndarray
    """(h, w) bool: clear of the person."""


@dataclass(frozen=True, slots=True, eq=False)
class Tools:
    """What every pair of a study needs, loaded once a process."""

    engines: Mapping[str, Engine]
    eyes: Eyes
    drivers: OrderedDict[Path, Driver] = field(default_factory=OrderedDict)
    sitters: OrderedDict[Path, Sitter] = field(default_factory=OrderedDict)


@dataclass(slots=True, eq=False)
class Measured:
    """One pair under one method, under way."""

    cosines: list[float] = field(default_factory=list)
    expression: ExpressionAgreement = field(default_factory=ExpressionAgreement)
    background: BackgroundChange = field(default_factory=BackgroundChange)
    frames: int = 0
    drawn_missed: int = 0
    columns: list[np.ndarray] = field(default_factory=list)


@dataclass(frozen=True)
class CrossStudy:
    """The study of portraits and drivers; see the module."""

    name: ClassVar[str] = "cross"
    title: ClassVar[str] = "Cross-reenactment"
    portraits: tuple[Item, ...]
    drivers: tuple[Item, ...]
    methods: tuple[Method, ...]
    settings: CrossSettings

    @classmethod
    def of(
        cls,
        portraits: Path,
        drivers: Path,
        methods: Sequence[Method],
        settings: CrossSettings | None = None,
    ) -> CrossStudy:
        """Return the study of two folders or manifests.

        Raises:
            PathRefused: one is missing or holds none of what is wanted.
        """
        settings = settings or CrossSettings()
        sitters = chosen(inputs.find(portraits, clips.PICTURES, "portrait"),
                         settings.portraits_most, settings.seed)  # fmt: skip
        performers = chosen(inputs.find(drivers, clips.VIDEOS, "clip"),
                            settings.drivers_most, settings.seed)  # fmt: skip
        return cls(sitters, performers, tuple(methods), settings)

    def inputs(self) -> list[dict[str, Any]]:
        """Return portraits and drivers."""
        return [item.plain("portrait") for item in self.portraits] + [
            item.plain("driver") for item in self.drivers
        ]

    def jobs(self) -> list[Job]:
        """Return a job a pair, driver by driver: each is then read once or twice only."""
        return [
            Job(f"{portrait.name}--{driver.name}", (portrait, driver))
            for driver in self.drivers
            for portrait in self.portraits
            if portrait.identity != driver.identity  # that would be another study
        ]

    def open(self) -> Tools:
        """Load engines and eyes."""
        return Tools({one.label: one.open() for one in self.methods}, Eyes())

    def measure(self, tools: Tools, job: Job) -> Outcome:
        """Measure one pair.

        Raises:
            VivantError: the portrait cannot be animated, or the driver shows no face.
        """
        portrait, performer = job.items
        driver = _kept(tools.drivers, performer.path, lambda: self._read(performer, tools))
        sitter = _kept(tools.sitters, portrait.path, lambda: self._sit(portrait, tools))
        outcome = Outcome()
        for label, engine in tools.engines.items():
            begun = time.process_time()
            measured, missed = _measure(sitter, driver, engine, tools.eyes, self.settings)
            numbers = _numbers(measured)
            outcome.detail[label] = measured.cosines
            outcome.sheets[label] = (-numbers.get("correlation", 1.0), measured.columns)
            outcome.add(label, {
                "portrait": sitter.name, "driver": driver.name, "identity": portrait.identity,
                "driver_identity": performer.identity,
                "category": portrait.category, "frames": measured.frames,
                "faces_missed": missed, "drawn_missed": measured.drawn_missed,
                **numbers, "seconds": time.process_time() - begun,
            })  # fmt: skip
        return outcome

    def _read(self, item: Item, tools: Tools) -> Driver:
        frames = clips.read_frames(item.path, self.settings.frames, self.settings.size)
        scores = read_scores(tools.eyes.tracker, frames)
        if all(score is None for score in scores):
            raise VivantError(f"{item.path}: no face found in {len(frames)} frames")
        return Driver(item.name, frames, scores)

    def _sit(self, item: Item, tools: Tools) -> Sitter:
        image = clips.read_portrait(item.path, self.settings.size)
        look, clear = tools.eyes.look(image), _clear(image)
        if look.face is not None:
            head = cv2.fillConvexPoly(np.zeros(clear.shape, np.uint8), hull(look.face, HEAD), 1)
            clear &= head == 0
        return Sitter(item.name, image, look.face, look.identity, clear)

    def metrics(self) -> dict[str, dict[str, Any]]:
        """Return the measures."""
        return {name: tell(METRICS[base], about(base)) for name, base in _BASES.items()} | {
            "csim_worst_decile": tell(METRICS["csim"], crossreport.DECILE)
        }

    def not_measured(self) -> dict[str, str]:
        """Return what is not installed."""
        return {name: why for name, why in missing().items() if name in MEASURES}

    def whole(self, done: Sequence[Done]) -> dict[str, dict[str, float]]:
        """Return the worst decile of identity over all frames of all pairs."""
        return {
            method.label: crossreport.decile(
                [cosine for one in done for cosine in one.outcome.detail[method.label]]
            )
            for method in self.methods
        }

    def extra(self, done: Sequence[Done]) -> dict[str, Any]:
        """Return counts, and correlation and slope by expression."""
        lines = "the portrait, the driver, the drawn frame"
        labels = [method.label for method in self.methods]
        return {**crossreport.extra(done, labels), "sheet_lines": lines}

    def parts(self, plain: Mapping[str, Any], done: Sequence[Done]) -> list[Part]:
        """Return what the report shows first."""
        return crossreport.parts(plain)


def chosen(items: tuple[T, ...], most: int, seed: int) -> tuple[T, ...]:
    """Return at most so many of the items, chosen by the seed, in their order.

    >>> len(chosen(("a", "b", "c"), 2, 0))
    2
    """
    if most >= len(items):
        return items
    places = np.random.default_rng(seed).choice(len(items), most, replace=False)
    return tuple(items[place] for place in sorted(places))


def _kept(held: OrderedDict[Path, T], path: Path, make: Callable[[], T]) -> T:
    """Return what is held for a path, made where it is not; the oldest goes."""
    if path not in held:
        held[path] = make()
        if len(held) > _HELD:
            held.popitem(last=False)
    return held[path]


def read_scores(tracker: FaceTracker, frames: tuple[Frame, ...]) -> tuple[np.ndarray | None, ...]:
    """Return the expression scores of each frame, (52,), or None where the face is missing."""
    seen: tuple[Face, ...] = ()
    scores: list[np.ndarray | None] = []
    for frame in frames:
        found = tracker.track(frame.image, seen)
        scores.append(found[0].scores if found else None)
        seen = found or seen
    return tuple(scores)


def _clear(image: np.ndarray) -> np.ndarray:
    """Return where nobody is, with a margin, (h, w) bool."""
    reach = 2 * max(1, round(_MARGIN * image.shape[1])) + 1
    someone = (person(image) > 0.5).astype(np.uint8)
    return np.asarray(cv2.dilate(someone, np.ones((reach, reach), np.uint8)) == 0)


def _measure(
    sitter: Sitter, driver: Driver, engine: Engine, eyes: Eyes, settings: CrossSettings
) -> tuple[Measured, int]:
    """Measure one portrait under one driver; return what was seen, and the faces missed."""
    portrait = ready(sitter.image, engine, eyes.tracker, sitter.name)
    drive = Drive(portrait, driver.frames, eyes.tracker,
                  relative=True, reference=settings.reference)  # fmt: skip
    measured = Measured()
    shown = sheet.moments(range(len(driver.frames)))
    seen: tuple[Face, ...] = () if sitter.face is None else (sitter.face,)
    for frame, truth, scores in zip(drive, driver.frames, driver.scores, strict=True):
        measured.frames += 1
        found = eyes.tracker.track(frame.image, seen)
        measured.drawn_missed += not found
        seen = found[:1] or seen
        if found and scores is not None and found[0].scores is not None:
            measured.expression.update(found[0].scores, scores)
        if frame.index % settings.step == 0:
            _compare(measured, frame.image, sitter, eyes)
        if frame.index in shown:
            pictures = [sitter.image, truth.image, sheet.generated(frame.image)]
            measured.columns.append(sheet.column(pictures))
    return measured, drive.missed


def _compare(measured: Measured, image: np.ndarray, sitter: Sitter, eyes: Eyes) -> None:
    """Measure identity and background of one drawn frame."""
    if eyes.identity is not None and sitter.feature is not None:
        feature = eyes.identity.feature(image)
        if feature is not None:
            measured.cosines.append(csim(feature, sitter.feature))
    behind = sitter.background & _clear(image)
    if behind.mean() > 0.01:
        measured.background.update(image, sitter.image, behind)


def _numbers(measured: Measured) -> dict[str, Any]:
    numbers: dict[str, Any] = {}
    if measured.cosines:
        numbers["csim"] = float(np.mean(measured.cosines))
    scores = measured.expression.scores()
    if scores:
        numbers["correlation"] = float(np.mean([score.correlation for score in scores.values()]))
    groups = measured.expression.groups()
    numbers["correlations"] = {name: group.correlation for name, group in groups.items()}
    numbers["slopes"] = {name: group.slope for name, group in groups.items()}
    if measured.background.count:
        numbers["background"] = measured.background.compute()
    return numbers
