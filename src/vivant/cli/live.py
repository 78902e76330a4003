"""`vivant live`: a camera drives a portrait, now."""

# Without postponed annotations: the options of the engine are known only when it is.

import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

from cyclopts import App, Group, Parameter

from vivant.cli.animate import engine_options
from vivant.cli.options import LabelOptions, controls
from vivant.cli.output import Json, show_json
from vivant.errors import AskedWrongly

if TYPE_CHECKING:
    from vivant.live.benchmark import BenchmarkReport
    from vivant.live.session import LiveSettings, Session

EXAMPLES: Final = """\
Examples:
  See whether the camera works:
    vivant live anna.png --to window

  Speak through a portrait in a video call (pick the virtual camera there):
    vivant live anna.png --to virtual

  Keep what is shown, too:
    vivant live anna.png --to virtual record lesson.mp4

  What this computer can do, without any camera:
    vivant live anna.png --benchmark talk.mp4 --json"""

_PLACES: Final = ("window", "virtual", "record")


@dataclass(frozen=True)
class Place:
    """Somewhere the portrait is shown."""

    kind: str
    """One of `window`, `virtual`, `record`."""
    path: Path | None = None
    """The file of a recording."""


def places(words: Sequence[str]) -> tuple[Place, ...]:
    """Read where the portrait is shown, as people write it.

    Raises:
        AskedWrongly: a word is no such place, a recording has no file, or one stands twice.

    >>> places(["virtual", "record", "a.mp4"])[1].path.name
    'a.mp4'
    """
    found: list[Place] = []
    rest = iter(words)
    for word in rest:
        if word not in _PLACES:
            raise AskedWrongly(f"--to takes {', '.join(_PLACES)} FILE; got {word!r}")
        if word != "record":
            found.append(Place(word))
            continue
        file = next(rest, None)
        if file is None or file in _PLACES:
            raise AskedWrongly("--to record wants a file, such as: --to record lesson.mp4")
        found.append(Place(word, Path(file)))
    kinds = [place.kind for place in found if place.kind != "record"]
    if len(set(kinds)) < len(kinds):
        raise AskedWrongly(f"--to {' '.join(words)}: a window or virtual camera can be had once")
    return tuple(found)


def _places(_: type, tokens: Any) -> tuple[Place, ...]:
    return places([token.value for token in tokens])


def _controls(_: type, tokens: Any) -> dict[str, float]:
    return controls([token.value for token in tokens])


