"""`vivant study`: measure engines on folders of clips and pictures."""

# Without postponed annotations: the options of the engines are known only when they are.

import json as plain_json
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field, fields, make_dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

from cyclopts import App, Group, Parameter

from vivant import engines
from vivant.cli.animate import engine_named
from vivant.cli.output import Json, show_json, warn
from vivant.cli.people import DrawOptions, MakeOptions, people, tell
from vivant.errors import AskedWrongly, PathRefused
from vivant.studies.people.settings import DrawSettings, MakeSettings
from vivant.studies.settings import (
    CrossSettings,
    ScenariosSettings,
    SelfSettings,
    SpeedSettings,
)

if TYPE_CHECKING:
    from vivant.studies.study import Method, Study

EXAMPLES: Final = """\
Examples:
  How well does the default engine rebuild clips from their first frame?
    vivant study self --clips clips --out self

  The same where it cannot copy the driver, which is another person in other light:
    vivant study self --clips clips --disguise --out disguised

  Do portraits keep who they are, and follow the driver, when others drive them?
    vivant study cross --portraits portraits --drivers clips --out cross

  What remains of it where the face is small, as in an online class?
    vivant study scenarios --portraits portraits --clips clips --engine mesh,still --out class

  Which portraits can be animated, and which better not?
    vivant study suitability --portraits portraits --drivers clips --out suitability

  How strongly may an expression be carried over before the person is another one?
    vivant study transfer --portraits portraits --drivers clips --out transfer

  A labelled set of originals and results, for research on detectors:
    vivant study dataset --portraits portraits --drivers clips --out set --consent permission

  What does a part of the engine bring? Switch it off, and compare:
    vivant study self --clips clips --mesh.background=false --out no-background
    vivant study compare self no-background"""

Folder: Final = Parameter(metavar="DIR")
"""A folder of results."""
Input: Final = Parameter(metavar="DIR|CSV")
"""A folder of files, or a manifest."""


@dataclass(frozen=True, kw_only=True)
class How:
    """How a study is run."""

    engine: Annotated[str, Parameter(metavar="NAME[,NAME]")] = "mesh"
    """The engine that draws, or several to be compared, as in mesh,still."""
    workers: int | None = None
    """Processes at work; as many as cores where it is not given."""
    afresh: bool = False
    """Begin anew, where --out holds results; without it, what is done there is kept."""


@dataclass(frozen=True, kw_only=True)
class SelfOptions(SelfSettings):
    """`SelfSettings` in the words of the command line."""

    relative: Annotated[bool, Parameter(name="--relative", negative="--absolute")] = (
        SelfSettings.relative
    )
    """Carry the driver's change since its first frame, or (--absolute) the face itself."""
    faces: Annotated[bool, Parameter(name="--faces", negative="--no-faces")] = SelfSettings.faces
    """Also look with dlib, SFace and EfficientNet-Lite0, where they are installed."""
    baseline: Annotated[bool, Parameter(name="--baseline", negative="--no-baseline")] = (
        SelfSettings.baseline
    )
    """Measure leaving the portrait as it is (the engine still) beside."""


@dataclass(frozen=True, kw_only=True)
class SpeedOptions(SpeedSettings):
    """`SpeedSettings` in the words of the command line: the same."""


@dataclass(frozen=True, kw_only=True)
class CrossOptions(CrossSettings):
    """`CrossSettings` in the words of the command line: the same."""


@dataclass(frozen=True, kw_only=True)
class ScenariosOptions(ScenariosSettings):
    """`ScenariosSettings` in the words of the command line."""

    roles: Annotated[str, Parameter(metavar="NAME[,NAME]")] = ScenariosSettings.roles
    """What is done: reenact (the source is driven by the target video), swap (the target video
    stays and gets the source's expression), or both."""
    faces: Annotated[bool, Parameter(name="--faces", negative="--no-faces")] = (
        ScenariosSettings.faces
    )
    """Also look with dlib, SFace and EfficientNet-Lite0, where they are installed."""


