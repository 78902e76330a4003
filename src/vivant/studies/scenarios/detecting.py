"""Detectors of synthetic pictures, as studies ask them.

vivant has two of its own, which are asked where they are named. Packages offer one by an
entry point in the group `vivant.detectors`, `name = "module:make"`: `make()` loads it and
returns a callable that takes a picture, (h, w, 3) uint8 RGB, and returns the probability
that it is synthetic. These are asked wherever none is named.
"""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import entry_points
from typing import Final

import numpy as np

from vivant.errors import AskedWrongly, VivantError, listed

GROUP: Final = "vivant.detectors"
Detector = Callable[[np.ndarray], float]
"""Picture to the probability that it is synthetic, 0 to 1."""
THRESHOLD: Final = 0.5
"""From this probability on, a picture is called synthetic."""


@dataclass(frozen=True, slots=True)
class Named:
    """A detector by name: a plain value that processes can be given."""

    name: str
    target: str
    """`module:make`"""

    def open(self) -> Detector:
        """Load it.

        Raises:
            VivantError: its module is missing, or has no such function.
        """
        module, _, make = self.target.partition(":")
        try:
            built: Detector = getattr(importlib.import_module(module), make)()
        except (ImportError, AttributeError, ValueError, TypeError) as error:
            raise VivantError(
                f"the detector {self.name!r} ({self.target}) cannot be loaded: {error}. "
                f"Repair or remove the package that offers it."
            ) from error
        return built


OWN: Final = {
    name: Named(name, f"vivant.forensics.pictures:{name}") for name in ("small", "xception")
}
"""vivant's own."""


def named(words: str) -> tuple[Named, ...]:
    """Return detectors by their names, with commas between.

    Raises:
        AskedWrongly: one is neither vivant's own nor installed; the nearest is offered.

    >>> [one.target for one in named("small")]
    ['vivant.forensics.pictures:small']
    """
    known = {one.name: one for one in installed()} | OWN
    found = []
    for name in dict.fromkeys(words.split(",")):
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean {near[0]!r}? " if near else ""
            raise AskedWrongly(f"no detector {name!r}; {hint}known: {listed(known)}")
        found.append(known[name])
    return tuple(found)


def installed() -> tuple[Named, ...]:
    """Return the detectors that are installed, by name."""
    found = {point.name: Named(point.name, point.value) for point in entry_points(group=GROUP)}
    return tuple(found[name] for name in sorted(found))


def probability(detector: Detector, named: str, image: np.ndarray) -> float:
    """Ask a detector about a picture, (h, w, 3) uint8 RGB.

    Raises:
        VivantError: its answer is no probability.
    """
    told = float(detector(image))
    if not 0 <= told <= 1:
        raise VivantError(
            f"the detector {named!r} answered {told}, wanted a probability in 0 to 1."
        )
    return told


def accuracy(drawn: list[float], true: list[float], threshold: float = THRESHOLD) -> float:
    """Return the mean of the shares of drawn and of true pictures that are called so.

    >>> accuracy([0.9, 0.2], [0.1, 0.3])
    0.75
    """
    caught = float(np.mean(np.asarray(drawn) >= threshold))
    passed = float(np.mean(np.asarray(true) < threshold))
    return (caught + passed) / 2
