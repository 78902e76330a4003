"""`vivant study dataset`: a labelled set of originals and results, for research on detectors."""

# Without postponed annotations: the parser reads the options from the live classes.

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from vivant.cli.output import Json, show_json, warn
from vivant.cli.study import Folder, How, Input, methods, refuse_inside, told, values
from vivant.studies.dataset.settings import DatasetSettings


@dataclass(frozen=True, kw_only=True)
class DatasetOptions(DatasetSettings):
    """`DatasetSettings` in the words of the command line: the same."""


def command(own: Any) -> Any:
    """Return the command, with the options of the engines that were named."""

    def study_dataset(
        *,
        portraits: Annotated[Path, Input],
        drivers: Annotated[Path, Input],
        out: Annotated[Path, Folder],
        engine: Annotated[str, Parameter(metavar="NAME[,NAME]")] = "mesh",
        consent: Annotated[str | None, Parameter(metavar="KIND")] = None,
        options: Annotated[DatasetOptions, Parameter(name="*")] = DatasetOptions(),
        engine_settings: own = None,
        json: Json = False,
    ) -> int:
        """Make a labelled set of originals and results for research on detectors.

        Nobody is in both of its parts. Results are labelled, watermarked and signed as all that
        vivant makes; originals are copied byte for byte. README.md in the set says what a
        detector must not learn.

        Args:
            portraits: folder or manifest of the portraits.
            drivers: folder or manifest of the driving clips.
            out: a new folder for the set; a run that was stopped goes on in its own.
            engine: the engines that draw.
            consent: why these portraits may be animated: historical, own, permission or fictional.
        """
        from vivant.studies.dataset.making import make

        refuse_inside(out, portraits, drivers)
        made = make(
            portraits, drivers, methods(How(engine=engine), engine_settings), out,
            DatasetSettings(**values(options, DatasetSettings)), consent=consent, on_progress=told,
        )  # fmt: skip
        for file, problem in made.failed:
            warn(f"{file}: {problem}")
        if json:
            failed = [{"item": file, "problem": why} for file, why in made.failed]
            show_json(
                {
                    "folder": str(made.folder),
                    "originals": made.originals,
                    "generated": made.generated,
                    "failed": failed,
                }
            )
        else:
            print(
                f"{made.originals} originals, {made.generated} generated, {len(made.failed)} "
                f"failed: {made.folder / 'labels.csv'}"
            )
        return 1 if made.failed else 0

    return study_dataset
