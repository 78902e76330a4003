"""`vivant study`: measure engines on folders of clips and pictures."""

# Without postponed annotations: the options of the engine are known only when it is.

import json as plain_json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

from cyclopts import App, Group, Parameter

from vivant import engines
from vivant.cli.animate import engine_named
from vivant.cli.output import Json, show_json, warn
from vivant.errors import AskedWrongly, PathRefused
from vivant.studies.settings import CrossSettings, SelfSettings

if TYPE_CHECKING:
    from vivant.studies.results import Results

EXAMPLES: Final = """\
Examples:
  How well does the default engine rebuild clips from their first frame?
    vivant study self --clips clips --out self

  The same where it cannot copy the driver, which is another person in other light:
    vivant study self --clips clips --disguise --out disguised

  Do portraits keep who they are, and follow the driver, when others drive them?
    vivant study cross --portraits portraits --drivers clips --out cross

  What does a part of the engine bring? Switch it off, and compare:
    vivant study self --clips clips --mesh.background=false --out no-background
    vivant study compare self no-background"""

_Folder = Parameter(metavar="DIR")


@dataclass(frozen=True, kw_only=True)
class SelfOptions(SelfSettings):
    """`SelfSettings` in the words of the command line."""

    relative: Annotated[bool, Parameter(name="--relative", negative="--absolute")] = (
        SelfSettings.relative
    )
    """Carry the driver's change since its first frame, or (--absolute) the face itself."""
    faces: Annotated[bool, Parameter(name="--faces", negative="--no-faces")] = SelfSettings.faces
    """Also measure landmarks by dlib and identity by SFace, where they are installed."""


@dataclass(frozen=True, kw_only=True)
class CrossOptions(CrossSettings):
    """`CrossSettings` in the words of the command line: the same."""


def app(line: str, words: Sequence[str]) -> App:
    """Build the command; its options include those of the engine that `words` name."""
    command = App(name="study", help=line, help_epilogue=EXAMPLES)
    command.command(_self(engine_named(words)), name="self")
    command.command(_cross(engine_named(words)), name="cross")
    command.command(_compare, name="compare")
    return command


def _self(engine: str) -> Any:
    settings: Any = engines.settings_class(engine)
    own = Parameter(name=engine, group=Group(f"Engine {engine}", sort_key=3), negative=None)

    def study_self(
        *,
        clips: Annotated[Path, _Folder],
        out: Annotated[Path, _Folder],
        engine: str = engine,
        options: Annotated[SelfOptions, Parameter(name="*")] = SelfOptions(),
        engine_settings: Annotated[settings, own] = settings(),  # noqa: B008
        json: Json = False,
    ) -> None:
        """Drive the first frame of each clip by the clip itself, and compare with the clip.

        Args:
            clips: folder of the clips; 256x256 is the protocol's size.
            out: folder for results.json, results.csv, summary.md and contact sheets.
            engine: the engine that draws; `vivant engines` lists them.
        """
        from vivant.studies.self import study_self as study
        from vivant.studies.summary import told_self

        asked = SelfSettings(**{name: getattr(options, name) for name in _names(SelfSettings)})
        _refuse_inside(out, clips)
        given = _changed(engine_settings, settings())
        results = study(clips, engine, given, asked, _told)
        _finish(results, out, told_self(results.plain), json)

    return study_self


def _cross(engine: str) -> Any:
    settings: Any = engines.settings_class(engine)
    own = Parameter(name=engine, group=Group(f"Engine {engine}", sort_key=3), negative=None)

    def study_cross(
        *,
        portraits: Annotated[Path, _Folder],
        drivers: Annotated[Path, _Folder],
        out: Annotated[Path, _Folder],
        engine: str = engine,
        options: Annotated[CrossOptions, Parameter(name="*")] = CrossOptions(),
        engine_settings: Annotated[settings, own] = settings(),  # noqa: B008
        json: Json = False,
    ) -> None:
        """Drive portraits by other people: identity, expressions and background.

        Args:
            portraits: folder of the portraits.
            drivers: folder of the driving clips.
            out: folder for results.json, results.csv, summary.md and contact sheets.
            engine: the engine that draws; `vivant engines` lists them.
        """
        from vivant.studies.cross import study_cross as study
        from vivant.studies.summary import told_cross

        asked = CrossSettings(**{name: getattr(options, name) for name in _names(CrossSettings)})
        _refuse_inside(out, portraits, drivers)
        given = _changed(engine_settings, settings())
        results = study(portraits, drivers, engine, given, asked, _told)
        _finish(results, out, told_cross(results.plain), json)

    return study_cross


def _compare(*results: Path, json: Json = False) -> None:
    """Print a table of several results of `vivant study self`, in Markdown.

    Args:
        results: folders that studies wrote, or their results.json.
    """
    from vivant.studies.summary import compared

    if not results:
        raise AskedWrongly("name the folders of the results that are to be compared.")
    found = {_row(path): _read(path) for path in results}
    if json:
        show_json({name: plain["summary"] for name, plain in found.items()})
    else:
        print(compared(found))


def _row(path: Path) -> str:
    return path.parent.name if path.name == "results.json" else path.name


def _read(path: Path) -> dict[str, Any]:
    file = path / "results.json" if path.is_dir() else path
    try:
        plain: dict[str, Any] = plain_json.loads(file.read_text(encoding="utf-8"))
        study = plain["study"]
    except OSError as error:
        raise PathRefused(f"{file}: cannot read the results: {error.strerror}.") from error
    except (ValueError, KeyError, TypeError) as error:
        raise PathRefused(f"{file}: not the results of a study.") from error
    if study != "self":
        raise AskedWrongly(f"{file}: a study of the kind {study!r}; only 'self' can be compared.")
    return plain


def _names(settings: type) -> tuple[str, ...]:
    from dataclasses import fields

    return tuple(field.name for field in fields(settings))


def _changed(settings: Any, defaults: Any) -> dict[str, object]:
    """Return the settings that differ from the defaults: what the study is about."""
    return {
        name: getattr(settings, name)
        for name in _names(type(settings))
        if getattr(settings, name) != getattr(defaults, name)
    }


def _refuse_inside(out: Path, *inputs: Path) -> None:
    if out.resolve() in [path.resolve() for path in inputs]:
        raise PathRefused(f"{out}: the results cannot go into the folder of the inputs.")
    if out.exists() and not out.is_dir():
        raise PathRefused(f"{out}: a file; --out wants a folder.")


def _told(done: int, total: int, name: str) -> None:
    print(f"{done}/{total}  {name}", file=sys.stderr, flush=True)


def _finish(results: "Results", out: Path, summary: str, json: bool) -> None:
    results.write(out, summary)
    wanted = results.plain["settings"].get("faces", True)
    for metric in results.plain["not_measured"] if wanted else ():
        warn(f"{metric} was not measured: pip install 'vivant[lab]' brings what it needs.")
    if json:
        show_json(plain_json.loads(results.json()))
    else:
        print(summary, end="")
