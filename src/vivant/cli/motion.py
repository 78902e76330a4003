"""`vivant motion`: record what a face does, and play it on any portrait."""

# Without postponed annotations: the options of the engine are known only when it is.

import sys
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

from cyclopts import App, Parameter

from vivant.cli.animate import Label, Options, Task, engine_options, make, tell
from vivant.cli.options import AnimateOptions, LabelOptions, Time
from vivant.cli.output import Json, show_columns, show_json
from vivant.errors import AskedWrongly

if TYPE_CHECKING:
    from vivant.motion.performance import Performance

EXAMPLES: Final = """\
Examples:
  Record yourself once, and let several portraits say it:
    vivant motion record me-talking.mp4 -o greeting.npz
    vivant motion play anna.jpg greeting.npz -o anna.mp4

  Which performances does vivant bring? Let one be played for half a minute:
    vivant motion list
    vivant motion play anna.jpg rest --seconds 30 -o anna-alive.mp4

  No motion at all: a picture of the portrait, smiling and looking aside:
    vivant motion play anna.jpg rest --set smile=0.7,yaw=12 -o anna-smiles.png"""

LINES: Final = {
    "record": "Keep what the face in a video does, without its pictures and its sound.",
    "play": "Let a portrait perform a recording, or what vivant brings.",
    "list": "List the performances that vivant brings, or say what is in recordings.",
    "export": "Write a recording as a table of numbers.",
}


def app(line: str, words: Sequence[str]) -> App:
    """Build the command with its four parts."""
    command = App(name="motion", help=line, help_epilogue=EXAMPLES)
    for name, build in {
        "record": _record,
        "play": lambda: _play(words),
        "list": _list,
        "export": _export,
    }.items():
        command.command(build(), name=name, help=LINES[name])
    return command


_Output = Annotated[Path | None, Parameter(name=["--output", "-o"], metavar="OUT")]


def _record() -> Any:
    def record(
        driving: Path,
        /,
        *,
        output: _Output = None,
        name: str | None = None,
        origin: Annotated[str, Parameter(show_default=False)] = "",
        licence: Annotated[str, Parameter(show_default=False)] = "",
        driver_face: str = "largest",
        start: Annotated[Fraction | None, Time, Parameter(name="--from")] = None,
        end: Annotated[Fraction | None, Time, Parameter(name="--to")] = None,
        mirror: bool = False,
        json: Json = False,
    ) -> None:
        """Keep what the face in a video does, without its pictures and its sound.

        Args:
            driving: a video in which one face is followed.
            output: The recording, such as greeting.npz.
            name: What it is called; without it, as the file.
            origin: Who performed, if that is to be stored.
            licence: Under which conditions others may use it.
            driver_face: Which face is followed: largest, its number from the left, or X,Y.
            start: Where in the video to begin: seconds or M:SS.
            end: Where in the video to stop: seconds or M:SS.
            mirror: Swap left and right.
        """
        from vivant.animation.recording import record as follow
        from vivant.animation.sources import check_output, write_performance
        from vivant.cli.interrupt import interruptible
        from vivant.cli.progress import shown_progress

        if output is None:
            raise AskedWrongly("say where the recording goes, such as -o greeting.npz.")
        check_output(output, [driving])
        with interruptible() as cancel, shown_progress(output.name, sys.stderr) as on_progress:
            performance = follow(
                driving,
                name=output.stem if name is None else name,
                origin=origin,
                licence=licence,
                driver_face=driver_face,
                start=start,
                end=end,
                mirror=mirror,
                on_progress=on_progress,
                cancel=cancel,
            )
            write_performance(performance, output)
        _told(output, performance, json)

    return record


def _play(words: Sequence[str]) -> Any:
    engine: Any = engine_options(words)

    def play(
        portrait: Path,
        performance: str,
        /,
        *,
        task: Annotated[Task, Parameter(name="*")] = Task(),  # noqa: B008
        seconds: Annotated[Fraction | None, Time] = None,
        options: Options = AnimateOptions(),  # noqa: B008
        label: Label = LabelOptions(),  # noqa: B008
        engine_settings: engine = None,
        json: Json = False,
    ) -> None:
        """Let a portrait perform a recording, or what vivant brings.

        Args:
            portrait: the picture to animate, with one clear face.
            performance: one of `vivant motion list`, or a file that `vivant motion record` made.
            seconds: Play it over and over for so long.
        """
        from vivant.animation.sources import check_output, read_performance
        from vivant.motion.performance import looped

        if task.output is not None:
            check_output(task.output, [Path(performance)])
        played = read_performance(performance)
        if seconds is not None:
            played = looped(played, seconds)
        tell(make((portrait, played), task, (options, label, engine_settings)), json)

    return play


def _list() -> Any:
    def show(*files: Path, json: Json = False) -> None:
        """List the performances that vivant brings, or say what is in recordings.

        Args:
            files: recordings that `vivant motion record` made.
        """
        from vivant.animation.sources import read_performance
        from vivant.motion.shipped import shipped, shipped_names, shown_by

        found = [_plain(file, read_performance(file)) for file in files]
        rows = [_row(item) for item in found]
        if not files:
            brought = [(shipped(name), shown_by(name)) for name in shipped_names()]
            found = [{**_plain(None, item), "shows": shows} for item, shows in brought]
            rows = [(item.name, f"{float(item.seconds):.1f} s", shows) for item, shows in brought]
        if json:
            show_json({"performances": found})
        else:
            show_columns(rows)

    return show


def _export() -> Any:
    def export(file: Path, /, *, output: _Output = None, json: Json = False) -> None:
        """Write a recording as a table of numbers.

        Args:
            file: a recording that `vivant motion record` made, or a name of `vivant motion list`.
            output: The table, such as greeting.csv: one row a frame.
        """
        from vivant.animation.sources import check_output, export_table, read_performance

        if output is None:
            raise AskedWrongly("say where the table goes, such as -o greeting.csv.")
        check_output(output, [file])
        performance = read_performance(file)
        export_table(performance, output)
        _told(output, performance, json)

    return export


def _told(output: Path, performance: "Performance", json: bool) -> None:
    plain = _plain(output, performance)
    if json:
        show_json(plain)
    else:
        print("  ".join(_row(plain)))


def _plain(file: Path | None, performance: "Performance") -> dict[str, Any]:
    return {
        "path": None if file is None else str(file),
        "name": performance.name,
        "frames": len(performance),
        "seconds": round(float(performance.seconds), 3),
        "fps": None if performance.rate is None else round(float(performance.rate), 3),
        "faces_missed": performance.missing,
        "width": performance.width,
        "height": performance.height,
        "origin": performance.origin,
        "licence": performance.licence,
    }


def _row(plain: dict[str, Any]) -> tuple[str, ...]:
    rate = "rate unknown" if plain["fps"] is None else f"{plain['fps']:.2f} fps"
    return (
        plain["path"],
        plain["name"],
        f"{plain['seconds']:.1f} s",
        rate,
        f"{plain['faces_missed']} faces missed",
        plain["licence"] or "licence not stated",
    )
