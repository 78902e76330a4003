r"""The tables of a report as LaTeX, to be taken into a paper with `\input`."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Final

from vivant.studies.report.parts import (
    Cell,
    Interval,
    Part,
    Table,
    best,
    clean,
    numeric,
    told,
)

_SIGNS: Final = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    "↑": r"$\uparrow$",
    "↓": r"$\downarrow$",
    "∞": r"$\infty$",
    "\N{MINUS SIGN}": "$-$",
    "\N{MULTIPLICATION SIGN}": r"$\times$",
    "±": r"$\pm$",
    **{sign: f"\\{sign}" for sign in "{}$&#_%"},
}
_HEAD: Final = (
    "% Tables of a vivant study. They need \\usepackage{booktabs} and \\usepackage[T1]{fontenc}."
)

_LONG: Final = 48
"""Letters of a cell from which on its column is broken into lines."""


def latex(parts: Sequence[Part]) -> str:
    """Return the tables among `parts`; those that are long, and all else, are left out.

    A number whose interval reaches as far to both sides, in the digits shown, is
    written with plus-minus; others have their ends in brackets.
    """
    tables = [table(part) for part in parts if isinstance(part, Table) and not part.folded]
    return "\n\n".join([_HEAD, *tables]) + "\n"


def escaped(text: str) -> str:
    r"""Return text that LaTeX shows as it is.

    >>> print(escaped("50 % of {a_b}\\input"))
    50 \% of \{a\_b\}\textbackslash{}input
    """
    return "".join(_SIGNS.get(letter, letter) for letter in clean(text))


def table(part: Table) -> str:
    """Return one table with its caption; the best cells are bold."""
    marked = best(part)
    arrows = {True: r" $\uparrow$", False: r" $\downarrow$", None: ""}
    heads = [escaped(head) + arrows[part.higher_is_better.get(head)] for head in part.heads]
    lines = [_line(heads), r"\midrule"]
    for at, row in enumerate(part.rows):
        cells = [
            _cell(cell, part.digits.get(head)) for cell, head in zip(row, part.heads, strict=True)
        ]
        if part.rows_higher_is_better:
            cells[0] += arrows[part.rows_higher_is_better[at]]
        lines.append(
            _line([_bold(c) if (at, place) in marked else c for place, c in enumerate(cells)])
        )
    columns = "".join(_column(part, at, right) for at, right in enumerate(numeric(part)))
    caption = escaped(". ".join(word.rstrip(".") for word in (part.title, part.note) if word))
    name = re.sub(r"[^a-z0-9]+", "-", part.title.lower()).strip("-") or "table"
    return "\n".join(
        [
            r"\begin{table}[htbp]",
            r"\centering",
            f"\\caption{{{caption}.}}",
            f"\\label{{tab:{name}}}",
            f"\\begin{{tabular}}{{{columns}}}",
            r"\toprule",
            *lines,
            r"\bottomrule",
            r"\end{tabular}",
            r"\end{table}",
        ]
    )


def _column(part: Table, at: int, right: bool) -> str:
    """Return how a column is set; long words are broken into lines."""
    if right:
        return "r"
    return r"p{.45\linewidth}" if any(len(told(row[at])) > _LONG for row in part.rows) else "l"


def _line(cells: Sequence[str]) -> str:
    # A row that begins with a bracket would be read as the space of the row before.
    return "{}" * cells[0].startswith(("[", "*")) + " & ".join(cells) + r" \\"


def _bold(cell: str) -> str:
    return rf"\textbf{{{cell}}}" if "$" not in cell else rf"{{\boldmath\textbf{{{cell}}}}}"


def _cell(cell: Cell | Interval, digits: int | None) -> str:
    words = told(cell, digits)
    if isinstance(cell, Interval) and "[" in words:
        value, low, high = re.findall(r"-?[\d.]+", words)
        places = len(value.partition(".")[2])
        below, above = float(value) - float(low), float(high) - float(value)
        if math.isclose(below, above, rel_tol=0, abs_tol=0.5 * 10**-places):
            return rf"${value} \pm {above:.{places}f}$"
        return f"${value}$ [${low}$, ${high}$]"
    if isinstance(cell, int | float) and not isinstance(cell, bool) and math.isfinite(cell):
        return f"${words}$"
    return "--" if cell is None else escaped(words)
