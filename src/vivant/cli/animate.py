"""`vivant animate`: a portrait and a video give a living portrait."""

# Without postponed annotations: the options of the engine are known only when it is.

import sys
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

from cyclopts import App, Group, Parameter

from vivant import engines
from vivant.animation.settings import AnimateSettings
from vivant.cli.options import AnimateOptions, LabelOptions, pairs
from vivant.cli.output import Json, show_json, warn
from vivant.errors import AskedWrongly

if TYPE_CHECKING:
    from vivant.animation.settings import Report
    from vivant.motion.performance import Performance

DEMO_OUTPUT: Final = "vivant-demo.mp4"

EXAMPLES: Final = """\
Examples:
  Let a photograph speak as you do in a recording:
    vivant animate grandmother.jpg me-talking.mp4 -o grandmother-talks.mp4

  Only half a minute of it, and a quick small look at it first:
    vivant animate anna.png talk.mp4 --from 1:00 --to 1:30 --preview -o look.mp4

  Two people in one photograph, each with a video of their own:
    vivant animate couple.jpg she.mp4 --face 0 --with 1=he.mp4 -o couple-talks.mp4

  Another expression on the face in a video, which keeps its own movements and sound:
    vivant animate interview.mp4 smile.mp4 --sound portrait -o smiles.mp4"""


_Output = Parameter(name=["--output", "-o"], metavar="OUT")
_With = Parameter(name="--with", metavar="FACE=DRIVING", show_default=False, negative=())
Options = Annotated[AnimateOptions, Parameter(name="*")]
Label = Annotated[LabelOptions, Parameter(name="*", group=Group("The visible label", sort_key=2))]
How = tuple[AnimateOptions, LabelOptions, Any]
"""All options of drawing, and those of the engine."""


@dataclass(frozen=True, kw_only=True)
class Task:
    """What is made."""

    output: Annotated[Path | None, _Output] = None
    """The result: a .mp4, .mov, .webm or .gif file, a folder for PNGs, or a .png, .jpg or .webp."""
    consent: Annotated[str | None, Parameter(metavar="KIND")] = None
    """Why this portrait may be animated: historical, own, permission or fictional."""
    release_driver: bool = False
    """The person in the video agrees to be shown: name the video and show a frame of it in the
    signed credentials."""
    preview: bool = False
    """Make only the first three seconds, small, for a quick look."""
    also: Annotated[tuple[str, ...], _With] = ()
    """Another face of the portrait and what drives it; may be given again."""


@dataclass(frozen=True, kw_only=True)
class DemoTask(Task):
    """What is made, from one's own files or from those that vivant carries."""

    demo: bool = False
    """Animate the portrait and the video that vivant carries; nothing else is needed."""


def app(line: str, words: Sequence[str]) -> App:
    """Build the command; its options include those of the engine that `words` name."""
    engine: Any = engine_options(words)

    def animate(
        portrait: Path | None = None,
        driving: Path | None = None,
        /,
        *,
        task: Annotated[DemoTask, Parameter(name="*")] = DemoTask(),
        options: Options = AnimateOptions(),  # noqa: B008
        label: Label = LabelOptions(),  # noqa: B008
        engine_settings: engine = None,
        json: Json = False,
    ) -> None:
        """Run the command.

        Args:
            portrait: the picture to animate, with one clear face; or a video, whose expression
                is then replaced while its head and body move as they do.
            driving: the video whose expressions and head movements it takes over, or a
                performance that `vivant motion record` made.
        """
        tell(make(*_job(task, portrait, driving), (options, label, engine_settings)), json)

    command = App(name="animate", help=line, help_epilogue=EXAMPLES)
    command.default(animate)
    return command


def engine_options(words: Sequence[str]) -> Any:
    """Return the type of a parameter with all options of the engine that `words` name."""
    name = engine_named(words)
    group = Group(f"Engine {name}", sort_key=3)
    cls = engines.settings_class(name)
    shown = bool(fields(cls))  # an engine may have nothing to set
    return Annotated[
        cls, Parameter(name=name, group=group, negative=None, negative_iterable=(), parse=shown)
    ]


def tell(report: "Report", json: bool) -> None:
    """Print what was made, and warn where something speaks against it."""
    for warning in report.warnings:
        warn(warning)
    if json:
        show_json(report.to_json())
    else:
        print(result_line(report))


def engine_named(words: Sequence[str]) -> str:
    """Return the engine that a command line asks for.

    >>> engine_named(["animate", "a.png", "b.mp4", "--engine", "fomm"])
    'fomm'
    """
    for index, word in enumerate(words):
        if word == "--engine" and index + 1 < len(words):
            return words[index + 1]
        if word.startswith("--engine="):
            return word.partition("=")[2]
    return AnimateSettings.engine


def result_line(report: "Report") -> str:
    """Return what was made, in one line."""
    rate = "rate unknown" if report.fps_in is None else f"{report.fps_in:.2f} fps"
    parts = (
        report.output,
        f"{report.frames} frames",
        rate,
        f"{report.frames_per_second:.1f} frames/s",
        f"{report.faces_missed} faces missed",
    )
    return "  ".join(parts)


Inputs = tuple[Path, "Path | Performance"]
"""Portrait and driver."""


def _job(task: DemoTask, portrait: Path | None, driving: Path | None) -> tuple[Inputs, Task]:
    """Return the inputs, and what is made of them."""
    if task.demo:
        from vivant import samples

        if portrait is not None or driving is not None:
            raise AskedWrongly("--demo brings its own portrait and video: leave yours out.")
        output = Path(DEMO_OUTPUT) if task.output is None else task.output
        return (samples.portrait(), samples.driving()), replace(task, output=output)
    if portrait is None or driving is None:
        raise AskedWrongly(
            "two files are wanted, a portrait and a video: "
            "vivant animate PORTRAIT DRIVING -o OUT. To see what it does: vivant animate --demo."
        )
    return (portrait, driving), task


def _plain(settings: Any) -> dict[str, object]:
    if settings is None:  # no option of the engine was given
        return {}
    return {field.name: getattr(settings, field.name) for field in fields(settings)}


def make(inputs: Inputs, task: Task, how: How) -> "Report":
    """Animate a portrait by a file or a performance."""
    from vivant.animation.file import animate_file
    from vivant.cli.ask import asker
    from vivant.cli.interrupt import interruptible
    from vivant.cli.progress import shown_progress
    from vivant.marks.consent import sample

    portrait, driving = inputs
    sampled = isinstance(task, DemoTask) and task.demo and task.consent is None
    options, label, engine_settings = how
    if task.output is None:
        raise AskedWrongly("say where the result goes, such as -o result.mp4.")
    asked: dict[str, Any] = {
        field.name: getattr(options, field.name) for field in fields(AnimateSettings)
    }
    with interruptible() as cancel, shown_progress(task.output.name, sys.stderr) as on_progress:
        return animate_file(
            portrait,
            driving,
            task.output,
            also=pairs(task.also),
            **asked,
            engine_settings=_plain(engine_settings),
            preview=task.preview,
            consent=sample() if sampled else task.consent,
            ask_consent=asker(portrait),
            label=label,
            release_driver=task.release_driver,
            on_progress=on_progress,
            cancel=cancel,
        )