def app(line: str, words: Sequence[str]) -> App:
    """Build the command; its options include those of the engines that `words` name."""
    from vivant.cli import dataset, trials  # which use what stands here

    own = engine_options(words)
    command = App(name="study", help=line, help_epilogue=EXAMPLES)
    command.command(_self(own), name="self")
    command.command(_cross(own), name="cross")
    command.command(_scenarios(own), name="scenarios")
    command.command(trials.suitability(own), name="suitability")
    command.command(trials.transfer(own), name="transfer")
    command.command(_speed(own), name="speed")
    command.command(people(_people(own)))
    command.command(dataset.command(own), name="dataset")
    command.command(_compare, name="compare")
    command.command(_manifest, name="manifest")
    return command


def engine_options(words: Sequence[str]) -> Any:
    """Return the type of a parameter with the settings of each engine that is named."""
    named = engine_named(words).split(",")
    options = []
    for name in dict.fromkeys(named):
        cls: Any = engines.settings_class(name)
        if not fields(cls):
            continue
        group = Group(f"Engine {name}", sort_key=3)
        kind = Annotated[
            cls, Parameter(name=name, group=group, negative=None, negative_iterable=())
        ]
        options.append((name.replace("-", "_"), kind, field(default=cls())))
    made = make_dataclass("EngineOptions", options, frozen=True, kw_only=True)
    made.__module__ = __name__  # where the parser resolves its annotations
    how = Parameter(name="*") if options else Parameter(parse=False)
    return Annotated[made | None, how]


def _self(own: Any) -> Any:
    def study_self(
        *,
        clips: Annotated[Path, Input],
        out: Annotated[Path, Folder],
        how: Annotated[How, Parameter(name="*")] = How(),
        options: Annotated[SelfOptions, Parameter(name="*")] = SelfOptions(),
        engine_settings: own = None,
        json: Json = False,
    ) -> None:
        """Drive the first frame of each clip by the clip itself, and compare with the clip.

        Args:
            clips: folder or manifest of the clips; 256x256 is the protocol's size.
            out: folder for report.html, tables and results.
        """
        from vivant.studies.self.study import SelfStudy

        asked = SelfSettings(**values(options, SelfSettings))
        study = SelfStudy.of(clips, methods(how, engine_settings), asked)
        conduct(study, out, how, json, inputs=(clips,))

    return study_self


def _cross(own: Any) -> Any:
    def study_cross(
        *,
        portraits: Annotated[Path, Input],
        drivers: Annotated[Path, Input],
        out: Annotated[Path, Folder],
        how: Annotated[How, Parameter(name="*")] = How(),
        options: Annotated[CrossOptions, Parameter(name="*")] = CrossOptions(),
        engine_settings: own = None,
        json: Json = False,
    ) -> None:
        """Drive portraits by other people: identity, expressions and background.

        Args:
            portraits: folder or manifest of the portraits.
            drivers: folder or manifest of the driving clips.
            out: folder for report.html, tables and results.
        """
        from vivant.studies.cross.study import CrossStudy

        asked = CrossSettings(**values(options, CrossSettings))
        study = CrossStudy.of(portraits, drivers, methods(how, engine_settings), asked)
        conduct(study, out, how, json, inputs=(portraits, drivers))

    return study_cross


def _scenarios(own: Any) -> Any:
    def study_scenarios(
        *,
        portraits: Annotated[Path, Input],
        clips: Annotated[Path, Parameter(name=["--clips", "--drivers"], metavar="DIR|CSV")],
        out: Annotated[Path, Folder],
        detector: Annotated[str | None, Parameter(metavar="NAME[,NAME]")] = None,
        how: Annotated[How, Parameter(name="*")] = How(),
        options: Annotated[ScenariosOptions, Parameter(name="*")] = ScenariosOptions(),
        engine_settings: own = None,
        json: Json = False,
    ) -> None:
        """Compare online classes in which the face fills the frame, a tenth, and 3 % of it.

        Args:
            portraits: folder or manifest of the sources.
            clips: folder or manifest of heads and shoulders, to be seated in a class.
            out: folder for report.html, tables and results.
            detector: who is asked whether a frame looks drawn: small, xception, or another
                that is installed; those installed where none is named.
        """
        from vivant.studies.scenarios import detecting
        from vivant.studies.scenarios.study import ScenariosStudy

        asked = ScenariosSettings(**values(options, ScenariosSettings))
        judges = None if detector is None else detecting.named(detector)
        study = ScenariosStudy.of(portraits, clips, methods(how, engine_settings), asked, judges)
        conduct(study, out, how, json, inputs=(portraits, clips))

    return study_scenarios


