"""`vivant study people`: ask people which results look better, and read what they say."""

# Without postponed annotations: the parser reads the options from the live classes.

import sys
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

from cyclopts import App, Parameter

from vivant.cli.output import Json, show_json, warn
from vivant.errors import AskedWrongly
from vivant.studies.people.settings import AnalyseSettings, DrawSettings, MakeSettings

if TYPE_CHECKING:
    from vivant.studies.people.make import Made

EXAMPLES: Final = """\
Examples:
  Let two engines draw the same portraits by the same drivers, and ask which is better:
    vivant study people --portraits portraits --drivers clips --engine mesh,still --out asked

  Which of two engines' results do people prefer? Files of the same name belong together:
    vivant study people make --out asked results/mesh results/still --reference references

  Open asked/page/index.html, or hand out the folder asked/page; keep asked/key.json.
  People save a file at the end. What do they say?
    vivant study people analyse asked answers/"""

_Folder = Parameter(metavar="DIR")


@dataclass(frozen=True, kw_only=True)
class MakeOptions(MakeSettings):
    """`MakeSettings` in the words of the command line."""

    questions: Annotated[tuple[str, ...], Parameter(name="--question")] = MakeSettings.questions
    """natural, driver, person, or a question in your own words; may be given several times.
    Without it, those that the references allow."""


@dataclass(frozen=True, kw_only=True)
class AnalyseOptions(AnalyseSettings):
    """`AnalyseSettings` in the words of the command line: the same."""


@dataclass(frozen=True, kw_only=True)
class DrawOptions(DrawSettings):
    """`DrawSettings` in the words of the command line: the same."""


def people(draw: Any) -> App:
    """Build the command.

    Args:
        draw: draws results and asks about them; what the command does without a verb.
    """
    line = "Ask people which results look better, blind, and analyse their answers."
    command = App(name="people", help=line, help_epilogue=EXAMPLES)
    command.default(draw)
    command.command(_make, name="make")
    command.command(_analyse, name="analyse")
    return command


def _make(
    *methods: Path,
    out: Annotated[Path, _Folder],
    reference: Annotated[Path | None, _Folder] = None,
    options: Annotated[MakeOptions, Parameter(name="*")] = MakeOptions(),
    json: Json = False,
) -> None:
    """Write a page on which people compare results without knowing whose they are.

    Args:
        methods: folders, one a method, with videos or pictures; the same file names in each.
        out: new folder for page/, which people get, and key.json, which they do not.
        reference: folder of drivers (videos) and portraits (pictures), named as the results.
    """
    from vivant.studies.people.make import make

    if not methods:
        raise AskedWrongly("name the folders of the results, one a method.")
    asked = MakeSettings(**_values(options, MakeSettings))
    tell(make(out, methods, asked, reference), json)


def tell(made: "Made", json: bool) -> None:
    """Print where the page and the key are."""
    if made.left_out:
        few = ", ".join(made.left_out[:5])
        warn(f"{len(made.left_out)} files are not in all folders and were left out: {few}.")
    if json:
        show_json({"page": str(made.page), "key": str(made.key), "items": made.items,
                   "left_out": list(made.left_out)})  # fmt: skip
    else:
        print(f"{made.page}  {made.items} results of each method are compared")
        print(f"{made.key}  who is who: do not hand it out")


def _analyse(
    study: Path,
    /,
    *answers: Path,
    out: Annotated[Path | None, _Folder] = None,
    options: Annotated[AnalyseOptions, Parameter(name="*")] = AnalyseOptions(),
    json: Json = False,
) -> None:
    """Tell what people prefer, how sure that is, and whether they agree.

    Args:
        study: the folder that `make` wrote.
        answers: files that people saved, or folders of them.
        out: folder for report.html, tables and results; without it, `analysis` in the study.
    """
    import vivant
    from vivant.studies.people.analyse import analyse
    from vivant.studies.people.parts import parts
    from vivant.studies.results import Results, machine

    if not answers:
        raise AskedWrongly("name the files that people saved, or the folder that holds them.")
    found = analyse(study, answers, AnalyseSettings(**_values(options, AnalyseSettings)))
    plain = {**found, "vivant": vivant.__version__, "machine": machine()}
    results = Results(plain, parts(plain))
    folder = out or study / "analysis"
    results.write(folder)
    for one in plain["failed"]:
        warn(f"{one['item']}: {one['problem']}")
    if json:
        print(results.json(), end="")
    else:
        print(results.told(), end="")
        print(f"\n{folder / 'report.html'}", file=sys.stderr)


def _values(options: object, settings: type) -> dict[str, Any]:
    return {field.name: getattr(options, field.name) for field in fields(settings)}
