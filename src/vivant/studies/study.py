"""What a study is, and the pieces of work that it falls into."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, NamedTuple, Protocol, runtime_checkable

import numpy as np

from vivant.engines import Engine, describe, open_engine
from vivant.studies.inputs import Item
from vivant.studies.report.parts import Part


@dataclass(frozen=True, slots=True)
class Method:
    """An engine with settings, under the name that tables give it."""

    name: str
    """The engine's."""
    settings: tuple[tuple[str, Any], ...] = ()
    """Those that differ from the engine's defaults."""

    @property
    def label(self) -> str:
        """The engine with the settings that were given.

        >>> Method("mesh", (("strength", 0.5),)).label
        'mesh (strength 0.5)'
        """
        given = ", ".join(f"{name} {value}" for name, value in self.settings)
        return f"{self.name} ({given})" if given else self.name

    def open(self) -> Engine:
        """Load the engine.

        Raises:
            UnknownEngine, SettingsError, MissingExtra: it cannot be opened.
        """
        return open_engine(self.name, dict(self.settings))

    def plain(self) -> dict[str, Any]:
        """Return what results tell of it."""
        return {
            "label": self.label,
            "name": self.name,
            "settings": dict(self.settings),
            "licence": describe(self.name).licence,
        }


@dataclass(frozen=True, slots=True)
class Job:
    """A piece of a study that is measured in one go, and told as a whole or not at all."""

    key: str
    """Unique in the study, the same in the next run; fit for a file name."""
    items: tuple[Item, ...] = ()
    """The files that it works on."""
    options: tuple[tuple[str, Any], ...] = ()
    """What else is to be known: plain values."""

    def __getitem__(self, name: str) -> Any:
        return dict(self.options)[name]


@dataclass(slots=True, eq=False)
class Outcome:
    """What a job found."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    """For each method a row of plain values; floats are measures, whole numbers counts."""
    detail: dict[str, Any] = field(default_factory=dict)
    """Plain values that the summary needs beyond the rows; not in the results."""
    arrays: dict[str, np.ndarray] = field(default_factory=dict)
    """Likewise, too large for that."""
    sheets: dict[str, tuple[float, list[np.ndarray]]] = field(default_factory=dict)
    """Method to how bad it looks by the numbers, and the columns of its contact sheet."""
    problem: str = ""
    """Why nothing could be measured; then there are no rows."""

    def add(self, method: str, row: Mapping[str, Any]) -> None:
        """Add the row of a method."""
        self.rows.append({"engine": method, **row})


class Done(NamedTuple):
    """A job that is done, as the summary sees it."""

    job: Job
    outcome: Outcome
    """Without arrays and sheets, which lie on disk."""
    arrays: Callable[[], dict[str, np.ndarray]]
    """Reads its arrays."""


class Study(Protocol):
    """A study: a frozen dataclass of plain values, since worker processes get a copy."""

    name: ClassVar[str]
    """As `vivant study` calls it."""
    title: ClassVar[str]

    @property
    def methods(self) -> tuple[Method, ...]:
        """What is measured; a field of the dataclass."""

    @property
    def settings(self) -> Any:
        """A settings dataclass; a field likewise."""

    def inputs(self) -> list[dict[str, Any]]:
        """Return what results tell of the files: `Item.plain` of each."""

    def jobs(self) -> list[Job]:
        """Return all the work, in the order in which it is best done."""

    def open(self) -> Any:
        """Load what every job needs; called once in each process."""

    def measure(self, tools: Any, job: Job) -> Outcome:
        """Do one job.

        Raises:
            VivantError: it cannot be done; told under `failed`, and the study goes on.
        """

    def metrics(self) -> dict[str, dict[str, Any]]:
        """Return measure to `unit`, `higher_is_better` and `about`, for what rows may hold."""

    def not_measured(self) -> dict[str, str]:
        """Return measure to why it is missing, of those that want something installed."""

    def whole(self, done: Sequence[Done]) -> dict[str, dict[str, float]]:
        """Return method to the measures of all its pictures together, which have no rows."""

    def extra(self, done: Sequence[Done]) -> dict[str, Any]:
        """Return what the means do not tell, for `results.json`."""

    def parts(self, plain: Mapping[str, Any], done: Sequence[Done]) -> list[Part]:
        """Return the study's own parts of the report.

        Args:
            plain: what `results.json` will hold.
            done: for what is too large for that.
        """


@runtime_checkable
class Filing(Protocol):
    """A study that writes files of its own beside the common ones."""

    def files(self, plain: Mapping[str, Any], done: Sequence[Done]) -> dict[str, str]:
        """Return path under the folder of the results, with `/`, to content; as `parts`."""
