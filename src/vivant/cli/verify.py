"""`vivant verify`: who made a file, from what, is it intact, is it synthetic."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

from cyclopts import App, Parameter

from vivant.cli.output import Json, show_json, shown
from vivant.errors import AskedWrongly

if TYPE_CHECKING:
    from vivant.marks import Verification
    from vivant.marks.verify import Watermark
    from vivant.web.guard import Door

EXAMPLES: Final = """\
Examples:
  Was this video made by AI, and was it changed since?
    vivant verify grandmother-talks.mp4

  The same for all pictures of a folder, for a program:
    vivant verify frames/ --json

  On a page of your own browser, where files are dropped; nothing leaves this computer:
    vivant verify --web

Exit code 0: nothing broken, which a file that is too damaged to tell is not either;
1: credentials are broken; 2: the question was wrong."""

_UNTOLD: Final = ("format", "generator", "settings", "watermark")
"""Claims that say nothing to people."""


def app(line: str, words: Sequence[str]) -> App:
    """Build the command."""

    def verify(
        file: Path | None = None,
        /,
        *,
        web: bool = False,
        port: Annotated[int, Parameter(show_default=False)] = 0,
        trust_anchors: Annotated[Path | None, Parameter(metavar="PEM")] = None,
        json: Json = False,
    ) -> int:
        """Run the command.

        Args:
            file: a picture, a video, or a folder of them.
            web: serve a page on this computer that checks files dropped on it; Ctrl-C ends it.
            port: of that page, where it must be a certain one.
            trust_anchors: a file of certificates; signers that they vouch for are trusted.
        """
        if web:
            return _serve(file, trust_anchors, port)
        if file is None:
            raise AskedWrongly("verify wants a file or a folder, or --web for a page of its own.")
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


def _serve(file: Path | None, trust_anchors: Path | None, port: int) -> int:
    if file is not None:
        raise AskedWrongly("--web takes files on its page: leave the file out.")
    from vivant.web import form, serving

    def ready(door: Door) -> None:
        print(f"Open in a browser on this computer (Ctrl-C ends it):\n{door.address}", flush=True)

    serving.needs_web()
    page = form.application(trust_anchors=trust_anchors)
    try:
        serving.serve(page, form.policy(), port=port, ready=ready)
    except KeyboardInterrupt:
        print("Ended.", file=sys.stderr)
    return 0


def _show(found: Verification) -> None:
    print(shown(f"{found.path}: {found.conclusion}", 5000))
    if found.issued:
        print(f"  signed      {shown(found.issued)}")
    for key, value in found.claims.items():
        if key not in _UNTOLD and _plain(value):
            print(f"  {shown(key, 40):<11} {shown(_plain(value))}")
    for ingredient in found.ingredients:
        broken = ", its own credentials were broken" if ingredient.intact is False else ""
        kept = ", with its own credentials" if ingredient.intact else ""
        how = f"{shown(ingredient.relationship, 40)}{kept}{broken}"
        print(f"  made from   {shown(ingredient.title)} ({how})")
    if found.watermark:
        print(f"  watermark   {_mark(found.watermark)}")
    if found.label:
        print(f"  label seen  “{shown(found.label.text)}”, in the picture")
    if found.journal:
        print(f"  journal     {found.journal}, {found.journal.when}")
    for problem in found.problems:
        print(f"  note        {shown(problem, 1000)}")


def _mark(mark: Watermark) -> str:
    if mark.id is None:
        return f"vivant's mark is in the picture, too weak to be read ({mark.sureness})"
    others = f", and beneath it {', '.join(mark.others)}" if mark.others else ""
    return f"{mark.id}{others} (found in the picture; {mark.sureness})"


def _plain(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {_plain(inner)}" for key, inner in value.items() if inner)
    text = str(value)
    return f"{text[:12]}..." if len(text) == 64 else text
