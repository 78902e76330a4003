"""Suitability: which portraits can be animated, and which better not.

The questions are those of github.com/dldyou2/opensw23-E1I3, asked there of one
engine by eye: how large is the face, where is it in the picture, what does the
portrait show, and what does its mouth do. Here each portrait is placed anew, driven
by the drivers that move the most, and scored by `vivant.studies.suitability.rubric`. What
cannot be animated gets 0 points, and the reason is told.

The tracker that drives is the one that measures: it is no second opinion.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Final

import numpy as np

from vivant.engines import Engine
from vivant.errors import FaceTooSmall, NoFaceFound, UnsuitablePortrait
from vivant.faces.closeup import Closeup
from vivant.faces.findings import teeth
from vivant.faces.suitability import suitability
from vivant.metrics.csim import csim
from vivant.studies import clips, inputs, sheet
from vivant.studies.drive import Drive, ready
from vivant.studies.looking import Eyes, Look, missing
from vivant.studies.report.parts import Part
from vivant.studies.settings import SuitabilitySettings
from vivant.studies.study import Done, Job, Method, Outcome
from vivant.studies.suitability import picking, rubric
from vivant.studies.suitability import report as fitnessreport
from vivant.studies.suitability.following import Trace, gap
from vivant.studies.suitability.picking import Sample
from vivant.studies.suitability.placing import POSITIONS, SIZES, Place, placed
from vivant.types import Face, Frame

_SELDOM: Final = 10
"""Identity is read on every so many drawn frames."""
_OPEN: Final = 0.35
"""Centimetres between a driver's lips from which what shows between them is compared."""
_WIDE: Final = 0.6
"""... and the share of its widest gap."""
_INSIDES: Final = 8
"""So many frames at most, spread evenly, are looked into."""


@dataclass(frozen=True, slots=True, eq=False)
class Driver:
    """A driver, looked at once."""

    frames: tuple[Frame, ...]
    faces: tuple[Face | None, ...]
    rest: int
    """The frame at which it is nearest to rest: the reference."""
    insides: Mapping[int, float]
    """Frame to the share of teeth between the lips, of those where the mouth is open."""

    @property
    def at_rest(self) -> Face:
        """The face of the reference."""
        face = self.faces[self.rest]
        assert face is not None
        return face


@dataclass(frozen=True, slots=True, eq=False)
class Tools:
    """What every job needs, loaded once a process."""

    engines: Mapping[str, Engine]
    eyes: Eyes
    drivers: dict[Path, Driver] = field(default_factory=dict)