_To = Parameter(
    name="--to", converter=_places, accepts_keys=False, n_tokens=-1, metavar="PLACE",
    negative=(), show_default=False, consume_multiple=True,
)  # fmt: skip
_Set = Parameter(
    name="--set", converter=_controls, accepts_keys=False, n_tokens=-1, metavar="NAME=VALUE",
    show_default=False,
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Task:
    """Where it comes from and where it goes."""

    camera: Annotated[str, Parameter(metavar="N|DEVICE|FILE")] = "0"
    """The camera's number from 0, its device file, or a video that plays as a camera."""
    to: Annotated[tuple[Place, ...], _To] = (Place("window"),)
    """Where it is shown, several at once: window, virtual (a camera for other programs), or
    record FILE."""
    camera_size: Annotated[str, Parameter(metavar="WxH")] = "640x480"
    """What is asked of the camera, in pixels."""
    camera_rate: Annotated[float, Parameter(metavar="N")] = 30.0
    """Frames a second asked of the camera."""
    device: Annotated[str | None, Parameter(name="--virtual-device", metavar="NAME")] = None
    """The virtual camera; without it, the first that is free."""
    consent: Annotated[str | None, Parameter(metavar="KIND")] = None
    """Why this portrait may be animated: historical, own, permission or fictional."""
    benchmark: Annotated[Path | None, Parameter(metavar="FILE")] = None
    """Play this video as a camera, show it to nobody, and tell how late and how many frames are."""
    minutes: Annotated[float | None, Parameter(metavar="N")] = None
    """How long the benchmark lasts; its file begins anew at its end."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """How it is drawn."""

    engine: str = "mesh"
    """The engine that draws; `vivant engines` lists them."""
    canvas: Annotated[str | None, Parameter(metavar="WxH")] = None
    """Size of the picture, such as 1280x720; without it, the portrait's own."""
    relative: Annotated[bool, Parameter(name="--relative", negative="--absolute")] = True
    """Carry the change of your face (--relative), or the face itself (--absolute)."""
    mirror: bool = False
    """Swap left and right."""
    face: str = "largest"
    """Which face of the portrait moves: largest, its number from the left, or X,Y inside it."""
    driver_face: str = "largest"
    """Which face before the camera is followed, where there are several."""
    controls: Annotated[Mapping[str, float], _Set] = field(default_factory=dict)
    """Change the face on top of the motion, such as smile=0.5; may be given again."""


Label = Annotated[LabelOptions, Parameter(name="*", group=Group("The visible label", sort_key=2))]


def app(line: str, words: Sequence[str]) -> App:
    """Build the command; its options include those of the engine that `words` name."""
    engine: Any = engine_options(words)

    def live(
        portrait: Path,
        /,
        *,
        task: Annotated[Task, Parameter(name="*")] = Task(),
        options: Annotated[Options, Parameter(name="*")] = Options(),
        label: Label = LabelOptions(),  # noqa: B008
        engine_settings: engine = None,
        json: Json = False,
    ) -> None:
        """Run the command.

        Args:
            portrait: the picture to speak through, with one clear face.
        """
        run(portrait, task, (options, label, engine_settings), json)

    command = App(name="live", help=line, help_epilogue=EXAMPLES)
    command.default(live)
    return command


def size(text: str, option: str) -> tuple[int, int]:
    """Read a size as people write it.

    Raises:
        AskedWrongly: the text is no size.

    >>> size("640x480", "--camera-size")
    (640, 480)
    """
    width, _, height = text.lower().partition("x")
    if not (width.isdecimal() and height.isdecimal()):
        raise AskedWrongly(f"{option} wants WIDTHxHEIGHT, such as 640x480; got {text!r}")
    return int(width), int(height)


def run(portrait: Path, task: Task, how: tuple[Options, LabelOptions, Any], json: bool) -> None:
    """Open the session, show, and tell what it came to."""
    from vivant.cli.ask import asker
    from vivant.cli.interrupt import interruptible
    from vivant.live.session import Session

    options, label, engine_settings = how
    if task.minutes is not None and task.benchmark is None:
        raise AskedWrongly("--minutes belongs to --benchmark FILE.")
    if json and task.benchmark is None:
        raise AskedWrongly("--json belongs to --benchmark FILE: a live show has no result.")
    settings = _settings(options)
    plain = {} if engine_settings is None else {
        one.name: getattr(engine_settings, one.name) for one in fields(engine_settings)
    }  # fmt: skip
    with (
        interruptible() as cancel,
        Session(
            portrait, settings, engine_settings=plain, consent=task.consent,
            ask_consent=asker(portrait), label=label, tell=_tell,
        ) as session,
    ):  # fmt: skip
        if task.benchmark is None:
            _show(session, task, cancel)
            return
        from vivant.live.benchmark import benchmark

        report = benchmark(session, task.benchmark, task.minutes, cancel)
    if json:
        show_json(report.to_json())
    else:
        print(_line(report))


def _settings(options: Options) -> "LiveSettings":
    from vivant.live.canvas import Canvas
    from vivant.live.session import LiveSettings

    canvas = None if options.canvas is None else Canvas(*size(options.canvas, "--canvas"))
    return LiveSettings(
        engine=options.engine, canvas=canvas, relative=options.relative, mirror=options.mirror,
        face=options.face, driver_face=options.driver_face, controls=options.controls,
    )  # fmt: skip


def _show(session: "Session", task: Task, cancel: threading.Event) -> None:
    """Open the sinks and show until the camera ends or somebody presses Ctrl-C."""
    from vivant.live.camera import CameraSettings, open_source

    width, height = size(task.camera_size, "--camera-size")
    source = open_source(
        task.camera, CameraSettings(width=width, height=height, rate=task.camera_rate)
    )
    window = None
    for place in task.to:
        if place.kind == "virtual":
            from vivant.live.virtual import VirtualCamera

            camera = VirtualCamera(session.canvas, task.camera_rate, device=task.device)
            session.open(camera)
            _tell(f"other programs see this portrait as the camera {camera.device}.")
        elif place.path is not None:
            session.record(place.path, task.camera_rate)
            _tell(f"recording to {place.path}.")
        else:
            from vivant.desktop import needs_desktop

            needs_desktop()
            from vivant.desktop.window import Window

            window = Window(session, cancel)
    _tell("Ctrl-C ends it.")
    if window is None:
        session.run(source, cancel)
    else:
        window.run(source)


def _line(report: "BenchmarkReport") -> str:
    return (
        f"{report.frames_per_second:.1f} frames/s shown, {100 * report.dropped_share:.1f} % "
        f"dropped; latency {report.latency_ms_median:.0f} ms (median), "
        f"{report.latency_ms_p95:.0f} ms (95 of 100 frames), "
        f"{report.latency_ms_p99:.0f} ms (99 of 100)"
    )


def _tell(text: str) -> None:
    print(f"vivant: {text}", file=sys.stderr, flush=True)
