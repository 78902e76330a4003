"""What the people study can be asked; the command line has the same names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from vivant.errors import SettingsError
from vivant.studies.settings import within

QUESTIONS: Final[Mapping[str, tuple[str, str]]] = {
    "natural": ("Which of the two looks more natural?", ""),
    "driver": ("Which of the two moves more like the person in the example video?", "driver"),
    "person": ("Which of the two looks more like the person in the picture?", "portrait"),
}
"""Key of a question to its words, and what must be shown beside: a driver or a portrait."""


@dataclass(frozen=True, kw_only=True)
class MakeSettings:
    """Options of `vivant study people make`."""

    title: str = "Which looks better?"
    """Heading of the page."""
    by: str = ""
    """Who asks, and how to reach them; people should know before they agree."""
    questions: tuple[str, ...] = ()
    """natural, driver, person, or a question in your own words; without it, those that
    the references allow."""
    pairs: int = 24
    """Comparisons for each person, chosen at random from all there could be."""
    ratings: int = 8
    """Single results that each person rates from 1 (bad) to 5 (excellent)."""
    checks: int = 3
    """Comparisons whose right answer is known: they show who looked."""
    seed: int = 0
    """Chooses the neutral names, and with a person's number the order and the sides."""

    def __post_init__(self) -> None:
        within("pairs", self.pairs, 1, 500)
        within("ratings", self.ratings, 0, 500)
        within("checks", self.checks, 0, 50)
        within("seed", self.seed, 0, 2**32 - 1)
        for question in self.questions:
            if question not in QUESTIONS and not question.rstrip().endswith("?"):
                raise SettingsError(
                    f"question {question!r} is unknown: say {', '.join(QUESTIONS)}, or a whole "
                    f"question that ends with a question mark."
                )
        if len(set(self.questions)) != len(self.questions):
            raise SettingsError("the same question is asked twice; once will do.")


@dataclass(frozen=True, kw_only=True)
class DrawSettings:
    """What is drawn by `vivant study people` before the page is made."""

    most: int = 12
    """Pairs of a portrait and a driver at most."""
    seconds: float = 4.0
    """Of each driver, from its beginning."""
    side: int = 512
    """Longer side of the results, pixels."""
    draw_seed: int = 0
    """Chooses the pairs."""

    def __post_init__(self) -> None:
        within("most", self.most, 1, 10_000)
        within("seconds", self.seconds, 0.5, 60)
        within("side", self.side, 64, 2048)
        within("draw-seed", self.draw_seed, 0, 2**32 - 1)


@dataclass(frozen=True, kw_only=True)
class AnalyseSettings:
    """Options of `vivant study people analyse`."""

    checks_right: float = 0.6
    """Leave out people with a smaller share of right answers where the answer is known."""
    draws: int = 2000
    """So many resamplings of the people give the intervals."""
    seed: int = 0
    """Chooses the resamplings."""

    def __post_init__(self) -> None:
        within("checks-right", self.checks_right, 0.0, 1.0)
        within("draws", self.draws, 100, 1_000_000)
        within("seed", self.seed, 0, 2**32 - 1)