@dataclass(frozen=True)
class SuitabilityStudy:
    """The study of portraits and drivers; see the module."""

    name: ClassVar[str] = "suitability"
    title: ClassVar[str] = "Which portraits can be animated"
    samples: tuple[Sample, ...]
    drivers: tuple[inputs.Item, ...]
    methods: tuple[Method, ...]
    settings: SuitabilitySettings

    @classmethod
    def of(
        cls,
        portraits: Path,
        drivers: Path,
        methods: Sequence[Method],
        settings: SuitabilitySettings | None = None,
    ) -> SuitabilityStudy:
        """Return the study of two folders or manifests; all of their files are looked at.

        Raises:
            PathRefused: one is missing or holds none of what is wanted.
            VivantError: no driver shows a face.
        """
        asked = settings or SuitabilitySettings()
        tracker = Eyes(faces=False).tracker
        found = picking.samples(
            picking.pictures(portraits), tracker, asked.portraits_most, asked.seed
        )
        performers = picking.telling(inputs.find(drivers, clips.VIDEOS, "clip"), tracker,
                                     asked.drivers_most, asked.frames, asked.size)  # fmt: skip
        return cls(tuple(found), performers, tuple(methods), asked)

    def inputs(self) -> list[dict[str, Any]]:
        """Return portraits and drivers."""
        return [one.item.plain("portrait") for one in self.samples] + [
            item.plain("driver") for item in self.drivers
        ]

    def jobs(self) -> list[Job]:
        """Return a job for each portrait and driver: all its places are tried in one go."""
        return [
            Job(f"{one.item.name}--{driver.name}", (one.item, driver), (
                ("subject", one.subject), ("mouth", one.mouth), ("questions", one.questions),
            ))
            for driver in self.drivers
            for one in self.samples
        ]  # fmt: skip

    def open(self) -> Tools:
        """Load engines and eyes."""
        return Tools({one.label: one.open() for one in self.methods}, Eyes())

    def measure(self, tools: Tools, job: Job) -> Outcome:
        """Measure one portrait at all its places under one driver.

        Raises:
            VivantError: the driver shows no face, or a file cannot be read.
        """
        portrait, performer = job.items
        if performer.path not in tools.drivers:
            tools.drivers[performer.path] = _read(performer, tools, self.settings)
        driver = tools.drivers[performer.path]
        outcome = Outcome()
        for place, picture in _pictures(job, tools, driver, self.settings.size):
            for label, engine in tools.engines.items():
                begun = time.process_time()
                trial = Trial(picture, driver, engine, tools.eyes)
                score = rubric.scored(trial.seen, animal=job["subject"] == "animal")
                row = {
                    "key": f"{job.key}--{place.name}", "portrait": portrait.name,
                    "driver": performer.name, "identity": portrait.identity,
                    "subject": job["subject"], "mouth_state": job["mouth"],
                    **_answers(job, place), "problem": trial.problem,
                    "frames": trial.frames, "score": score.total,
                    **{part: 10 * share for part, share in score.parts.items()},
                    "points": dict(score.points), **trial.numbers(),
                    "seconds": time.process_time() - begun,
                }  # fmt: skip
                outcome.add(label, row)
                if place == _SAME and trial.columns:
                    outcome.sheets[label] = (-score.total, trial.columns)
        return outcome

    def metrics(self) -> dict[str, dict[str, Any]]:
        """Return the measures."""
        return fitnessreport.metrics()

    def not_measured(self) -> dict[str, str]:
        """Return what is not installed."""
        return {name: why for name, why in missing().items() if name == "csim"}

    def whole(self, done: Sequence[Done]) -> dict[str, dict[str, float]]:
        """Return nothing: all is measured picture by picture."""
        return {}

    def extra(self, done: Sequence[Done]) -> dict[str, Any]:
        """Return the answers to the questions, with what is concluded."""
        return fitnessreport.extra(done, [method.label for method in self.methods])

    def parts(self, plain: Mapping[str, Any], done: Sequence[Done]) -> list[Part]:
        """Return what the report shows first."""
        return fitnessreport.parts(plain)


_SAME: Final = Place("same")


def _read(item: inputs.Item, tools: Tools, settings: SuitabilitySettings) -> Driver:
    frames = clips.read_frames(item.path, settings.frames, settings.size)
    faces = tuple(picking.followed(frames, tools.eyes.tracker))
    rest = picking.calmest(faces)
    resting = faces[rest]
    assert resting is not None
    gaps = {
        index: float(gap(face, resting)[0]) for index, face in enumerate(faces) if face is not None
    }
    widest = max(gaps.values())
    wide = [index for index, apart in gaps.items() if apart >= max(_OPEN, _WIDE * widest)]
    shown = sheet.moments(wide, _INSIDES) if wide else ()
    insides = {index: _teeth(frames[index].image, faces[index]) for index in sorted(shown)}
    return Driver(frames, faces, rest, insides)


def _teeth(image: np.ndarray, face: Face | None) -> float:
    return 0.0 if face is None else teeth(Closeup.of(image, face))


def _pictures(job: Job, tools: Tools, driver: Driver, side: int) -> Iterator[tuple[Place, Look]]:
    """Yield the portrait at each place that it is tried at."""
    image = clips.read_portrait(job.items[0].path, 1024)
    faces = tools.eyes.tracker.detect(image)
    if not faces:  # nothing to place: as it is, to be told that it cannot be animated
        yield _SAME, tools.eyes.look(clips.shrunk(image, side))
        return
    tried = [_SAME]
    tried += [place for place in SIZES if "size" in job["questions"] and place != _SAME]
    tried += [place for place in POSITIONS[1:] if "position" in job["questions"]]
    length = max(driver.at_rest.box[2:])
    for place in tried:
        yield place, tools.eyes.look(placed(image, faces[0], place, length, side))


