"""Says in one line what was wrong with a command line."""

from __future__ import annotations

from cyclopts import CycloptsError
from cyclopts.exceptions import MissingArgumentError, UnusedCliTokensError


def explained(error: CycloptsError, command: str) -> str:
    """Return what was wrong, and where help is.

    Args:
        error: what the parser raised.
        command: the command that was called; empty where none was.
    """
    whole = f"vivant {command}".rstrip()
    if isinstance(error, UnusedCliTokensError):
        words = ", ".join(repr(word) for word in error.unused_tokens or [])
        problem = f"{words} is one word too many."
    elif isinstance(error, MissingArgumentError) and error.argument is not None:
        problem = f"{error.argument.name} is missing, or has no value."
    else:
        problem = " ".join(str(error).split())
    return f"{problem} See {whole} --help."
