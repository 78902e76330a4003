"""`vivant inspect`: which faces are in a file, and how they would do as a portrait."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cyclopts import App

from vivant.cli.output import Json, show_json

if TYPE_CHECKING:
    from vivant.animation.inspection import InspectedFace, Inspection

EXAMPLES: Final = """\
Examples:
  Is this photograph good enough, and which number has the face that I want?
    vivant inspect class-photo.jpg

  The same for a program, and for the first picture of a video:
    vivant inspect talk.mp4 --json"""

_STRAIGHT = 10.0
"""Degrees within which a head counts as not turned."""


def app(line: str, words: Sequence[str]) -> App:
    """Build the command."""

    def inspect(file: Path, /, *, json: Json = False) -> None:
        """Run the command.

        Args:
            file: a picture or a video; of a video, the first picture counts.
        """
        from vivant.animation.inspection import inspect as look

        seen = look(file)
        if json:
            show_json(seen.to_json())
        else:
            _show(seen)

    command = App(name="inspect", help=line, help_epilogue=EXAMPLES)
    command.default(inspect)
    return command


def _show(seen: Inspection) -> None:
    number = len(seen.faces)
    faces = "no face" if not number else "1 face" if number == 1 else f"{number} faces"
    parts = [seen.path, seen.kind, f"{seen.width}x{seen.height}", *_moving(seen), faces]
    print("  ".join(parts))
    for index, face in enumerate(seen.faces):
        _show_face(index, face)
    if not number:
        print("  A portrait needs one face that looks roughly at the camera.")


def _moving(seen: Inspection) -> list[str]:
    if seen.video is None:
        return []
    rate, duration, audio = seen.video.rate, seen.video.duration, seen.video.audio
    return [
        "rate unknown" if rate is None else f"{float(rate):.2f} fps",
        "length unknown" if duration is None else f"{float(duration):.1f} s",
        "no sound" if audio is None else "with sound",
    ]


def _show_face(index: int, inspected: InspectedFace) -> None:
    x, y, width, height = inspected.face.box
    print(
        f"  face {index}  {width:.0f}x{height:.0f} pixels at {x:.0f},{y:.0f}  {looking(inspected)}"
        f"  {inspected.suitability.score:g} of 10 as a portrait"
    )
    for advice in inspected.suitability.advice:
        print(f"          {advice}")


def looking(inspected: InspectedFace) -> str:
    """Return where the head points, in words."""
    pose = inspected.face.pose
    turns = [
        ("to the right of the picture", pose.yaw),
        ("to the left of the picture", -pose.yaw),
        ("up", pose.pitch),
        ("down", -pose.pitch),
    ]
    words = [f"{angle:.0f} degrees {where}" for where, angle in turns if angle > _STRAIGHT]
    return "looks " + " and ".join(words) if words else "looks straight ahead"
