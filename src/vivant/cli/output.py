"""What every command prints: one JSON object, or lines for people."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from cyclopts import Parameter

Json = Annotated[bool, Parameter(name="--json", help="Print one JSON object, for programs.")]
"""The option that every command takes."""


def show_json(data: Mapping[str, Any]) -> None:
    """Print `data` as the one JSON object."""
    print(json.dumps(data, indent=2, allow_nan=False))


def show_columns(rows: Sequence[Sequence[str]]) -> None:
    """Print `rows` with their columns aligned, two blanks apart."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        print("  ".join(cells).rstrip())


def shown(text: object, most: int = 300) -> str:
    r"""Return words of strangers so that they can do nothing to a terminal, cut after `most`.

    >>> print(shown("a\x1b[2Jb"))
    a\x1b[2Jb
    """
    told = str(text)
    cut = told if len(told) <= most else f"{told[:most]}..."
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode() for char in cut
    )


def warn(message: str) -> None:
    """Tell of something that did not stop the work."""
    print(f"vivant: warning: {message}", file=sys.stderr)
