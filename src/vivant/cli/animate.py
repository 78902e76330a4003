"""`vivant animate`: a portrait and a video give a living portrait."""

# Without postponed annotations: the options of the engine are known only when it is.

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

from cyclopts import App, Group, Parameter

from vivant import engines
from vivant.animation.settings import AnimateSettings
from vivant.cli.options import AnimateOptions, LabelOptions
from vivant.cli.output import Json, show_json, warn
from vivant.errors import AskedWrongly

if TYPE_CHECKING:
    from vivant.animation.settings import Report

DEMO_OUTPUT: Final = "vivant-demo.mp4"

EXAMPLES: Final = """\
Examples:
  Let a photograph speak as you do in a recording:
    vivant animate grandmother.jpg me-talking.mp4 -o grandmother-talks.mp4

  Only half a minute of it, and a quick small look at it first:
    vivant animate anna.png talk.mp4 --from 1:00 --to 1:30 --preview -o look.mp4"""


@dataclass(frozen=True, kw_only=True)
class Task:
    """What is made, and how it is told."""

    output: Annotated[Path | None, Parameter(name=["--output", "-o"], metavar="OUT")] = None
    """The result: a .mp4, .webm or .gif file, or a folder for PNG pictures."""
    consent: Annotated[str | None, Parameter(metavar="KIND")] = None
    """Why this portrait may be animated: historical, own, permission or fictional."""
    demo: bool = False
    """Animate the portrait and the video that vivant carries; nothing else is needed."""
    preview: bool = False
    """Make only the first three seconds, small, for a quick look."""


def app(line: str, words: Sequence[str]) -> App:
    """Build the command; its options include those of the engine that `words` name."""
    engine = engine_named(words)
    settings: Any = engines.settings_class(engine)
    drawing = Group(f"Engine {engine}", sort_key=3)
    label = Group("The visible label", sort_key=2)
    own = Parameter(name=engine, group=drawing, negative=None)

    def animate(
        portrait: Path | None = None,
        driving: Path | None = None,
        /,
        *,
        task: Annotated[Task, Parameter(name="*")] = Task(),
        options: Annotated[AnimateOptions, Parameter(name="*")] = AnimateOptions(),  # noqa: B008
        labelling: Annotated[LabelOptions, Parameter(name="*", group=label)] = LabelOptions(),  # noqa: B008
        engine_settings: Annotated[settings, own] = settings(),  # noqa: B008
        json: Json = False,
    ) -> None:
        """Run the command.

        Args:
            portrait: the picture to animate, with one clear face.
            driving: the video whose expressions and head movements it takes over.
        """
        job = _job(task, portrait, driving)
        report = _animate(job, options, labelling, _plain(engine_settings))
        for warning in report.warnings:
            warn(warning)
        if json:
            show_json(report.to_json())
        else:
            print(result_line(report))

    command = App(name="animate", help=line, help_epilogue=EXAMPLES)
    command.default(animate)
    return command


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


@dataclass(frozen=True)
class _Job:
    """A task whose inputs and output are known."""

    portrait: Path
    driving: Path
    output: Path
    consent: str | None
    preview: bool


def _job(task: Task, portrait: Path | None, driving: Path | None) -> _Job:
    if task.demo:
        from vivant import samples

        if portrait is not None or driving is not None:
            raise AskedWrongly("--demo brings its own portrait and video: leave yours out.")
        output = Path(DEMO_OUTPUT) if task.output is None else task.output
        consent = task.consent or "historical"
        return _Job(samples.portrait(), samples.driving(), output, consent, task.preview)
    if portrait is None or driving is None:
        raise AskedWrongly(
            "two files are wanted, a portrait and a video: "
            "vivant animate PORTRAIT DRIVING -o OUT. To see what it does: vivant animate --demo."
        )
    if task.output is None:
        raise AskedWrongly("say where the result goes, such as -o result.mp4.")
    return _Job(portrait, driving, task.output, task.consent, task.preview)


def _plain(settings: Any) -> dict[str, object]:
    return {field.name: getattr(settings, field.name) for field in fields(settings)}


def _animate(
    job: _Job,
    options: AnimateOptions,
    labelling: LabelOptions,
    engine_settings: Mapping[str, object],
) -> "Report":
    from vivant.animation.file import animate_file
    from vivant.cli.ask import asker
    from vivant.cli.interrupt import interruptible
    from vivant.cli.progress import shown_progress

    asked: dict[str, Any] = {
        field.name: getattr(options, field.name) for field in fields(AnimateSettings)
    }
    with interruptible() as cancel, shown_progress(job.output.name, sys.stderr) as on_progress:
        return animate_file(
            job.portrait,
            job.driving,
            job.output,
            **asked,
            engine_settings=engine_settings,
            preview=job.preview,
            consent=job.consent,
            ask_consent=asker(job.portrait),
            label=labelling,
            on_progress=on_progress,
            cancel=cancel,
        )
