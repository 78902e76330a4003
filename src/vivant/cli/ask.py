"""Asks a person why a portrait may be animated."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from vivant.cli.interrupt import at_once
from vivant.marks import CONSENT_KINDS

_ATTEMPTS = 3


def asker(portrait: Path) -> Callable[[], str | None] | None:
    """Return what puts the question on the terminal; None where nobody sits at one."""
    if not (sys.stdin is not None and sys.stdin.isatty()):
        return None
    return lambda: ask(portrait)


def ask(portrait: Path) -> str | None:
    """Ask on stderr, read from stdin, and return a key of `CONSENT_KINDS`, or None."""
    kinds = list(CONSENT_KINDS)
    _say(f"Whose face is in {portrait.name}, and why may it be animated?")
    for number, kind in enumerate(kinds, start=1):
        _say(f"  {number}  {kind:<11} {CONSENT_KINDS[kind]}")
    _say("The answer is kept for this picture and written into the result.")
    for _ in range(_ATTEMPTS):
        with at_once():  # from before the prompt on: who reads it may press Ctrl-C already
            _say(f"Number 1 to {len(kinds)}, or Enter to stop: ", end="")
            answer = sys.stdin.readline().strip().lower()
        if not answer:
            return None
        if answer in kinds:
            return answer
        if answer.isdecimal() and 1 <= int(answer) <= len(kinds):
            return kinds[int(answer) - 1]
    return None


def _say(text: str, end: str = "\n") -> None:
    print(text, end=end, file=sys.stderr, flush=True)
