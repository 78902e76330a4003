"""One clip or picture against another, by every metric that can be had."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from vivant.metrics import inception, lpips
from vivant.metrics.catalogue import DISTRIBUTION, METRICS
from vivant.metrics.flicker import LEAST
from vivant.metrics.lpips import Lpips
from vivant.metrics.missed import Missed
from vivant.studies.judge import FRAME, PICTURE, Judge, told
from vivant.studies.looking import Eyes, Look, missing
from vivant.studies.overtime import BESIDE, BLINKS, OVER_TIME, OverTime
from vivant.studies.pairs import Clip, pairs
from vivant.types import Face
from vivant.weights.added import KNOWN, added, folder

NOT_ASKED: Final = "not asked for."
"""Why a metric has no value that was left out on purpose."""
FRECHET: Final = "frechet_efficientnet_lite0"
KID: Final = "kid_efficientnet_lite0"
FID: Final = "fid_inception"
TIME: Final = (*OVER_TIME, *BESIDE)


@dataclass(frozen=True, slots=True)
class Scored:
    """One metric of the whole clip."""

    value: float
    unit: str
    higher_is_better: bool | None
    frames: int
    """Those that it could be measured on."""


@dataclass(frozen=True, slots=True)
class Score:
    """What `score` found."""

    frames: int
    width: int
    height: int
    lossy: tuple[str, ...]
    """Inputs whose pixels have been through a codec that changes them."""
    metrics: dict[str, Scored]
    not_measured: dict[str, str]
    """Metric to why it has no value."""
    blinks: dict[str, int] | None = None
    """How many blinks were `hit`, `false` and `missed`; None where no face was looked for."""

    def to_json(self) -> dict[str, Any]:
        """Return every metric by its name, and beside them what is told of the inputs."""
        return {
            **{name: asdict(scored) for name, scored in self.metrics.items()},
            "not_measured": self.not_measured,
            "blinks": self.blinks,
            "frames": self.frames,
            "width": self.width,
            "height": self.height,
            "lossy": list(self.lossy),
        }


def score(
    generated: Path,
    reference: Path,
    *,
    faces: bool = True,
    on_frame: Callable[[int], None] | None = None,
) -> Score:
    """Measure how near a clip or picture comes to another.

    Args:
        generated: a picture, a video, or a folder of pictures.
        reference: what it should be: the same number of frames of the same size.
        faces: False compares pixels only, which takes a fraction of the time.
        on_frame: called with the number of frames measured so far.

    Raises:
        AskedWrongly: the two differ in size or length, or cannot be read.
        MediaError: either is damaged.
    """
    panel = _Panel(faces=faces)
    frames, shape = 0, (0, 0)
    with Clip(generated) as drawn, Clip(reference) as true:
        lossy = tuple(dict.fromkeys(str(clip.path) for clip in (drawn, true) if clip.lossy))
        for image, target in pairs(drawn, true):
            panel.update(image, target)
            frames, shape = frames + 1, image.shape[:2]
            if on_frame is not None:
                on_frame(frames)
    metrics, not_measured = panel.compute()
    blinks = panel.blinks()
    return Score(frames, shape[1], shape[0], lossy, metrics, not_measured, blinks)


class _Panel:
    """All metrics of one pair of clips, under way."""

    def __init__(self, *, faces: bool) -> None:
        self._eyes = Eyes(faces=faces)
        self._judge, self._over_time = Judge(FRAME if faces else PICTURE), OverTime()
        self._faces, self._missed = faces, Missed()
        self._near: list[tuple[Face, ...]] = [(), ()]
        self._equal = self._seen = self._frames = 0
        self._sets: dict[str, Any] = {name: METRICS[name]() for name in DISTRIBUTION}
        self._lpips = Lpips()
        self._pair_network = lpips.LpipsNetwork() if faces and lpips.available() else None
        self._inception = inception.Inception() if faces and inception.available() else None

    def update(self, image: np.ndarray, target: np.ndarray) -> None:
        """Add one pair of frames; they come in order."""
        self._frames += 1
        self._equal += bool(np.array_equal(image, target))
        # Each follows its own face: of equal clips, equal things are seen.
        drawn, true = map(self._eyes.look, (image, target), self._near)
        self._judge.update(drawn, true)
        if self._faces:
            self._near = [drawn.seen(), true.seen()]
            self._missed.update(drawn.face is not None)
            self._seen += drawn.face is not None and true.face is not None
            if min(image.shape[:2]) >= LEAST:
                self._over_time.update(drawn, true)
        self._look_at_all(drawn, true)

    def _look_at_all(self, drawn: Look, true: Look) -> None:
        """Add what compares sets of pictures, and what networks of the user's say."""
        if drawn.features is not None and true.features is not None:
            for name in (FRECHET, KID):
                self._sets[name].update(drawn.features.pooled, true.features.pooled)
        if self._pair_network is not None:
            self._lpips.update(self._pair_network.distance(drawn.image, true.image))
        if self._inception is not None:
            look = self._inception.feature
            self._sets[FID].update(look(drawn.image), look(true.image))

    def compute(self) -> tuple[dict[str, Scored], dict[str, str]]:
        """Return what was measured, and why the rest was not."""
        values, counts = self._judge.compute(), self._judge.counts()
        if self._faces:
            values |= self._over_time.compute(TIME) | {"missed": self._missed.compute()}
            counts |= self._over_time.counts()
        if self._lpips.count:
            values["lpips"] = self._lpips.compute()
        for name, metric in self._sets.items():
            if metric.count >= 2 and getattr(metric, "enough", True):
                values[name] = metric.compute()
        values = {name: value for name, value in values.items() if math.isfinite(value)}
        tells = told(values)
        found = {
            name: Scored(
                value,
                tells[name]["unit"],
                tells[name]["higher_is_better"],
                counts.get(name, self._frames),
            )
            for name, value in values.items()
        }
        wanted = [*FRAME, *TIME, "missed", *DISTRIBUTION, "lpips"]
        return found, {name: self._why(name) for name in wanted if name not in found}

    def blinks(self) -> dict[str, int] | None:
        """Return how many blinks were hit, false and missed."""
        if not self._faces:
            return None
        return dict(zip(("hit", "false", "missed"), self._over_time.blinks(), strict=True))

    def _why(self, name: str) -> str:
        """Say why a metric has no value."""
        lacking = {**missing(), **{each: _not_added(each) for each in KNOWN if not added(each)}}
        if name in self._judge.undefined:
            return self._judge.undefined[name]
        if name == "psnr":
            return f"infinite: {self._equal} of {self._frames} frames equal their reference."
        if not self._faces and name not in PICTURE:
            return NOT_ASKED
        if name in lacking:
            return lacking[name]
        if name in DISTRIBUTION:
            least = 2 if name == KID else self._sets[name].length + 1
            return f"it means something from {least} frames on, and these are {self._frames}."
        if name in TIME and self._frames < 2:
            return "it takes at least two frames in a row."
        if name == BLINKS and self._seen:
            return "neither face blinks."
        if not self._seen:
            return "no face is seen in any frame of both."
        return "what it looks at is not seen, or does not move, or in too few frames."


def _not_added(name: str) -> str:
    return f"{folder() / KNOWN[name].file} is not there; docs/metrics.md tells how to add it."
