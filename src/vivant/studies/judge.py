"""Drawn frames against true ones, by every metric that is at hand."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final, NamedTuple, Self

from vivant.errors import Undefined
from vivant.metrics.catalogue import METRICS, about
from vivant.studies.looking import Look

PEAK: Final = 255
_DLIB: Final = "_dlib"
"""Ends the names of what is read by the second opinion."""


class Measure(NamedTuple):
    """A metric of one frame against another, and what it looks at."""

    make: Callable[[], Any]
    see: Callable[[Look], Any]
    """None where it cannot be seen in that picture."""


def _picture(name: str) -> Measure:
    return Measure(lambda: METRICS[name](peak=PEAK), lambda look: look.image)


def _of_face(name: str, see: Callable[[Any], Any]) -> Measure:
    return Measure(METRICS[name], lambda look: None if look.face is None else see(look.face))


PICTURE: Final = {
    name: _picture(name)
    for name in ("l1", "mse", "rmse", "psnr", "ssim", "ms_ssim", "uqi", "vif", "ergas", "rase")
}
"""Pixels against pixels."""
SEEN: Final = {
    "perceptual_efficientnet_lite0": Measure(
        METRICS["perceptual_efficientnet_lite0"], lambda look: look.features
    ),
}
"""What a network for pictures sees."""
FACE: Final = {
    "akd": Measure(METRICS["akd"], lambda look: look.points),
    "nmse": Measure(METRICS["nmse"], lambda look: look.points),
    "expression_distance": _of_face("expression_distance", lambda face: face.scores),
    "action_units": _of_face("action_units", lambda face: face.scores),
    "pose_error": _of_face("pose_error", lambda face: face.pose.rotation),
    "gaze_error": _of_face("gaze_error", lambda face: face.landmarks),
}
"""Where the face is and what it does."""
IDENTITY: Final = {
    "csim": Measure(METRICS["csim"], lambda look: look.identity),
    "aed": Measure(METRICS["aed"], lambda look: look.identity),
    "identity_distance": Measure(METRICS["identity_distance"], lambda look: look.identity),
}
"""Who it is."""
SECOND: Final = {
    "csim_dlib": Measure(METRICS["csim"], lambda look: look.second_identity),
    "identity_distance_dlib": Measure(
        METRICS["identity_distance"], lambda look: look.second_identity
    ),
}
"""Who it is by a second opinion, which takes the longest."""
FRAME: Final = PICTURE | SEEN | FACE | IDENTITY | SECOND
"""All of them."""


class Judge:
    """Measures of one method on one clip, frame by frame, under way."""

    def __init__(self, measures: Iterable[str] = FRAME) -> None:
        """Begin.

        Args:
            measures: names of `FRAME`.
        """
        self._metrics = {name: FRAME[name].make() for name in measures}
        self.undefined: dict[str, str] = {}
        """Measure to why it has no value on some frame; such frames are left out of it."""

    def update(self, drawn: Look, truth: Look, measures: Iterable[str] | None = None) -> None:
        """Add one frame.

        Where either picture does not show what a measure wants (no face, nobody
        installed to look), that measure leaves the frame out.

        Args:
            drawn: the frame that was drawn.
            truth: what it should be.
            measures: only these; all that the judge was made for where None.
        """
        for name in self._metrics if measures is None else measures:
            see = FRAME[name].see
            mine, theirs = see(drawn), see(truth)
            if mine is None or theirs is None:
                continue
            try:
                self._metrics[name].update(mine, theirs)
            except Undefined as why:
                self.undefined[name] = str(why)

    def merge(self, other: Self) -> None:
        """Take in what another process or thread has added."""
        for name, metric in self._metrics.items():
            metric.merge(other._metrics[name])
        self.undefined |= other.undefined

    def compute(self) -> dict[str, float]:
        """Return measure to its value over the frames, of those that could be measured."""
        return {name: metric.compute() for name, metric in self._metrics.items() if metric.count}

    def counts(self) -> dict[str, int]:
        """Return measure to how many frames it could be measured on."""
        return {name: metric.count for name, metric in self._metrics.items()}


def told(names: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Return measure to `unit`, `higher_is_better` and `about`, as results tell it."""
    return {name: tell(METRICS[_base(name)], about(_base(name)) + _reader(name)) for name in names}


def tell(metric: Any, words: str) -> dict[str, Any]:
    """Return what results tell of a measure."""
    return {
        "unit": metric.unit,
        "higher_is_better": metric.higher_is_better,
        "about": words,
    }


def _base(name: str) -> str:
    return name.removesuffix(_DLIB)


def _reader(name: str) -> str:
    """Return who reads, where a measure is there twice."""
    if name.endswith(_DLIB):
        return " Read by dlib."
    return " Read by SFace." if f"{name}{_DLIB}" in SECOND else ""
