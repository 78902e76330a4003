"""Online classes: the same performance with the face filling the frame, a tenth, and 3 % of it.

The three scenarios of Park et al. 2023 (doi:10.1038/s41598-023-31408-y) are composed
from clips (`vivant.studies.scenarios.composition`): attendance (face over 50 % of the frame),
examination (about 10 %) and presentation (about 3 %). Two roles:

- `reenact`: the source, seated in the target's place in the same room, is driven by the
  target video; its first frame counts as rest.
- `swap`: the target video stays, and the expression of the source's picture is held on
  its face. Engines that cannot keep a pose cannot take this role; that is no failure.

In both the drawn frame is compared with the frame of the target video at the same
time, once as a whole and once in the face region: the target's face box, 1.3 times as
large. What looks at faces looks at a close-up, a square of 1.8 face boxes of the target
at 256x256, so that its numbers do not depend on the size of the frame.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Final

from vivant.engines import Engine
from vivant.errors import VivantError
from vivant.studies import clips, inputs
from vivant.studies.inputs import Item
from vivant.studies.looking import Eyes, missing
from vivant.studies.report.parts import Part
from vivant.studies.scenarios import composing, detecting
from vivant.studies.scenarios import report as scenariosreport
from vivant.studies.scenarios.acting import Acting, able
from vivant.studies.scenarios.casting import cast
from vivant.studies.scenarios.composing import Class, Source
from vivant.studies.scenarios.composition import NAMES, named
from vivant.studies.scenarios.marking import MEASURES, Marks, metrics
from vivant.studies.settings import ScenariosSettings
from vivant.studies.study import Done, Job, Method, Outcome

_HELD: Final = 3
"""Composed videos, or clips, that a process keeps at hand."""


@dataclass(frozen=True, slots=True, eq=False)
class Tools:
    """What every job needs, loaded once a process."""

    engines: Mapping[str, Engine]
    eyes: Eyes
    detectors: Mapping[str, detecting.Detector]
    held: OrderedDict[tuple[str, ...], Any] = field(default_factory=OrderedDict)
    """What earlier jobs have made and later ones may want."""

    def keep(self, key: tuple[str, ...], make: Callable[[], Any]) -> Any:
        """Return what is held under a key, made where it is not; the oldest goes."""
        if key not in self.held:
            self.held[key] = make()
            while len(self.held) > _HELD:
                self.held.popitem(last=False)
        return self.held[key]


@dataclass(frozen=True)
class ScenariosStudy:
    """The study of sources and target videos; see the module."""

    name: ClassVar[str] = "scenarios"
    title: ClassVar[str] = "Online-class scenarios"
    sources: tuple[Item, ...]
    targets: tuple[Item, ...]
    methods: tuple[Method, ...]
    settings: ScenariosSettings
    detectors: tuple[detecting.Named, ...] = ()
    left_out: tuple[tuple[str, str], ...] = ()
    """File to why nobody could be seated from it."""

    @classmethod
    def of(
        cls,
        portraits: Path,
        targets: Path,
        methods: Sequence[Method],
        settings: ScenariosSettings | None = None,
        detectors: Sequence[detecting.Named] | None = None,
    ) -> ScenariosStudy:
        """Return the study of two folders or manifests.

        Args:
            portraits: source pictures.
            targets: clips of heads and shoulders, of which target videos are composed.
            methods: what draws.
            settings: how.
            detectors: who judges whether a picture is synthetic; those installed where None.

        Raises:
            PathRefused: one is missing, or holds nothing that can be seated in a class.
        """
        settings = settings or ScenariosSettings()
        seed = settings.seed
        videos, odd = cast(inputs.find(targets, clips.VIDEOS, "clip"), settings.targets_most, seed)
        others = [item.identity for item in videos]
        pictures, odder = cast(
            inputs.find(portraits, clips.PICTURES, "portrait"), settings.sources_most, seed, others
        )
        judges = detecting.installed() if detectors is None else tuple(detectors)
        return cls(pictures, videos, tuple(methods), settings, judges,
                   tuple((odd | odder).items()))  # fmt: skip

    def inputs(self) -> list[dict[str, Any]]:
        """Return sources and targets."""
        return [item.plain("source") for item in self.sources] + [
            item.plain("target") for item in self.targets
        ]

    def jobs(self) -> list[Job]:
        """Return a job a scenario, role, source and target, target by target.

        Detectors are in the key: what was measured without them is measured anew.
        """
        judges = "".join(f"--{judge.name}" for judge in self.detectors)
        return [
            Job(f"{scenario}--{role}--{source.name}--{target.name}{judges}", (source, target),
                (("scenario", scenario), ("role", role)))
            for target in self.targets
            for scenario in NAMES
            for role in self.settings.each_role
            for source in self.sources
        ]  # fmt: skip

    def open(self) -> Tools:
        """Load engines, eyes and detectors."""
        faces = self.settings.faces
        return Tools(
            {method.label: method.open() for method in self.methods},
            Eyes(faces=faces),
            {named.name: named.open() for named in self.detectors},
        )

    def measure(self, tools: Tools, job: Job) -> Outcome:
        """Measure one source with one target in one scenario and role.

        Raises:
            VivantError: one of them shows no face, or the video is too short.
        """
        source_item, target_item = job.items
        scenario, role, settings = named(job["scenario"]), job["role"], self.settings
        outcome = Outcome()
        ready = {label: one for label, one in tools.engines.items() if able(one, role)}
        outcome.detail["unable"] = [label for label in tools.engines if label not in ready]
        if not ready:
            return outcome
        clip = tools.keep(
            ("clip", target_item.name),
            lambda: composing.read_clip(target_item, settings, tools.eyes),
        )
        target: Class = tools.keep(
            (scenario.name, target_item.name),
            lambda: composing.compose(scenario, clip, settings, tools.eyes),
        )
        source: Source = tools.keep(
            ("source", source_item.name), lambda: composing.read_source(source_item, tools.eyes)
        )
        shown, other = source_item, target_item
        if role != "reenact":
            shown, other = other, shown
        told = {"scenario": scenario.name, "role": role, "source": source_item.name,
                "target": target_item.name, "identity": shown.identity,
                "driver_identity": other.identity, "category": shown.category}  # fmt: skip
        probabilities: dict[str, Any] = {}
        for label, engine in ready.items():
            begun = time.process_time()
            marks = Marks(target, source, role, tools.eyes, tools.detectors)
            self._draw(engine, marks, (source, target), tools)
            outcome.sheets[label] = marks.sheet()
            probabilities[label] = marks.probabilities
            found = {**marks.compute(), "seconds": time.process_time() - begun}
            outcome.add(label, {**told, **target.told(), **self._nested(role, found)})
        outcome.detail["probabilities"] = {"drawn": probabilities, "true": target.probabilities}
        return outcome

    def _nested(self, role: str, found: dict[str, Any]) -> dict[str, Any]:
        """Put the measures of `swap` apart where `reenact` is measured too.

        Not every engine can swap: means over both would compare different work.
        """
        if role == "reenact" or "reenact" not in self.settings.each_role:
            return found
        measures = {name: value for name, value in found.items() if isinstance(value, float)}
        return {name: value for name, value in found.items() if name not in measures} | {
            role: measures
        }

    def _draw(self, engine: Engine, marks: Marks, pair: tuple[Source, Class], tools: Tools) -> None:
        """Draw all frames and mark those that are wanted."""
        source, target = pair
        acting = Acting(target.frames)
        if marks.role == "reenact":
            seated = composing.seat_source(source, target)
            drawn = acting.reenact(seated, engine, tools.eyes.tracker)
        else:
            drawn = acting.swap(source.scores, engine, tools.eyes.tracker)
        for frame in drawn:
            marks.update(frame)
        if len(acting.delays) < 2:
            raise VivantError(f"{target.name}: only {len(acting.delays)} frames were drawn")
        marks.speed = acting.compute()

    def metrics(self) -> dict[str, dict[str, Any]]:
        """Return all measures."""
        return metrics([judge.name for judge in self.detectors])

    def not_measured(self) -> dict[str, str]:
        """Return what is not installed."""
        faces = self.settings.faces
        found = {name: why for name, why in missing(faces=faces).items()
                 if name in MEASURES}  # fmt: skip
        if not self.detectors:
            found["detection"] = (
                f"no detector of synthetic pictures was asked: name one, as --detector small; "
                f"packages offer others by an entry point in the group {detecting.GROUP}"
            )
        return found

    def whole(self, done: Sequence[Done]) -> dict[str, dict[str, float]]:
        """Return nothing: every measure has rows."""
        return {}

    def extra(self, done: Sequence[Done]) -> dict[str, Any]:
        """Return means and comparisons by scenario and role, and what detectors say."""
        directions = {name: told["higher_is_better"] for name, told in self.metrics().items()}
        labels = [method.label for method in self.methods]
        return {
            **scenariosreport.extra(done, labels, directions),
            "left_out": dict(self.left_out),
        }

    def parts(self, plain: Mapping[str, Any], done: Sequence[Done]) -> list[Part]:
        """Return what the report shows first."""
        return scenariosreport.parts(plain)
