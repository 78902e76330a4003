"""`vivant detect`: how much the face in a file looks drawn."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

from cyclopts import App, Parameter

from vivant.cli.output import Json, show_json, warn
from vivant.errors import VivantError

if TYPE_CHECKING:
    from vivant.forensics.detection import Detection

EXAMPLES: Final = """\
Examples:
  Does the face in this video look drawn?
    vivant detect talk.mp4

  The same for all pictures and videos of a folder, for a program:
    vivant detect downloads/ --json

  By the detector of FaceForensics++, with weights that you have added:
    vivant detect talk.mp4 --detector xception

A detector gives a hint, never a proof: it knows what it was trained on, and
little else. vivant verify reads who signed a file, which is worth more.

Exit code 0: it could be judged, whatever the score; 1: it could not (no face, a
damaged file); 2: the question was wrong."""


def app(line: str, words: Sequence[str]) -> App:
    """Build the command."""

    def detect(
        file: Annotated[Path, Parameter(metavar="FILE|DIR")],
        /,
        *,
        detector: Annotated[str, Parameter(metavar="NAME")] = "small",
        frames: int = 32,
        json: Json = False,
    ) -> int:
        """Run the command.

        Args:
            file: a picture, a video, or a folder of them.
            detector: small, or xception, or xception/NAME where several weights were added.
            frames: how many frames of a video to look at, at most; evenly from all of it.
        """
        from vivant.forensics.detection import HINT, files_in
        from vivant.forensics.detectors import open_detector

        loaded = open_detector(detector)
        if not file.is_dir():
            found = _judged(file, loaded, frames)
            if json:
                show_json(found.to_json())
            else:
                _show(found)
                _tell(found)
            return 0
        done, failed = _all(files_in(file), loaded, frames, quiet=json)
        if json:
            show_json(
                {
                    "files": [found.to_json() for found in done],
                    "failed": [{"path": str(path), "problem": why} for path, why in failed],
                    "hint": HINT,
                }
            )
        elif done:
            _tell(done[0])
        return 1 if failed else 0

    command = App(name="detect", help=line, help_epilogue=EXAMPLES)
    command.default(detect)
    return command


def _judged(file: Path, detector: Any, frames: int) -> Detection:
    from vivant.forensics.detection import detect

    return detect(file, detector=detector, frames=frames)


def _all(
    files: Sequence[Path], detector: Any, frames: int, *, quiet: bool
) -> tuple[list[Detection], list[tuple[Path, str]]]:
    """Judge each file; one that cannot be judged does not stop the others."""
    done: list[Detection] = []
    failed: list[tuple[Path, str]] = []
    for number, file in enumerate(files, start=1):
        print(f"{number}/{len(files)}  {file.name}", file=sys.stderr, flush=True)
        try:
            found = _judged(file, detector, frames)
        except VivantError as error:
            failed.append((file, str(error)))
            warn(str(error))
        else:
            done.append(found)
            if not quiet:
                _show(found)
    return done, failed


def _show(found: Detection) -> None:
    frames = "1 frame" if found.frames == 1 else f"{found.frames} frames"
    missed = f", {found.faces_missed} more without a face" if found.faces_missed else ""
    print(
        f"{found.path}  {found.score:.2f}  {found.conclusion}  "
        f"(0 filmed, 1 drawn; {frames}{missed})"
    )


def _tell(found: Detection) -> None:
    """Say once what the scores are worth."""
    print(f"  detector    {found.detector}: {found.trained_on}")
    print(f"  note        {found.hint}")