def _speed(own: Any) -> Any:
    def study_speed(
        *,
        out: Annotated[Path, Folder],
        portraits: Annotated[Path | None, Input] = None,
        drivers: Annotated[Path | None, Input] = None,
        how: Annotated[How, Parameter(name="*")] = How(),
        options: Annotated[SpeedOptions, Parameter(name="*")] = SpeedOptions(),
        engine_settings: own = None,
        json: Json = False,
    ) -> None:
        """Time engines side by side, stage by stage and from file to file.

        Args:
            out: folder for report.html, tables and results.
            portraits: folder or manifest; the first is taken. Without it, the sample portrait.
            drivers: folder or manifest; the first is taken. Without it, the sample video.
        """
        from vivant import samples
        from vivant.studies.speed.study import SpeedStudy

        asked = SpeedSettings(**values(options, SpeedSettings))
        sitters, performers = portraits or samples.folder(), drivers or samples.folder()
        study = SpeedStudy.of(sitters, performers, methods(how, engine_settings), asked)
        given = [path for path in (portraits, drivers) if path is not None]
        conduct(study, out, replace(how, workers=1), json, inputs=given)  # nothing beside it

    return study_speed


def _people(own: Any) -> Any:
    def study_people(
        *,
        portraits: Annotated[Path, Input],
        drivers: Annotated[Path, Input],
        out: Annotated[Path, Folder],
        engine: Annotated[str, Parameter(metavar="NAME,NAME")] = "mesh,still",
        consent: Annotated[str | None, Parameter(metavar="KIND")] = None,
        drawing: Annotated[DrawOptions, Parameter(name="*")] = DrawOptions(),  # noqa: B008
        options: Annotated[MakeOptions, Parameter(name="*")] = MakeOptions(),  # noqa: B008
        engine_settings: own = None,
        json: Json = False,
    ) -> None:
        """Let engines draw the same pairs, and make a page that asks people about the results.

        Args:
            portraits: folder or manifest of the portraits.
            drivers: folder or manifest of the driving clips.
            out: folder for results/, references/ and study/, the page and its key.
            engine: the engines that are compared.
            consent: why these portraits may be animated: historical, own, permission or fictional.
        """
        from vivant.studies.people.drawing import draw
        from vivant.studies.people.make import make

        refuse_inside(out, portraits, drivers)
        chosen = methods(How(engine=engine), engine_settings)
        wanted = DrawSettings(**values(drawing, DrawSettings))
        drawn = draw(portraits, drivers, chosen, out, wanted, consent=consent, on_progress=told)
        asked = MakeSettings(**values(options, MakeSettings))
        tell(make(out / "study", drawn.methods, asked, drawn.references), json)

    return study_people


def _manifest(
    listing: Path,
    /,
    *,
    out: Annotated[Path, Folder],
    origins: Annotated[Path | None, Folder] = None,
    fetch: bool = False,
    unknown: bool = False,
    json: Json = False,
) -> int:
    """Rebuild a benchmark set from a list of where its files come from.

    Args:
        listing: CSV file with origin, commit, path, crop and sha256 of each file.
        out: folder of the set; its MANIFEST.csv is what the studies take.
        origins: folder in which the repositories lie as owner/name.
        fetch: download from GitHub what is not there; nothing else ever does.
        unknown: also take originals whose sha256 the list does not know, and note it.
    """
    from vivant.studies.manifest import rebuild

    made = rebuild(listing, out, origins=origins, fetch=fetch, unknown=unknown, on_progress=told)
    for file, problem in made.failed:
        warn(f"{file}: {problem}")
    if json:
        show_json(
            {
                "made": made.made,
                "there": made.there,
                "failed": [{"item": file, "problem": why} for file, why in made.failed],
            }
        )
    else:
        print(f"{made.made} made, {made.there} there already, {len(made.failed)} failed: {out}")
    return 1 if made.failed else 0


