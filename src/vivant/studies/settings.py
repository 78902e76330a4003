"""What a study can be asked; the command line has the same names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from vivant.errors import SettingsError


@dataclass(frozen=True, kw_only=True)
class SelfSettings:
    """Options of `vivant study self`; the defaults are the protocol."""

    relative: bool = True
    """Carry the driver's change since its first frame, not the face itself."""
    disguise: bool = False
    """Show the engine another person in other light: the protocol that decides."""
    seed: int = 0
    """Chooses the disguises."""
    step: int = 5
    """Every so many frames one is measured; all of them drive."""
    last: int = 145
    """The last frame of a clip that drives, from 0."""
    size: int = 256
    """Longer side in pixels to which larger clips are shrunk."""
    limit: int | None = None
    """Measure so many clips at most, spread over the folder; without it, all."""
    consecutive: int = 30
    """So many frames in a row, from the middle, are compared over time."""
    faces: bool = True
    """Also look with dlib, SFace and EfficientNet-Lite0, where they are installed."""
    baseline: bool = True
    """Measure leaving the portrait as it is (the engine still) beside."""
    sheets: int = 10
    """Draw contact sheets of so many of the worst clips."""

    def __post_init__(self) -> None:
        within("step", self.step, 1, 10_000)
        within("last", self.last, self.step, 100_000)
        within("size", self.size, 64, 4096)
        within("seed", self.seed, 0, 2**32 - 1)
        within("consecutive", self.consecutive, 2, 100_000)
        within("sheets", self.sheets, 0, 10_000)
        if self.limit is not None:
            within("limit", self.limit, 1, 1_000_000)
        if self.disguise and not self.relative:
            raise SettingsError(
                "a disguised driver cannot drive absolutely: its own place and proportions are "
                "not the portrait's. Leave out --absolute or --disguise."
            )


@dataclass(frozen=True, kw_only=True)
class CrossSettings:
    """Options of `vivant study cross`; the defaults are the protocol."""

    reference: str = "auto"
    """The driving frame that counts as the driver at rest: auto, or its number from 0."""
    portraits_most: int = 30
    """Take so many portraits at most, chosen by the seed."""
    drivers_most: int = 8
    """Take so many drivers at most, chosen by the seed."""
    seed: int = 0
    """Chooses portraits and drivers where there are more."""
    frames: int = 100
    """So many frames of each driver, from its beginning."""
    step: int = 5
    """Every so many frames identity and background are measured; expressions on every one."""
    size: int = 512
    """Longer side in pixels to which larger portraits and drivers are shrunk."""
    sheets: int = 10
    """Draw contact sheets of so many of the pairs with the least agreement."""

    def __post_init__(self) -> None:
        within("portraits-most", self.portraits_most, 1, 1_000_000)
        within("drivers-most", self.drivers_most, 1, 1_000_000)
        within("seed", self.seed, 0, 2**32 - 1)
        within("frames", self.frames, 2, 100_000)
        within("step", self.step, 1, 10_000)
        within("size", self.size, 64, 4096)
        within("sheets", self.sheets, 0, 10_000)


@dataclass(frozen=True, kw_only=True)
class SpeedSettings:
    """Options of `vivant study speed`; the defaults are the protocol."""

    sizes: tuple[int, ...] = (256, 512, 1024)
    """Longer sides of portrait and driver, pixels."""
    threads: tuple[int, ...] = (1, 2)
    """1 does one step after another; 2 lets steps overlap."""
    rounds: int = 5
    """How often every engine runs; medians are told."""
    frames: int = 120
    """Frames of the driver."""

    def __post_init__(self) -> None:
        if not self.sizes or not self.threads:
            raise SettingsError("sizes and threads want at least one number each")
        for size in self.sizes:
            within("sizes", size, 64, 4096)
        for count in self.threads:
            within("threads", count, 1, 64)
        within("rounds", self.rounds, 1, 1000)
        within("frames", self.frames, 10, 100_000)


ROLES: Final = ("reenact", "swap")
"""What the scenarios study does with a source and a target video."""


