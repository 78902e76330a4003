"""What a report is made of: text, tables, plots and pictures.

Plain values; how they look is the business of the writers (`page`, `markdown`,
`latex`). All words in them are shown as they are: no markup is read from them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal
from unicodedata import category

from vivant.errors import SettingsError

Cell = str | float | int | None
"""What a table holds; None is what was not measured, and is shown as a dash."""

PLOTS: Final = ("bars", "lines", "points")
"""The kinds of plot."""

PICTURES: Final[Mapping[bytes, str]] = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG": "image/png"}
"""How the content of a picture begins, and what it then is."""


@dataclass(frozen=True, kw_only=True)
class Interval:
    """A number with the range in which it is likely to lie: a cell of a table."""

    value: float
    low: float | None = None
    """Lower end, usually of 95 %; None where there are too few cases to tell."""
    high: float | None = None


@dataclass(frozen=True)
class Text:
    """A few paragraphs."""

    title: str
    paragraphs: Sequence[str]


@dataclass(frozen=True)
class Table:
    """Rows of cells under heads.

    >>> Table("Cost", ["clip", "seconds"], [["a", 1.5], ["b", None]]).rows[1]
    ['b', None]
    >>> Table("Cost", ["clip"], [["a", 1.5]])
    Traceback (most recent call last):
    vivant.errors.SettingsError: table 'Cost': row 0 has 2 cells, wanted 1, as there are heads.
    """

    title: str
    heads: Sequence[str]
    rows: Sequence[Sequence[Cell | Interval]]
    note: str = ""
    """What a reader must know to read it right."""
    digits: Mapping[str, int] = field(default_factory=dict)
    """Head to the digits after the point; 3 significant digits where it is not named."""
    higher_is_better: Mapping[str, bool] = field(default_factory=dict)
    """Head to where better lies; such columns get an arrow, and their best cell is marked."""
    rows_higher_is_better: Sequence[bool | None] = ()
    """Where better lies in each row, if rows are metrics; the best cell of a row is marked."""
    undecided: frozenset[int] = frozenset()
    """Such rows whose best cannot be told apart from the others: nothing is marked there."""
    folded: bool = False
    """Whether it is long and shown only when the reader opens it."""

    def __post_init__(self) -> None:
        for index, row in enumerate(self.rows):
            if len(row) != len(self.heads):
                raise SettingsError(
                    f"table {self.title!r}: row {index} has {len(row)} cells, "
                    f"wanted {len(self.heads)}, as there are heads."
                )
        if self.rows_higher_is_better and len(self.rows_higher_is_better) != len(self.rows):
            raise SettingsError(
                f"table {self.title!r}: {len(self.rows_higher_is_better)} directions for "
                f"{len(self.rows)} rows; wanted as many, or none."
            )
        for head in (*self.digits, *self.higher_is_better):
            if head not in self.heads:
                raise SettingsError(
                    f"table {self.title!r}: no head {head!r}; there are: {', '.join(self.heads)}."
                )


@dataclass(frozen=True)
class Series:
    """One row of bars, one line, or one cloud of points.

    >>> Series("mesh", [1, 2], [0.5])
    Traceback (most recent call last):
    vivant.errors.SettingsError: series 'mesh': x has 2 values and y 1; wanted as many.
    """

    name: str
    x: Sequence[float | str]
    """Places, or words that name what is compared: all of a plot the one or the other."""
    y: Sequence[float | None]
    """Heights; None or not finite leaves a gap."""
    low: Sequence[float | None] | None = None
    """Lower ends of the intervals, as long as y."""
    high: Sequence[float | None] | None = None

    def __post_init__(self) -> None:
        for name in ("y", "low", "high"):
            values = getattr(self, name)
            if values is not None and len(values) != len(self.x):
                raise SettingsError(
                    f"series {self.name!r}: x has {len(self.x)} values and {name} "
                    f"{len(values)}; wanted as many."
                )


@dataclass(frozen=True)
class Plot:
    """A picture of numbers; `note` says in words what there is to see."""

    title: str
    kind: Literal["bars", "lines", "points"]
    x_label: str
    y_label: str
    series: Sequence[Series]
    note: str = ""

    def __post_init__(self) -> None:
        if self.kind not in PLOTS:
            raise SettingsError(
                f"plot {self.title!r}: no kind {self.kind!r}; there are: {', '.join(PLOTS)}."
            )


@dataclass(frozen=True)
class Picture:
    """One picture with what it shows.

    >>> Picture("a face", b"GIF89a")
    Traceback (most recent call last):
    vivant.errors.SettingsError: picture 'a face': wanted the content of a JPEG or PNG file.
    """

    caption: str
    content: bytes = field(repr=False)
    """A whole JPEG or PNG file."""

    def __post_init__(self) -> None:
        self.kind  # noqa: B018 - refuses what is neither

    @property
    def kind(self) -> str:
        """Its media type: image/jpeg or image/png."""
        for start, kind in PICTURES.items():
            if self.content.startswith(start):
                return kind
        raise SettingsError(f"picture {self.caption!r}: wanted the content of a JPEG or PNG file.")


@dataclass(frozen=True)
class Pictures:
    """Contact sheets, such as the worst cases and the best."""

    title: str
    items: Sequence[Picture]
    note: str = ""


Part = Text | Table | Plot | Pictures
"""Anything that a report is made of; its title is a heading."""


def told(cell: Cell | Interval, digits: int | None = None) -> str:
    """Return a cell in words: numbers with so many digits after the point.

    Args:
        cell: what the table holds.
        digits: 3 significant ones where it is None.

    >>> told(0.05512, 4), told(1234.5), told(0.000123), told(7), told(None), told("clip")
    ('0.0551', '1234', '0.000123', '7', '-', 'clip')
    >>> told(Interval(value=0.5, low=0.4, high=0.61), 2)
    '0.50 [0.40, 0.61]'
    """
    if isinstance(cell, Interval):
        if cell.low is None or cell.high is None:
            return told(cell.value, digits)
        ends = max(abs(cell.value), abs(cell.low), abs(cell.high))
        places = _places(ends) if digits is None else digits
        return f"{cell.value:.{places}f} [{cell.low:.{places}f}, {cell.high:.{places}f}]"
    if cell is None:
        return "-"
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, float):
        if not math.isfinite(cell):
            return "-" if math.isnan(cell) else "∞" if cell > 0 else "-∞"
        return f"{cell:.{_places(cell) if digits is None else digits}f}"
    return str(cell)


def clean(text: str) -> str:
    r"""Return text that every file can hold: no control letters, no half letters.

    >>> clean("a\x00b\nc \udc80")
    'a�b c �'
    """
    text = " ".join(text.split())
    return "".join("\ufffd" if category(c) in ("Cc", "Cs") else c for c in text)


def number(cell: Cell | Interval) -> float | None:
    """Return what a cell is sorted and judged by; None for words and what is missing.

    >>> number(Interval(value=2.0)), number(3), number("a"), number(float("nan"))
    (2.0, 3.0, None, None)
    """
    if isinstance(cell, Interval):
        return number(cell.value)
    if isinstance(cell, bool) or not isinstance(cell, int | float) or math.isnan(cell):
        return None
    return float(cell)


def numeric(table: Table) -> list[bool]:
    """Say of each column whether it holds numbers alone, which stand at the right.

    >>> numeric(Table("t", ["a", "b", "c"], [["x", 1, "1"], ["y", None, 2]]))
    [False, True, False]
    """
    columns = [[row[at] for row in table.rows] for at in range(len(table.heads))]
    return [
        any(number(cell) is not None for cell in column)
        and all(number(cell) is not None for cell in column if isinstance(cell, str | bool))
        for column in columns
    ]


def best(table: Table) -> frozenset[tuple[int, int]]:
    """Return row and column of the cells that are the best of their column or row.

    None is where fewer than two can be judged, or all are equal.

    >>> table = Table("t", ["m", "l1"], [["a", 0.2], ["b", 0.1]], higher_is_better={"l1": False})
    >>> best(table)
    frozenset({(1, 1)})
    """
    height, width = len(table.rows), len(table.heads)
    lines = [
        (higher, [(row, table.heads.index(head)) for row in range(height)])
        for head, higher in table.higher_is_better.items()
    ]
    lines += [
        (higher, [(row, column) for column in range(width)])
        for row, higher in enumerate(table.rows_higher_is_better)
        if higher is not None and row not in table.undecided
    ]
    found: set[tuple[int, int]] = set()
    for higher, cells in lines:
        judged = {
            at: value for at in cells if (value := number(table.rows[at[0]][at[1]])) is not None
        }
        if len(set(judged.values())) > 1:
            top = max(judged.values()) if higher else min(judged.values())
            found |= {at for at, value in judged.items() if value == top}
    return frozenset(found)


def _places(value: float) -> int:
    """Return the digits after the point that leave three significant ones."""
    if not value or not math.isfinite(value):
        return 0 if not value else 3
    return max(0, min(9, 2 - math.floor(math.log10(abs(value)))))
