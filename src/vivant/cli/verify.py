"""`vivant verify`: who made a file, from what, is it intact, is it synthetic."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

from cyclopts import App, Parameter

from vivant.cli.output import Json, show_json

if TYPE_CHECKING:
    from vivant.marks import Verification

EXAMPLES: Final = """\
Examples:
  Was this video made by AI, and was it changed since?
    vivant verify grandmother-talks.mp4

  The same for all pictures of a folder, for a program:
    vivant verify frames/ --json

Exit code 0: nothing broken; 1: credentials are broken; 2: the question was wrong."""

_UNTOLD: Final = ("format", "generator", "settings")
"""Claims that say nothing to people."""


def app(line: str, words: Sequence[str]) -> App:
    """Build the command."""

    def verify(
        file: Path,
        /,
        *,
        trust_anchors: Annotated[Path | None, Parameter(metavar="PEM")] = None,
        json: Json = False,
    ) -> int:
        """Run the command.

        Args:
            file: a picture, a video, or a folder of them.
            trust_anchors: a file of certificates; signers that they vouch for are trusted.
        """
        from vivant import marks

        found = marks.verify(file, trust_anchors=trust_anchors)
        if json:
            show_json(found.to_json())
        else:
            _show(found)
        return 1 if found.broken else 0

    command = App(name="verify", help=line, help_epilogue=EXAMPLES)
    command.default(verify)
    return command


def _show(found: Verification) -> None:
    print(f"{found.path}: {found.conclusion}")
    if found.issued:
        print(f"  signed      {found.issued}")
    for key, value in found.claims.items():
        if key not in _UNTOLD and _plain(value):
            print(f"  {key:<11} {_plain(value)}")
    for ingredient in found.ingredients:
        broken = ", its own credentials were broken" if ingredient.intact is False else ""
        kept = ", with its own credentials" if ingredient.intact else ""
        print(f"  made from   {ingredient.title} ({ingredient.relationship}{kept}{broken})")
    if found.journal:
        told = f"on this computer, {found.journal.when}, entry {found.journal.entry} of its journal"
        print(f"  made        {told}")
    for problem in found.problems:
        print(f"  note        {problem}")


def _plain(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {_plain(inner)}" for key, inner in value.items() if inner)
    text = str(value)
    return f"{text[:12]}..." if len(text) == 64 else text
