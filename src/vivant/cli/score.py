"""`vivant score`: measure one clip or picture against another."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

from cyclopts import App, Parameter

from vivant.cli.output import Json, show_columns, show_json, warn

if TYPE_CHECKING:
    from vivant.studies.score import Score, Scored

EXAMPLES: Final = """\
Examples:
  How near does a drawn clip come to the true one? Frames as PNG files are best:
    vivant score drawn/ true/

  The same of two pictures, for a program:
    vivant score drawn.png true.png --json

Frames are paired by their place; both sides need the same number of frames of the
same size. What each metric means, and its traps: docs/metrics.md."""


def app(line: str, words: Sequence[str]) -> App:
    """Build the command."""

    def score(
        generated: Path,
        reference: Path,
        /,
        *,
        faces: Annotated[bool, Parameter(name="--faces", negative="--no-faces")] = True,
        json: Json = False,
    ) -> None:
        """Run the command.

        Args:
            generated: a picture, a video, or a folder of PNG or JPEG pictures.
            reference: what it should be.
            faces: also look with networks: at landmarks, identity, expression, pose, and whole
                pictures.
        """
        from vivant.studies.score import score as measure

        found = measure(generated, reference, faces=faces, on_frame=_counter())
        if found.lossy:
            warn(
                f"{' and '.join(found.lossy)}: coded with loss, so this is a score of the codec, "
                f"too. To measure what was drawn, compare PNG files."
            )
        if json:
            show_json(found.to_json())
        else:
            _show(found)

    command = App(name="score", help=line, help_epilogue=EXAMPLES)
    command.default(score)
    return command


def _counter() -> Callable[[int], None] | None:
    """Return what counts frames on the terminal; None where nobody watches."""
    if not sys.stderr.isatty():
        return None

    def show(frames: int) -> None:
        print(f"\r{frames} frames", end="", file=sys.stderr, flush=True)

    return show


def _show(found: Score) -> None:
    from vivant.studies.score import NOT_ASKED

    if sys.stderr.isatty():
        print("\r", end="", file=sys.stderr)
    plural = "frame" if found.frames == 1 else "frames"
    print(f"{found.frames} {plural}  {found.width}x{found.height}")
    show_columns([[f"  {name}", *_cells(found, each)] for name, each in found.metrics.items()])
    if found.blinks and any(found.blinks.values()):
        print(f"  blinks: {', '.join(f'{count} {what}' for what, count in found.blinks.items())}")
    names: dict[str, list[str]] = {}
    for name, why in found.not_measured.items():
        names.setdefault(why, []).append(name)
    for why, several in names.items():
        if why != NOT_ASKED:
            print(f"  not measured: {', '.join(several)}: {why}")


def _cells(found: Score, scored: Scored) -> tuple[str, str, str]:
    better = {True: "higher is better", False: "lower is better", None: ""}
    part = "" if scored.frames == found.frames else f", of {scored.frames} frames"
    return f"{scored.value:.6g}", scored.unit, better[scored.higher_is_better] + part
