"""The parts of a report as HTML."""

from __future__ import annotations

import base64
import html
import re
from typing import Final

from vivant.errors import MissingExtra
from vivant.studies.report import plots
from vivant.studies.report.parts import (
    Cell,
    Interval,
    Part,
    Pictures,
    Plot,
    Series,
    Table,
    Text,
    best,
    clean,
    number,
    numeric,
    told,
)

_LONG: Final = 40
"""Letters of a cell from which on it is a text that needs some width."""
BEST: Final = '<span class="heard"> best</span>'
"""Follows the best value of a column or row, for those who do not see it marked."""


def said(text: object) -> str:
    """Return text as HTML shows it: nothing in it is markup, in attributes neither.

    >>> said('<b title="x">')
    '&lt;b title=&quot;x&quot;&gt;'
    """
    return re.sub(r"(?<=\d) %", "\u00a0%", html.escape(clean(str(text))))


def body(part: Part, name: str) -> str:
    """Return a part as HTML, without its heading.

    Args:
        part: what is shown.
        name: what its ids begin with; a part's own.
    """
    if isinstance(part, Text):
        return "\n".join(f"<p>{said(paragraph)}</p>" for paragraph in part.paragraphs)
    if isinstance(part, Table):
        return _folded(part) if part.folded else table(part)
    if isinstance(part, Plot):
        return _plot(part, name)
    return _pictures(part)


def table(part: Table) -> str:
    """Return a table in a box of its own, in which it may be moved sideways."""
    marked = best(part)
    wide = numeric(part)
    heads = "".join(
        f'<th scope="col"{_kind(wide[column])}>{_head(part, column)}</th>'
        for column in _columns(part)
    )
    lines = []
    for row in range(len(part.rows)):
        at = [(row, column) for column in _columns(part)]
        cells = (_cell(part, place, place in marked, wide[place[1]]) for place in at)
        lines.append(f"<tr>{''.join(cells)}</tr>")
    rows = "\n".join(lines)
    note = f'<p class="note">{said(part.note)}</p>' if part.note else ""
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{said(part.title)}">'
        f'<table class="data"><thead><tr>{heads}</tr></thead>\n<tbody>{rows}</tbody></table></div>'
        f"{note}"
    )


def _columns(part: Table) -> range:
    return range(len(part.heads))


def _kind(numbers: bool) -> str:
    return ' class="number"' if numbers else ""


def _head(part: Table, column: int) -> str:
    head = part.heads[column]
    return said(head) + arrow(part.higher_is_better.get(head))


def arrow(higher: bool | None) -> str:
    """Return where better lies as an arrow, and as words for those who listen."""
    if higher is None:
        return ""
    sign, word = ("↑", "higher") if higher else ("↓", "lower")
    return (
        f' <span class="arrow" aria-hidden="true">{sign}</span>'
        f'<span class="heard"> ({word} is better)</span>'
    )


def _cell(part: Table, at: tuple[int, int], is_best: bool, numbers: bool) -> str:
    row, column = at
    cell = part.rows[row][column]
    value = number(cell)
    data = "" if value is None else f' data-value="{value!r}"'
    shown = value_and_interval(cell, part.digits.get(part.heads[column]))
    if column == 0 and part.rows_higher_is_better:
        shown += arrow(part.rows_higher_is_better[row])
    if is_best:
        shown += BEST
    shown = shown.replace("_", "_<wbr>")  # where a long name may be broken on a small screen
    long = isinstance(cell, str) and len(cell) > _LONG
    classes = " ".join(["number"] * numbers + ["best"] * is_best + ["long"] * long)
    kind = f' class="{classes}"' if classes else ""
    if column == 0:
        return f'<th scope="row"{kind}{data}>{shown}</th>'
    return f"<td{kind}{data}>{shown}</td>"


def value_and_interval(cell: Cell | Interval, digits: int | None = None) -> str:
    """Return a cell as HTML, its interval apart and smaller."""
    words = told(cell, digits)
    if isinstance(cell, Interval) and "[" in words:
        value, between = words.split(" [", 1)
        return f'{said(value)} <span class="between">[{said(between)}</span>'
    return said(words)


def _folded(part: Table) -> str:
    count = f"{len(part.rows)} row" + ("" if len(part.rows) == 1 else "s")
    return f"<details><summary>Show the table, {count}</summary>{table(part)}</details>"


def _plot(part: Plot, name: str) -> str:
    note = f"<figcaption>{said(part.note)}</figcaption>" if part.note else ""
    try:
        drawn = plots.svg(part, name=name)
    except MissingExtra as problem:
        return f'{note}<p class="note">{said(problem)}</p>{table(numbers(part))}'
    return (
        f'<figure class="plot"><div class="scroll">{drawn}</div>{note}</figure>'
        f"<details><summary>The numbers of this plot</summary>{table(numbers(part))}</details>"
    )


def numbers(part: Plot) -> Table:
    """Return what a plot shows as a table: for who cannot see it, or has nothing to draw it.

    >>> numbers(Plot("t", "lines", "x", "y", [Series("a", [1], [2.0])])).rows
    [[1, Interval(value=2.0, low=None, high=None)]]
    """
    several = len(part.series) > 1
    rows = [
        [*([series.name] if several else []), x, _with_ends(series, at)]
        for series in part.series
        for at, x in enumerate(series.x)
    ]
    heads = ["series"] if several else []
    return Table(part.title, [*heads, part.x_label or "case", part.y_label or "value"], rows)


def _with_ends(series: Series, at: int) -> Cell | Interval:
    y = series.y[at]
    low = None if series.low is None else series.low[at]
    high = None if series.high is None else series.high[at]
    return y if y is None else Interval(value=y, low=low, high=high)


def _pictures(part: Pictures) -> str:
    note = f'<p class="note">{said(part.note)}</p>' if part.note else ""
    return note + "\n".join(
        f'<figure class="picture"><img alt="{said(item.caption)}" src="data:{item.kind};base64,'
        f'{base64.b64encode(item.content).decode()}"><figcaption>{said(item.caption)}</figcaption>'
        f"</figure>"
        for item in part.items
    )
