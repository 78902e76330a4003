"""A report as Markdown: what can be read in a terminal and shown by a code host."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from vivant.studies.report.body import numbers
from vivant.studies.report.parts import (
    Cell,
    Interval,
    Part,
    Pictures,
    Plot,
    Table,
    Text,
    best,
    clean,
    number,
    numeric,
    told,
)

_FEW: Final = 24
"""Points of a plot up to which they are written as a table."""


def markdown(title: str, parts: Sequence[Part]) -> str:
    """Return a report as Markdown; pictures, long tables and large plots are only named.

    Args:
        title: the heading of the whole.
        parts: what follows, in this order.
    """
    blocks = [f"# {escaped(title)}"]
    for part in parts:
        blocks += [f"## {escaped(part.title)}", *_body(part)]
    return "\n\n".join(blocks) + "\n"


def escaped(text: str) -> str:
    r"""Return text that Markdown shows as it is.

    >>> print(escaped("a|b *c* <d> some_name _e"))
    a\|b \*c\* \<d\> some_name \_e
    """
    text = re.sub(r"([\\`*\[\]<>|~$])", r"\\\1", clean(text))
    text = re.sub(r"&(?=#?\w+;)", r"\\&", text)
    return re.sub(r"(?<!\w)_|_(?!\w)", r"\\_", text)


def _paragraph(text: str) -> str:
    r"""Return a paragraph that is no list and no heading, whatever it begins with.

    >>> print(_paragraph("# one"), _paragraph("1. two"), sep=", ")
    \# one, 1\. two
    """
    return re.sub(r"^(\d*)([-+#=.)])", r"\1\\\2", escaped(text))


def grid(table: Table) -> str:
    """Return a table; numbers stand at the right, the best are bold.

    >>> table = Table("t", ["m", "l1"], [["a", 0.2], ["b", 0.1]], higher_is_better={"l1": False})
    >>> print(grid(table))
    | m | l1 ↓ |
    |---|---:|
    | a | 0.200 |
    | b | **0.100** |
    """
    marked = best(table)
    arrows = {True: " ↑", False: " ↓", None: ""}
    heads = [escaped(head) + arrows[table.higher_is_better.get(head)] for head in table.heads]
    lines = [heads]
    for at, row in enumerate(table.rows):
        cells = [
            _cell(cell, table.digits.get(head)) for cell, head in zip(row, table.heads, strict=True)
        ]
        if table.rows_higher_is_better:
            cells[0] += arrows[table.rows_higher_is_better[at]]
        lines.append([f"**{c}**" if (at, place) in marked else c for place, c in enumerate(cells)])
    rules = ["---:" if right else "---" for right in numeric(table)]
    shown = [f"| {' | '.join(line)} |" for line in lines]
    return "\n".join([shown[0], f"|{'|'.join(rules)}|", *shown[1:]])


def _cell(cell: Cell | Interval, digits: int | None) -> str:
    words = told(cell, digits)
    return words if number(cell) is not None else escaped(words)


def _body(part: Part) -> list[str]:
    if isinstance(part, Text):
        return [_paragraph(paragraph) for paragraph in part.paragraphs]
    note = [_paragraph(part.note)] if part.note else []
    if isinstance(part, Table):
        if part.folded:
            return [f"{len(part.rows)} rows: see report.html.", *note]
        return [grid(part), *note]
    if isinstance(part, Plot):
        table = numbers(part)
        cloud = any(len(set(series.x)) < len(series.x) for series in part.series)
        few = len(table.rows) <= _FEW and not cloud
        return [grid(table) if few else "Drawn in report.html.", *note]
    return [*note, *_named(part)]


def _named(part: Pictures) -> list[str]:
    lines = [f"- {escaped(item.caption)}" for item in part.items]
    return ["\n".join(lines), "Shown in report.html."] if lines else []