@dataclass(frozen=True, kw_only=True)
class ScenariosSettings:
    """Options of `vivant study scenarios`; the defaults are the protocol."""

    roles: str = "reenact,swap"
    """What is done: reenact (the source is driven by the target video), swap (the target video
    stays and gets the source's expression), or both."""
    frames: int = 80
    """So many frames of each target video, from its beginning; all of them are drawn."""
    step: int = 4
    """Every so many frames one is compared; 1 compares all, as the paper does."""
    sources_most: int = 3
    """Take so many source pictures at most, of different people, chosen by the seed."""
    targets_most: int = 3
    """Take so many target videos at most, of yet other people, chosen by the seed."""
    seed: int = 0
    """Chooses sources, targets, seats and rooms."""
    size: int = 640
    """Longer side of the composed frames at most; smaller where a face has too few pixels."""
    faces: bool = True
    """Also look with dlib, SFace and EfficientNet-Lite0, where they are installed."""
    sheets: int = 9
    """Draw contact sheets of so many of the worst cases."""

    def __post_init__(self) -> None:
        self.each_role  # noqa: B018 - refuses what is none
        within("frames", self.frames, 8, 10_000)
        within("step", self.step, 1, self.frames - 1)
        within("sources-most", self.sources_most, 1, 10_000)
        within("targets-most", self.targets_most, 1, 10_000)
        within("seed", self.seed, 0, 2**32 - 1)
        within("size", self.size, 160, 4096)
        within("sheets", self.sheets, 0, 10_000)

    @property
    def each_role(self) -> tuple[str, ...]:
        """The roles one by one."""
        found = tuple(dict.fromkeys(part.strip() for part in self.roles.split(",")))
        if set(found) - set(ROLES):
            raise SettingsError(f"roles must be of {', '.join(ROLES)}, got {self.roles!r}")
        return found


@dataclass(frozen=True, kw_only=True)
class SuitabilitySettings:
    """Options of `vivant study suitability`; the defaults are the protocol."""

    portraits_most: int = 8
    """Take so many portraits at most for each answer: a subject, a state of the mouth, a size."""
    drivers_most: int = 2
    """Take so many drivers at most: those who move all that is asked for the most."""
    seed: int = 0
    """Chooses portraits where there are more."""
    frames: int = 60
    """So many frames of each driver, from its beginning."""
    size: int = 256
    """Side in pixels of the picture in which portraits are placed."""
    sheets: int = 10
    """Draw contact sheets of so many of the portraits with the fewest points."""

    def __post_init__(self) -> None:
        within("portraits-most", self.portraits_most, 1, 1_000_000)
        within("drivers-most", self.drivers_most, 1, 1_000_000)
        within("seed", self.seed, 0, 2**32 - 1)
        within("frames", self.frames, 8, 100_000)
        within("size", self.size, 64, 4096)
        within("sheets", self.sheets, 0, 10_000)


@dataclass(frozen=True, kw_only=True)
class TransferSettings:
    """Options of `vivant study transfer`; the defaults are the protocol."""

    portraits_most: int = 8
    """Take so many portraits at most, chosen by the seed."""
    seed: int = 0
    """Chooses portraits where there are more."""
    frames: int = 100
    """So many frames of each driver, from its beginning, are searched for expressions."""
    size: int = 512
    """Longer side in pixels to which larger portraits and drivers are shrunk."""
    sheets: int = 10
    """Draw contact sheets of so many of the transfers that lose the most identity."""

    def __post_init__(self) -> None:
        within("portraits-most", self.portraits_most, 1, 1_000_000)
        within("seed", self.seed, 0, 2**32 - 1)
        within("frames", self.frames, 2, 100_000)
        within("size", self.size, 64, 4096)
        within("sheets", self.sheets, 0, 10_000)


def within(name: str, value: float, least: float, most: float) -> None:
    """Raise `SettingsError` unless a setting lies in its range."""
    if not least <= value <= most:
        raise SettingsError(f"{name} must lie in [{least}, {most}], got {value}")
