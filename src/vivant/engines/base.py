"""The verbs that every engine speaks.

Finding faces, cropping, smoothing, pasting back and video files live outside,
once, for all engines. What `encode` and `motion` return is the engine's own
business; callers only carry it. A loaded engine holds no state of a run, so
one serves many streams and threads.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, Protocol, runtime_checkable

from vivant.types import Crop, Drawn, FaceCrop, Motion

Encoded = Any
"""What an engine keeps of a portrait; only that engine reads it."""

Device = Literal["cpu", "cuda"]
"""Where an engine runs: the processor, or an NVIDIA graphics card."""

BATCH: Final[Mapping[Device, int]] = {"cpu": 1, "cuda": 8}
"""Pictures that learned engines draw at a time where nobody says another number."""

Controls = Mapping[str, float]
"""Name of a slider to its value, as the engine documents them."""


@runtime_checkable
class Engine(Protocol):
    """Moves one portrait by another face's motion."""

    size: int
    """Side of the square crop that it reads and draws, pixels."""
    crop: Crop
    """The crop it wants."""
    needs: frozenset[str]
    """What it cannot do without of a driving face, of `landmarks`, `scores` and `pixels`. An
    engine that does not need landmarks also takes a portrait crop given by hand; one that does
    not need pixels also plays recorded performances, whose crops have `FaceCrop.pixels` off."""

    def encode(self, face: FaceCrop) -> Encoded:
        """Read the portrait, once."""

    def motion(self, face: FaceCrop) -> Motion:
        """Read one driving face. Pure: the same face gives the same motion."""

    def rest(self, encoded: Encoded) -> Motion:
        """Return the motion that draws the portrait as it is."""

    def relative(self, encoded: Encoded, reference: Motion, motion: Motion) -> Motion:
        """Carry the change from `reference` to `motion` over to the portrait."""

    def blend(self, a: Motion, b: Motion, share: float) -> Motion:
        """Return the motion on the way from `a` (share 0) to `b` (share 1)."""

    def render(self, encoded: Encoded, motions: Sequence[Motion]) -> Iterator[Drawn]:
        """Draw the portrait under each motion, in order."""


@runtime_checkable
class Editable(Protocol):
    """An engine whose motions can be changed by named sliders."""

    def edit(self, encoded: Encoded, motion: Motion, controls: Controls) -> Motion:
        """Return `motion` with the controls applied."""


@runtime_checkable
class Replacing(Protocol):
    """An engine that can give a portrait another expression and leave its pose: for videos."""

    def steady(self) -> Engine:
        """Return the same engine, prepared for portraits whose pose will not be changed."""

    def replaced(
        self, encoded: Encoded, neutral: Motion, reference: Motion, motion: Motion
    ) -> Motion:
        """Return the portrait's pose with another expression.

        The expression is that of `neutral`, the same person at rest, changed as the driver
        has changed from `reference` to `motion`; the portrait's own does not count.
        """


@runtime_checkable
class Referring(Protocol):
    """An engine that adapts the driver's rest to the portrait before changes are measured."""

    def reference(self, encoded: Encoded, rest: Motion) -> Motion:
        """Return the reference for `relative`: the driver at rest, as the portrait looks."""


@runtime_checkable
class Acquainted(Protocol):
    """An engine that draws people better whom it knows by more pictures than one."""

    portrait_pictures: tuple[str, ...]
    """Files with further pictures of the portrait's person, as its settings name them."""
    driver_pictures: tuple[str, ...]
    """The same for the driver."""

    def knowing(self, portrait: Sequence[FaceCrop], driver: Sequence[FaceCrop]) -> Engine:
        """Return the same engine, knowing the faces in those pictures."""


@runtime_checkable
class Scalable(Protocol):
    """An engine that can draw at other sizes than its default."""

    def at_size(self, side: int) -> Engine:
        """Return the same engine drawing at the size nearest to `side` that it can."""


@runtime_checkable
class Batched(Protocol):
    """An engine that draws several pictures at a time in less than several times the time."""

    batch: int
    """Motions that `render` is best given at a time; 1 where more is no faster."""


@runtime_checkable
class Locating(Protocol):
    """An engine that can tell where the face is that it draws; others are taken to keep it."""

    def box(self, encoded: Encoded, motion: Motion) -> tuple[float, float, float, float]:
        """Return the box of the drawn face in the crop: x, y, width, height in pixels."""


@dataclass(frozen=True, slots=True)
class EngineInfo:
    """What is known of an engine without loading it."""

    name: str
    summary: str
    licence: str
    extra: str | None
    """The extra that brings its packages; None where nothing is needed."""
    missing: tuple[str, ...]
    """Packages it wants that are not installed."""
    weights: tuple[str, ...] | None = None
    """Names of the weights that were added for it; None where it needs none to be added."""
    compiled: tuple[str, ...] = ()
    """Those of them that are compiled for the CPU and want none of the packages."""
    speed: str = ""
    """How fast it is on a processor, in words; empty where nothing is known."""

    @property
    def ready(self) -> bool:
        """Whether it can be opened: all packages and, where it needs some, weights are there."""
        return self.installed and self.weights != ()

    @property
    def installed(self) -> bool:
        """Whether all packages it wants are there, or weights that want none."""
        return not self.missing or bool(self.compiled)
