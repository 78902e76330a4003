"""Cells of CSV files that no spreadsheet takes for a formula."""

from __future__ import annotations

import re
from typing import Any, Final

_BEGINS: Final = ("=", "+", "-", "@", "\t", "\r")
_NUMBER: Final = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


def risky(value: Any) -> bool:
    """Say whether a spreadsheet could run a cell as a formula: text that begins like one.

    Source: OWASP, CSV Injection.

    >>> risky("=1+1"), risky("-a"), risky("-0.5"), risky(-0.5), risky("a=b")
    (True, True, False, False, False)
    """
    return isinstance(value, str) and value.startswith(_BEGINS) and not _NUMBER.fullmatch(value)


def harmless(value: Any) -> Any:
    """Return a cell with an apostrophe before what begins like a formula; numbers as they are.

    Carriage returns become spaces: the csv module does not quote them, and what
    follows one would begin a cell of its own.

    >>> harmless("=1+1"), harmless("anna"), harmless(-0.5)
    ("'=1+1", 'anna', -0.5)
    """
    if not isinstance(value, str):
        return value
    return ("'" if risky(value) else "") + value.replace("\r", " ")
