"""The numbers of one engine in one role of one class, under way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from vivant.errors import Undefined
from vivant.metrics.auc import Auc, auc
from vivant.metrics.ms_ssim import SMALLEST
from vivant.studies import sheet
from vivant.studies.judge import FACE, IDENTITY, PICTURE, SECOND, SEEN, Judge, tell, told
from vivant.studies.looking import Eyes, Look
from vivant.studies.overtime import OVER_TIME, OverTime, told_over_time
from vivant.studies.scenarios.composing import Class, Source, closeup, region
from vivant.studies.scenarios.detecting import Detector, probability
from vivant.types import Face, Frame

IN_FACE: Final = "face_"
"""Before the names of measures of the face region."""
_EXPRESSION: Final = ("expression_distance", "action_units")
"""What follows the target in `reenact`, and the source in `swap`."""
_SELDOM: Final = 4
"""The second opinion on identity, which takes the longest, is asked on every so many."""
_SPEED: Final = {
    "delay": ("ms", False, "Median time from a frame in hand to the drawn frame."),
    "delay_p95": ("ms", False, "The same, 95th percentile."),
}
_SEEN: Final = {
    "share": ("0..1", None, "Share of the frame that the target's face box takes."),
    "face_side": ("pixels", None, "Root of the area of the target's face box."),
}
CLOSE_UP: Final = (*SEEN, *FACE, *IDENTITY, *SECOND)
"""What looks at close-ups."""
REGION: Final = tuple(name for name in PICTURE if name != "ms_ssim")
"""What looks at the face region, which is smaller than the coarsest scale of MS-SSIM wants."""
_RUN: Final = ("first_frame", "pace", "missed")
MEASURES: Final = (*PICTURE, *(f"{IN_FACE}{name}" for name in REGION), *CLOSE_UP, *OVER_TIME)


class Marks:
    """One engine in one role of one class."""

    def __init__(
        self,
        target: Class,
        source: Source,
        role: str,
        eyes: Eyes,
        detectors: Mapping[str, Detector],
    ) -> None:
        """Begin.

        Args:
            target: the class.
            source: whose picture or expression it is.
            role: `reenact` or `swap`.
            eyes: what looks.
            detectors: name to who judges whether a frame is synthetic.
        """
        self._target, self._source, self.role = target, source, role
        self._eyes, self._detectors = eyes, detectors
        small = min(target.seat.width, target.seat.height) < SMALLEST
        self._whole = Judge(REGION if small else PICTURE)
        self._face, self._close = Judge(REGION), Judge(CLOSE_UP)
        self._over_time = OverTime()
        self.probabilities: dict[str, list[float]] = {name: [] for name in detectors}
        """Detector to what it says of the drawn frames."""
        self.speed: dict[str, float] = {}
        """How fast it went, of `Acting.compute`."""
        self._compared = self._lost = 0
        self._shown = sheet.moments(target.compared)
        self._columns: list[np.ndarray] = []

    def update(self, frame: Frame) -> None:
        """Add a drawn frame; frames come in order."""
        true, face = self._target.frames[frame.index], self._target.faces[frame.index]
        near, there = None, self._target.closeups.get(frame.index)
        if face is not None and there is not None:
            near = self._eyes.look(closeup(frame.image, face), there.near)
            self._over_time.update(near, there)
        if frame.index not in self._target.compared:
            return
        self._compared += 1
        self._whole.update(self._eyes.look(frame.image), self._eyes.look(true.image))
        if face is not None and near is not None and there is not None:
            self._of_face(frame.image, true.image, face)
            self._of_closeup(near, there)
        for name, detector in self._detectors.items():
            self.probabilities[name].append(probability(detector, name, frame.image))
        self._original()
        if frame.index in self._shown:
            self._columns.append(_column(frame.image, true.image, face))

    def _of_face(self, drawn: np.ndarray, true: np.ndarray, face: Face) -> None:
        mine, theirs = region(drawn, face), region(true, face)
        self._face.update(self._eyes.look(mine), self._eyes.look(theirs))

    def _of_closeup(self, near: Look, there: Look) -> None:
        self._lost += near.face is None
        source = self._source.look
        reenact = self.role == "reenact"
        shown = [*SEEN, *(name for name in FACE if name not in _EXPRESSION)]
        self._close.update(near, there, shown)
        self._close.update(near, there if reenact else source, _EXPRESSION)
        identity = [*IDENTITY, *(SECOND if self._compared % _SELDOM == 1 else ())]
        self._close.update(near, source if reenact else there, identity)

    def _original(self) -> None:
        """Ask the detectors about the true frames, once a class."""
        for name, detector in self._detectors.items():
            if name not in self._target.probabilities:
                self._target.probabilities[name] = [
                    probability(detector, name, self._target.frames[index].image)
                    for index in self._target.compared
                ]

    def compute(self) -> dict[str, Any]:
        """Return what the row holds."""
        over_time = self._over_time.compute()
        if self.role == "swap":  # the expression is held: it follows nobody over time
            over_time = {name: over_time[name] for name in ("flicker",) if name in over_time}
        undefined = {
            **self._whole.undefined,
            **{f"{IN_FACE}{name}": why for name, why in self._face.undefined.items()},
            **self._close.undefined,
        }
        return {
            "frames": self._compared,
            "drawn_missed": self._lost,
            **({"missed": self._lost / self._compared} if self._compared else {}),
            **self._whole.compute(),
            **{f"{IN_FACE}{name}": value for name, value in self._face.compute().items()},
            **self._close.compute(),
            **over_time,
            **self.speed,
            **self._detected(),
            **({"undefined": undefined} if undefined else {}),
        }

    def _detected(self) -> dict[str, float]:
        found = {}
        for name, drawn in self.probabilities.items():
            try:
                found[f"auc_{name}"] = auc(drawn, self._target.probabilities[name])
            except Undefined:  # no frame was compared
                continue
        return found

    def sheet(self) -> tuple[float, list[np.ndarray]]:
        """Return how bad it looks by the error in the face, and the columns of its sheet."""
        return self._face.compute().get("l1", 0.0), self._columns


def _column(drawn: np.ndarray, true: np.ndarray, face: Face | None) -> np.ndarray:
    pictures = [true, sheet.generated(drawn), sheet.difference(drawn, true)]
    if face is not None:
        pictures += [closeup(true, face), sheet.generated(closeup(drawn, face))]
    return sheet.column(pictures)


def metrics(detectors: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return what results tell of all measures."""
    whole = told(PICTURE)
    face = {
        f"{IN_FACE}{name}": {**one, "about": f"{one['about']} In the face region."}
        for name, one in whole.items()
        if name in REGION
    }
    own = {
        name: {"unit": unit, "higher_is_better": higher, "about": about}
        for name, (unit, higher, about) in (_SEEN | _SPEED).items()
    }
    judged = {
        f"auc_{name}": tell(Auc, f"How well {name} tells drawn frames from true ones.")
        for name in detectors
    }
    seen = told(CLOSE_UP) | told_over_time(OVER_TIME) | told(_RUN)
    return whole | face | seen | own | judged
