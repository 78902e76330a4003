"""Puts the help of each command into the documentation, so that both say the same.

A line `<!-- help: animate -->` in a page becomes what `vivant animate --help` prints.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
from typing import Any

from vivant.cli import main

_MARK = re.compile(r"^<!-- help:(.*?)-->$", re.MULTILINE)


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Replace the marks of one page (a hook of mkdocs)."""
    return _MARK.sub(lambda found: _help(found[1].split()), markdown)


def _help(words: list[str]) -> str:
    printed = io.StringIO()
    os.environ.update(COLUMNS="88", NO_COLOR="1")
    with contextlib.redirect_stdout(printed):
        if main([*words, "--help"]) != 0:
            raise ValueError(f"vivant {' '.join(words)} --help failed")
    return f"```text\n{printed.getvalue().rstrip()}\n```"
