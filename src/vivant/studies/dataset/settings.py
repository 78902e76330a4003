"""What a data set can be asked for; the command line has the same names."""

from __future__ import annotations

from dataclasses import dataclass

from vivant.studies.settings import within


@dataclass(frozen=True, kw_only=True)
class DatasetSettings:
    """Options of `vivant study dataset`."""

    most: int = 100
    """Pairs of a portrait and a driver at most, in all parts together."""
    seconds: float = 4.0
    """Of each driver, from its beginning."""
    test: float = 0.3
    """Share of the people who are kept for the test; nobody is in both parts."""
    seed: int = 0
    """Chooses the pairs and the parts."""

    def __post_init__(self) -> None:
        within("most", self.most, 1, 100_000)
        within("seconds", self.seconds, 0.5, 600)
        within("test", self.test, 0, 0.9)
        within("seed", self.seed, 0, 2**32 - 1)
