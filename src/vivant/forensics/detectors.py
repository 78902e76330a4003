"""The detectors by name, and what each promises."""

from __future__ import annotations

import difflib
import importlib
import importlib.util
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np

from vivant.errors import AskedWrongly, MissingExtra, listed
from vivant.types import Face


class Detector(Protocol):
    """Says how much the face in a picture looks drawn; remembers nothing."""

    name: str
    trained_on: str
    """In words: whose pictures it knows. It says little about any others."""

    def judge(self, image: np.ndarray, face: Face) -> float:
        """Return the probability, as the detector sees it, that a face was drawn.

        Args:
            image: (height, width, 3) uint8 RGB.
            face: where the tracker saw it there.

        Returns:
            0 (looks filmed) to 1 (looks drawn).
        """
        ...


@dataclass(frozen=True, slots=True)
class _Entry:
    target: str
    """`module:function` that loads it, given the name of its weights or None."""
    packages: tuple[str, ...] = ()
    """What it needs besides vivant's own."""


DETECTORS: Final = {
    "small": _Entry("vivant.forensics.small:load"),
    "xception": _Entry("vivant.forensics.faceforensics:load", ("torch", "safetensors")),
}
"""Name to detector."""


def open_detector(name: str) -> Detector:
    """Load the detector called `name`.

    Args:
        name: one of `DETECTORS`; `xception/NAME` where several weights were added for it.

    Raises:
        AskedWrongly: no detector has that name; the nearest is offered.
        MissingExtra: packages that it wants are not installed.
        MissingWeights: no weights were added for it.

    >>> open_detector("smal")
    Traceback (most recent call last):
    vivant.errors.AskedWrongly: no detector 'smal'; did you mean 'small'? known: small, xception
    """
    kind, _, weights = name.partition("/")
    if kind not in DETECTORS or (weights and kind == "small"):
        near = difflib.get_close_matches(kind, DETECTORS, n=1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        raise AskedWrongly(f"no detector {name!r}; {hint}known: {listed(DETECTORS)}")
    entry = DETECTORS[kind]
    missing = [package for package in entry.packages if importlib.util.find_spec(package) is None]
    if missing:
        raise MissingExtra(
            f"the detector {kind!r} needs {listed(missing)}: pip install 'vivant[learned]'."
        )
    module, _, function = entry.target.partition(":")
    made: Detector = getattr(importlib.import_module(module), function)(weights or None)
    return made