def methods(how: How, engine_settings: Any) -> tuple["Method", ...]:
    """Return the engines that were named, each with the settings that differ from its own."""
    from vivant.studies.study import Method

    found = []
    for name in dict.fromkeys(how.engine.split(",")):
        given = getattr(engine_settings, name.replace("-", "_"), None)
        cls = engines.settings_class(name)
        default = cls()
        changed = () if given is None else tuple(
            (one.name, getattr(given, one.name))
            for one in fields(cls)
            if getattr(given, one.name) != getattr(default, one.name)
        )  # fmt: skip
        found.append(Method(name, changed))
    return tuple(found)


def conduct(study: "Study", out: Path, how: How, json: bool, *, inputs: Sequence[Path]) -> None:
    """Run a study, write what it found, and show it.

    Args:
        study: what is measured.
        out: folder of the results.
        how: how it is run.
        json: print results.json instead of the summary.
        inputs: where the results must not go.
    """
    from vivant.studies.work import run

    refuse_inside(out, *inputs)
    results = run(study, out, workers=how.workers, afresh=how.afresh, on_progress=told)
    results.write(out, worst=getattr(study.settings, "sheets", 10))
    reasons: dict[str, list[str]] = {}
    for measure, why in results.plain["not_measured"].items():
        reasons.setdefault(why, []).append(measure)
    for why, missing in reasons.items():
        warn(f"not measured: {', '.join(missing)}: {why}.")
    if json:
        show_json(plain_json.loads(results.json()))
    else:
        print(results.told(), end="")
        print(f"\n{out / 'report.html'}", file=sys.stderr)


def _compare(*results: Path, json: Json = False) -> None:
    """Compare the results of several studies of the same work, row by row.

    Args:
        results: folders that `vivant study` wrote, or their results.json.
    """
    from vivant.studies.compare import compare, told

    if not results:
        raise AskedWrongly("name the folders of the results that are to be compared.")
    names = named_apart(results)
    compared = compare({name: _read(path) for name, path in zip(names, results, strict=True)})
    if json:
        show_json(compared)
    else:
        print(told(compared), end="")


def named_apart(results: Sequence[Path]) -> list[str]:
    """Return a name for each result: its folder, with those above where that is not enough.

    Raises:
        AskedWrongly: one is named twice.

    >>> named_apart([Path("a/self"), Path("b/self/results.json"), Path("c/cross")])
    ['a/self', 'b/self', 'cross']
    """
    folders = [(path.parent if path.name == "results.json" else path).resolve() for path in results]
    if len(set(folders)) < len(folders):
        raise AskedWrongly("the same results are named twice.")
    depth, names = 1, [folder.name for folder in folders]
    while len(set(names)) < len(names):
        depth += 1
        names = [
            "/".join(folder.parts[-depth:]) if names.count(name) > 1 else name
            for folder, name in zip(folders, names, strict=True)
        ]
    return names


def _read(path: Path) -> dict[str, Any]:
    file = path / "results.json" if path.is_dir() else path
    try:
        plain: dict[str, Any] = plain_json.loads(file.read_text(encoding="utf-8"))
        wanted = {name: plain[name] for name in ("study", "settings", "metrics", "summary", "rows")}
    except OSError as error:
        raise PathRefused(f"{file}: cannot read the results: {error.strerror}.") from error
    except (ValueError, KeyError, TypeError) as error:
        raise PathRefused(f"{file}: not the results of a study.") from error
    return wanted


def values(options: Any, cls: type) -> dict[str, Any]:
    """Return the fields of settings out of options, which have the same and more."""
    return {one.name: getattr(options, one.name) for one in fields(cls)}


def refuse_inside(out: Path, *inputs: Path) -> None:
    """Raise `PathRefused` where results would go among the inputs, or onto a file."""
    if out.resolve() in [path.resolve() for path in inputs]:
        raise PathRefused(f"{out}: the results cannot go into the folder of the inputs.")
    if out.exists() and not out.is_dir():
        raise PathRefused(f"{out}: a file; --out wants a folder.")


def told(done: int, total: int, name: str) -> None:
    """Say on stderr how far a study is."""
    print(f"{done}/{total}  {name}", file=sys.stderr, flush=True)
