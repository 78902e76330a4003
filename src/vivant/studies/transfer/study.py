"""Transfer: one expression carried to another person at many strengths.

The question is that of github.com/aandvalenzuela/normalizing-flows (Valenzuela et al.,
CVPR workshops 2021): how much of an expression can be carried over before the result
is no longer the person that it was? There Glow adds a share of an expression to a
face in its latent space; here an engine's setting `strength` is that share.

    own mean     there: the mean of an identity's pictures; here: the portrait as it is
    source mean  there: likewise of who shows the expression; here: the driver at rest
    likeliness   there: distance of two unit vectors of an Inception-ResNet-V1; here: of
                 SFace, the same scale by another network; dlib's beside it
    intensities  there: OpenFace 2.0; here: `vivant.action_units`, a mapping of scores
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import Any, ClassVar, Final

from vivant import action_units
from vivant.engines import settings_class
from vivant.errors import AskedWrongly, VivantError
from vivant.metrics.aed_euclidean import aed_euclidean
from vivant.metrics.identity_distance import identity_distance
from vivant.studies import clips, inputs, sheet
from vivant.studies.cross.study import chosen
from vivant.studies.drive import Drive, ready
from vivant.studies.looking import Eyes, Look, missing
from vivant.studies.report.parts import Part
from vivant.studies.settings import TransferSettings
from vivant.studies.study import Done, Job, Method, Outcome
from vivant.studies.transfer import report as transferreport
from vivant.studies.transfer import tables as transfertables
from vivant.studies.transfer.peaks import Peak, peaks
from vivant.studies.transfer.strengths import ALL, SHOWN, named
from vivant.types import Frame

_SETTLE: Final = 4
"""The peak is shown so many times, a second apart, so that nothing of smoothing is left."""


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """Whose expression is carried over."""

    rest: Look
    peak: Look
    frames: tuple[Frame, ...]
    """The driver as the engine sees it: its rest, then the peak, standing."""


@dataclass(frozen=True, slots=True, eq=False)
class Tools:
    """What every job needs, loaded once a process."""

    eyes: Eyes
    sources: dict[str, Source] = field(default_factory=dict)
    """Expression to source."""


@dataclass(frozen=True)
class TransferStudy:
    """The study of portraits and drivers; see the module."""

    name: ClassVar[str] = "transfer"
    title: ClassVar[str] = "Expressions carried over at many strengths"
    portraits: tuple[inputs.Item, ...]
    sources: tuple[Peak, ...]
    methods: tuple[Method, ...]
    settings: TransferSettings
    unable: tuple[str, ...] = ()
    """Methods that were asked for and have no setting `strength`."""

    @classmethod
    def of(
        cls,
        portraits: Path,
        drivers: Path,
        methods: Sequence[Method],
        settings: TransferSettings | None = None,
    ) -> TransferStudy:
        """Return the study of two folders or manifests; all drivers are looked at.

        Raises:
            PathRefused: one is missing or holds none of what is wanted.
            AskedWrongly: no engine has a setting `strength`.
            VivantError: no driver shows an expression.
        """
        asked = settings or TransferSettings()
        able = [one for one in methods if hasattr(settings_class(one.name)(), "strength")]
        unable = tuple(one.label for one in methods if one not in able)
        if not able:
            raise AskedWrongly(
                f"{', '.join(unable)}: no setting `strength`, which this study varies; "
                f"take an engine that has it, such as mesh."
            )
        sitters = chosen(inputs.find(portraits, clips.PICTURES, "portrait"),
                         asked.portraits_most, asked.seed)  # fmt: skip
        tracker = Eyes(faces=False).tracker
        found = peaks(inputs.find(drivers, clips.VIDEOS, "clip"), tracker,
                      asked.frames, asked.size)  # fmt: skip
        return cls(sitters, found, tuple(able), asked, unable)

    def inputs(self) -> list[dict[str, Any]]:
        """Return portraits and drivers."""
        drivers = {peak.item.name: peak.item for peak in self.sources}
        return [item.plain("portrait") for item in self.portraits] + [
            item.plain("driver") for item in drivers.values()
        ]

    def jobs(self) -> list[Job]:
        """Return a job for each expression and portrait."""
        return [
            Job(f"{peak.expression}--{portrait.name}", (portrait, peak.item), (
                ("expression", peak.expression), ("rest", peak.rest), ("peak", peak.frame),
            ))
            for peak in self.sources
            for portrait in self.portraits
        ]  # fmt: skip

    def open(self) -> Tools:
        """Load the eyes; engines are opened as they are needed, one a strength."""
        return Tools(Eyes())

    def measure(self, tools: Tools, job: Job) -> Outcome:
        """Carry one expression to one portrait at all strengths.

        Raises:
            VivantError: the portrait cannot be animated, or shows no face to be looked at.
        """
        portrait, performer = job.items
        if job["expression"] not in tools.sources:
            tools.sources[job["expression"]] = self._source(tools, job)
        source = tools.sources[job["expression"]]
        own = tools.eyes.look(clips.read_portrait(portrait.path, self.settings.size))
        outcome = Outcome(detail={"own": _units(own), "source": _units(source.peak)})
        for method in self.methods:
            columns = []
            for strength, drawn, seconds in self._drawn(method, own, source, tools.eyes):
                outcome.add(method.label, {
                    "key": f"{job.key}--{named(strength)}", "expression": job["expression"],
                    "target": portrait.name, "source": performer.name,
                    "identity": portrait.identity, "category": portrait.category,
                    "strength": named(strength), **_numbers(drawn, own, source),
                    "seconds": seconds,
                })  # fmt: skip
                if strength in SHOWN:
                    pictures = [own.image, source.peak.image, sheet.generated(drawn.image)]
                    columns.append(sheet.column(pictures))
            last = outcome.rows[-1]
            outcome.sheets[method.label] = (float(last.get("own", 0.0)), columns)
        return outcome

    def _source(self, tools: Tools, job: Job) -> Source:
        last = max(job["rest"], job["peak"])
        frames = clips.read_frames(job.items[1].path, last + 1, self.settings.size)
        rest, peak = frames[job["rest"]].image, frames[job["peak"]].image
        shown = [rest, *[peak] * _SETTLE]
        return Source(
            tools.eyes.look(rest),
            tools.eyes.look(peak),
            tuple(Frame(image, index, Fraction(index)) for index, image in enumerate(shown)),
        )

    def _drawn(
        self, method: Method, own: Look, source: Source, eyes: Eyes
    ) -> Iterator[tuple[float, Look, float]]:
        """Yield each strength with what it drew and the seconds it took."""
        for strength in ALL:
            begun = time.process_time()
            given = dict(method.settings) | {"strength": strength}
            engine = replace(method, settings=tuple(given.items())).open()
            portrait = ready(own.image, engine, eyes.tracker, "the portrait")
            drive = Drive(portrait, source.frames, eyes.tracker, relative=True, reference="0")
            *_, last = drive
            yield strength, eyes.look(last.image, own.near), time.process_time() - begun

    def metrics(self) -> dict[str, dict[str, Any]]:
        """Return the measures."""
        return transferreport.metrics()

    def not_measured(self) -> dict[str, str]:
        """Return what is not installed."""
        gone = missing()
        told = {name: gone["csim"] for name in ("own", "foreign", "between") if "csim" in gone}
        if "csim_dlib" in gone:
            told |= dict.fromkeys(("own_dlib", "foreign_dlib"), gone["csim_dlib"])
        return told

    def whole(self, done: Sequence[Done]) -> dict[str, dict[str, float]]:
        """Return nothing: all is measured picture by picture."""
        return {}

    def extra(self, done: Sequence[Done]) -> dict[str, Any]:
        """Return the curves over strength, what is concluded, and the sources."""
        sources = [
            {"expression": peak.expression, "driver": peak.item.name, "rest": peak.rest,
             "frame": peak.frame, "rise": peak.rise}
            for peak in self.sources
        ]  # fmt: skip
        labels = [method.label for method in self.methods]
        return {
            "sources": sources,
            "unable": list(self.unable),
            "methods": transferreport.curves(done, labels),
        }

    def parts(self, plain: Mapping[str, Any], done: Sequence[Done]) -> list[Part]:
        """Return what the report shows first."""
        return transferreport.parts(plain)

    def files(self, plain: Mapping[str, Any], done: Sequence[Done]) -> dict[str, str]:
        """Return the tables in the columns of the published ones."""
        return transfertables.tables(plain, done)


def _units(look: Look) -> list[float]:
    """Return the intensities of the Action Units.

    Raises:
        VivantError: there is no face.
    """
    if look.face is None or look.face.scores is None:
        raise VivantError("no face to be looked at")
    return [float(value) for value in action_units.intensities(look.face.scores)]


def _numbers(drawn: Look, own: Look, source: Source) -> dict[str, Any]:
    """Return the measures of one result; those of what is not seen in it are left out."""
    found: dict[str, Any] = {}
    pairs = {"own": (drawn, own), "foreign": (drawn, source.rest), "between": (own, source.rest)}
    for name, (a, b) in pairs.items():
        if a.identity is not None and b.identity is not None:
            found[name] = identity_distance(a.identity, b.identity)
        if a.second_identity is not None and b.second_identity is not None:
            found[f"{name}_dlib"] = aed_euclidean(a.second_identity, b.second_identity)
    reached = _reached(drawn, own, source)
    if reached is not None:
        found["reached"] = reached
    if drawn.face is not None and drawn.face.scores is not None:
        names = (f"{name}_r" for name in action_units.INTENSITY_NAMES)
        found["units"] = dict(zip(names, _units(drawn), strict=True))
    return found


def _reached(drawn: Look, own: Look, source: Source) -> float | None:
    """Return how much of the source's change of scores the result shows; 1 is all of it."""
    faces = [look.face for look in (drawn, own, source.peak, source.rest)]
    scores = [face.scores for face in faces if face is not None and face.scores is not None]
    if len(scores) < len(faces):
        return None
    mine, theirs = scores[0] - scores[1], scores[2] - scores[3]
    return float(mine @ theirs / max(float(theirs @ theirs), 1e-9))
