"""Drawn frames against true ones, by every metric that is at hand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

import numpy as np

from vivant.metrics import dlib68, sface
from vivant.metrics.akd import Akd
from vivant.metrics.base import Mean
from vivant.metrics.csim import Csim
from vivant.metrics.l1 import L1
from vivant.metrics.psnr import Psnr
from vivant.metrics.ssim import Ssim

PICTURE: Final[tuple[type[Mean], ...]] = (L1, Psnr, Ssim)
NAMES: Final[dict[str, type[Mean]]] = {
    "l1": L1,
    "psnr": Psnr,
    "ssim": Ssim,
    "akd": Akd,
    "csim": Csim,
}
"""Metric to its class; the last two are there where their packages are installed."""


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """A picture and what the second opinions see in it, worked out once."""

    image: np.ndarray
    points: np.ndarray | None = None
    """(68, 2) pixels; None where nobody looked or no face was found."""
    feature: np.ndarray | None = None
    """(128,) identity; None likewise."""


class Viewer:
    """Looks at pictures with what is installed: dlib's landmarks, SFace's identity."""

    def __init__(self, faces: bool = True) -> None:
        """Load what there is; `faces` False looks at no face at all."""
        self._landmarks = dlib68.Dlib68() if faces and dlib68.available() else None
        self._identity = sface.Sface() if faces and sface.available() else None

    @property
    def missing(self) -> tuple[str, ...]:
        """Metrics that this viewer cannot serve."""
        lacking = {"akd": self._landmarks is None, "csim": self._identity is None}
        return tuple(name for name, lacks in lacking.items() if lacks)

    def look(self, image: np.ndarray) -> Seen:
        """Look at one picture, (h, w, 3) uint8 RGB."""
        return Seen(
            image,
            None if self._landmarks is None else self._landmarks.points(image),
            None if self._identity is None else self._identity.feature(image),
        )


class Judge:
    """All metrics of one method on one clip, under way."""

    def __init__(self) -> None:
        self._l1, self._psnr, self._ssim = L1(peak=255), Psnr(peak=255), Ssim(peak=255)
        self._akd, self._csim = Akd(), Csim()

    def update(self, drawn: Seen, truth: Seen) -> None:
        """Add one frame. Where either shows no face, the face metrics leave it out."""
        for metric in (self._l1, self._psnr, self._ssim):
            metric.update(drawn.image, truth.image)
        if drawn.points is not None and truth.points is not None:
            self._akd.update(drawn.points, truth.points)
        if drawn.feature is not None and truth.feature is not None:
            self._csim.update(drawn.feature, truth.feature)

    def _all(self) -> dict[str, Mean]:
        metrics = (self._l1, self._psnr, self._ssim, self._akd, self._csim)
        return dict(zip(NAMES, metrics, strict=True))

    def merge(self, other: Self) -> None:
        """Take in what another process or thread has added."""
        for mine, theirs in zip(self._all().values(), other._all().values(), strict=True):
            mine.merge(theirs)

    def compute(self) -> dict[str, float]:
        """Return metric to mean, of those that could be measured."""
        return {name: metric.compute() for name, metric in self._all().items() if metric.count}
