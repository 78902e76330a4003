"""Who runs an engine's networks: OpenVINO, where they were compiled, or torch."""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal, NoReturn, get_args

from vivant.errors import AskedWrongly, MissingExtra, SettingsError, WeightsError
from vivant.weights import compiled
from vivant.weights.compiled import Compiled, Precision

Runtime = Literal["auto", "openvino", "torch"]
"""Who runs an engine's networks; `auto`: the compiled ones on the CPU where there are any."""


def networks(engine: str, weights: Path, wanted: Runtime = "auto", device: str = "cpu") -> Any:
    """Load an engine's networks: compiled ones where they can be used, else by torch.

    Args:
        engine: its name.
        weights: a file as vivant keeps weights.
        wanted: who runs them.
        device: where; compiled networks run on the CPU.

    Raises:
        AskedWrongly: compiled networks are asked for, and there are none that fit.
        WeightsError: they are asked for, and are another engine's.
        MissingExtra: torch is needed, and not installed.
        VivantError: as `eager.load` and `compiled.load` of the engine.
    """
    check(engine, wanted)
    if wanted == "openvino" and device != "cpu":
        raise AskedWrongly(f"--{engine}.runtime openvino runs on the CPU, not on {device!r}.")
    if wanted != "torch" and device == "cpu":
        # files of others are run only where that is asked for
        taken = wanted == "openvino" or compiled.trusted(weights)
        if taken and compiled.found(weights, engine) is not None:
            return importlib.import_module(f"vivant.engines.{engine}.compiled").load(weights)
        if wanted == "openvino":
            _refuse(engine, weights)
    compilable = wanted == "auto" and device == "cpu" and compiled.told(weights) is None
    why = ", whose weights are not compiled," if compilable else ""
    with _torch(f"engine {engine!r}{why}"):
        eager = importlib.import_module(f"vivant.engines.{engine}.eager")
        return eager.load(weights, device)


def _refuse(engine: str, weights: Path) -> NoReturn:
    """Say why compiled networks that are asked for cannot be taken."""
    known = compiled.told(weights)
    if known is not None and known.engine != engine:
        raise WeightsError(f"{weights}: was compiled for {known.engine!r}, not for {engine!r}.")
    raise AskedWrongly(
        f"{weights}: has no compiled networks that fit it. Make them: vivant weights "
        f"compile {engine}/{weights.stem}"
    )


def check(engine: str, wanted: str) -> None:
    """Refuse a setting `runtime` that there is none of.

    Raises:
        SettingsError: the name is unknown.
    """
    if wanted not in get_args(Runtime):
        raise SettingsError(
            f"{engine}.runtime must be one of {', '.join(get_args(Runtime))}, got {wanted!r}"
        )


def compile_weights(
    engine: str,
    weights: Path,
    precision: Precision = "f32",
    tell: Callable[[str], object] = len,
) -> Compiled:
    """Compile the networks of a weights file (`layers.export.export`), which needs torch.

    Raises:
        MissingExtra: torch is not installed.
        VivantError: as `export`.
    """
    with _torch("compiling"):
        export = importlib.import_module("vivant.engines.layers.export")
        made: Compiled = export.export(engine, weights, precision, tell)
    return made


@contextlib.contextmanager
def _torch(who: str) -> Iterator[None]:
    """Say what to install where torch is imported and is not there."""
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name not in ("torch", "safetensors"):
            raise
        raise MissingExtra(f"{who} needs {error.name}: pip install 'vivant[learned]'.") from error