def _answers(job: Job, place: Place) -> dict[str, Any]:
    """Return question to the answer that a row is evidence for."""
    asked = job["questions"]
    found = {}
    if "size" in asked and place in SIZES:
        found["size"] = place.name
    if "position" in asked and (place == _SAME or place in POSITIONS):
        found["position"] = POSITIONS[0].name if place == _SAME else place.name
    if place == _SAME:
        found |= {name: job[name] for name in ("subject", "mouth") if name in asked}
    return {"answers": found}


class Trial:
    """One picture driven by one driver with one engine, measured."""

    def __init__(self, picture: Look, driver: Driver, engine: Engine, eyes: Eyes) -> None:
        """Drive and measure; what cannot be animated leaves `problem`."""
        self._picture, self._driver, self._eyes = picture, driver, eyes
        self.problem = ""
        self.seen = rubric.Seen()
        self.frames = 0
        self.columns: list[np.ndarray] = []
        try:
            portrait = ready(picture.image, engine, eyes.tracker, "this picture")
        except (NoFaceFound, FaceTooSmall, UnsuitablePortrait) as why:
            self.problem = str(why)
            return
        drive = Drive(portrait, driver.frames, eyes.tracker,
                      relative=True, reference=str(driver.rest))  # fmt: skip
        assert portrait.tracked is not None
        self._measure(drive, portrait.tracked)

    def _measure(self, drive: Drive, at_rest: Face) -> None:
        trace = Trace(at_rest, self._driver.at_rest)
        cosines, opens, apart = [], [], []
        shown = sheet.moments(range(len(self._driver.frames)))
        near: tuple[Face, ...] = (at_rest,)
        for frame in drive:
            truth = self._driver.faces[frame.index]
            look = self._eyes.look(frame.image, near)
            near = look.seen() or near
            if truth is not None:
                trace.update(look.face, truth)
            if frame.index in self._driver.insides and look.face and truth:
                opens.append(float((gap(look.face, at_rest) / gap(truth, self._driver.at_rest))[0]))
                shown_teeth = _teeth(frame.image, look.face)
                apart.append(abs(shown_teeth - self._driver.insides[frame.index]))
            if frame.index % _SELDOM == 0:
                cosines += self._alike(look)
            if frame.index in shown:
                pictures = [self._picture.image, self._driver.frames[frame.index].image]
                self.columns.append(sheet.column([*pictures, sheet.generated(frame.image)]))
        self.frames = trace.frames
        self.seen = rubric.Seen(
            trace.compute(), trace.lost / max(trace.frames, 1), trace.squeezed(),
            rubric.Inside(float(np.mean(opens)), float(np.mean(apart))) if opens else None,
            float(np.mean(cosines)) if cosines else None,
        )  # fmt: skip

    def _alike(self, look: Look) -> list[float]:
        mine, own = look.identity, self._picture.identity
        return [] if mine is None or own is None else [csim(mine, own)]

    def numbers(self) -> dict[str, Any]:
        """Return what the points were made from, and what `vivant inspect` says of the picture."""
        found: dict[str, Any] = {"advice": 0.0, "face": 0}
        if self._picture.face is not None:
            face = self._picture.face
            told = suitability(self._picture.image, face, self._eyes.tracker)
            found = {"advice": float(told.score), "face": round(min(face.box[2:]))}
        if self.problem:
            return found
        found |= {"lost": self.seen.lost, "squeeze": self.seen.squeeze}
        if self.seen.identity is not None:
            found["csim"] = self.seen.identity
        if self.seen.inside is not None:
            found["inside"] = {"opens": self.seen.inside.opens, "teeth": self.seen.inside.teeth}
        return found | {
            "follows": {
                name: {"correlation": one.correlation, "slope": one.slope}
                for name, one in self.seen.following.items() if one.asked
            }
        }  # fmt: skip
