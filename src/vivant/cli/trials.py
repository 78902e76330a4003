"""`vivant study suitability` and `vivant study transfer`: trials of portraits and strengths."""

# Without postponed annotations: the options of the engines are known only when they are.

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final

from cyclopts import Parameter

from vivant.cli.output import Json
from vivant.cli.study import Folder, How, Input, conduct, methods, values
from vivant.studies.settings import SuitabilitySettings, TransferSettings

_AS_USUAL: Final = How()


@dataclass(frozen=True, kw_only=True)
class SuitabilityOptions(SuitabilitySettings):
    """`SuitabilitySettings` in the words of the command line: the same."""


@dataclass(frozen=True, kw_only=True)
class TransferOptions(TransferSettings):
    """`TransferSettings` in the words of the command line: the same."""


def suitability(own: Any) -> Any:
    """Return the command that asks which portraits can be animated.

    Args:
        own: what `study.engine_options` gave.
    """

    def study_suitability(
        *,
        portraits: Annotated[Path, Input],
        drivers: Annotated[Path, Input],
        out: Annotated[Path, Folder],
        how: Annotated[How, Parameter(name="*")] = _AS_USUAL,
        options: Annotated[SuitabilityOptions, Parameter(name="*")] = SuitabilityOptions(),
        engine_settings: own = None,
        json: Json = False,
    ) -> None:
        """Try portraits at sizes and places, of all kinds, and score eyes, mouth and outline.

        Args:
            portraits: folder or manifest of the portraits; `category` tells what they show.
            drivers: folder or manifest of the driving clips.
            out: folder for report.html, tables and results.
        """
        from vivant.studies.suitability.study import SuitabilityStudy

        asked = SuitabilitySettings(**values(options, SuitabilitySettings))
        study = SuitabilityStudy.of(portraits, drivers, methods(how, engine_settings), asked)
        conduct(study, out, how, json, inputs=(portraits, drivers))

    return study_suitability


def transfer(own: Any) -> Any:
    """Return the command that carries expressions over at many strengths.

    Args:
        own: what `study.engine_options` gave.
    """

    def study_transfer(
        *,
        portraits: Annotated[Path, Input],
        drivers: Annotated[Path, Input],
        out: Annotated[Path, Folder],
        how: Annotated[How, Parameter(name="*")] = _AS_USUAL,
        options: Annotated[TransferOptions, Parameter(name="*")] = TransferOptions(),
        engine_settings: own = None,
        json: Json = False,
    ) -> None:
        """Carry expressions over at strengths 0 to 1: identity and Action Units.

        Args:
            portraits: folder or manifest of the portraits.
            drivers: folder or manifest of the clips that are searched for expressions.
            out: folder for report.html, tables and results.
        """
        from vivant.studies.transfer.study import TransferStudy

        asked = TransferSettings(**values(options, TransferSettings))
        study = TransferStudy.of(portraits, drivers, methods(how, engine_settings), asked)
        conduct(study, out, how, json, inputs=(portraits, drivers))

    return study_transfer
