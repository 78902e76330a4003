"""`vivant engines`: what can draw, what each needs, and which options it has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from cyclopts import App

from vivant import engines
from vivant.animation.settings import AnimateSettings
from vivant.cli.output import Json, show_columns, show_json
from vivant.errors import listed
from vivant.weights import compiled, known, store

if TYPE_CHECKING:
    from vivant.engines import EngineInfo

EXAMPLES: Final = """\
Examples:
  What is there?
    vivant engines

  Which options has the default engine?
    vivant engines mesh"""


def app(line: str, words: Sequence[str]) -> App:
    """Build the command."""

    def show(name: str | None = None, /, *, json: Json = False) -> None:
        """Run the command.

        Args:
            name: only this engine, with its options.
        """
        wanted = engines.names() if name is None else (name,)
        found = [engines.describe(engine) for engine in wanted]
        if json:
            show_json({"engines": [_plain(info, options=name is not None) for info in found]})
            return
        found.sort(key=lambda info: info.name != AnimateSettings.engine)  # the default first
        show_columns([_row(info) for info in found])
        if name is not None and found[0].installed:
            for option, value in _options(name).items():
                print(f"  --{name}.{option.replace('_', '-')}  [default: {value}]")
            print(f"  runs with {_devices(name)}")
        if name is not None and found[0].weights is not None:
            _tell_weights(name)

    command = App(name="engines", help=line, help_epilogue=EXAMPLES)
    command.default(show)
    return command


def _row(info: EngineInfo) -> tuple[str, ...]:
    return info.name, _state(info), info.speed, _size(info), info.licence, info.summary


def _size(info: EngineInfo) -> str:
    """Return how large the weights are that were added."""
    added = sum(one.bytes for one in store.records() if one.engine == info.name)
    return f"{added / 1e6:.1f} MB" if added else ""


def _state(info: EngineInfo) -> str:
    if not info.installed:
        return f"needs: pip install 'vivant[{info.extra}]'"
    if info.weights == ():
        return "needs weights"
    if not info.weights:
        return "ready"
    other = f" (needs {listed(info.missing)})" if info.missing else ""
    told = (name + (" (compiled)" if name in info.compiled else other) for name in info.weights)
    return f"ready: {', '.join(told)}"


def _tell_weights(name: str) -> None:
    """Print which weights are there, and how to come by the public ones."""
    for one in (one for one in store.records() if one.engine == name):
        print(f"  has {one.label}  {one.bytes / 1e6:.1f} MB  licence: {one.licence}")
        if (made := compiled.found(Path(one.file), name)) is not None:
            print(f"    compiled for the CPU, {made.precision}: {made.bytes / 1e6:.1f} MB")
        else:
            if compiled.told(Path(one.file)) is not None:
                print("    compiled: for other weights")
            print(f"    faster on a CPU after: vivant weights compile {one.label}")
    method = known.METHODS[name]
    print(f"  takes {method.needs}")
    for public, told in method.published.items():
        print(f"  known as {name}/{public}: {told.file}, from {told.origin}; {told.licence}")
    print(f"  {known.advice(name)}")


def _plain(info: EngineInfo, *, options: bool) -> dict[str, Any]:
    plain = {**asdict(info), "missing": list(info.missing), "compiled": list(info.compiled)}
    plain |= {"installed": info.installed, "ready": info.ready}
    if info.weights is not None:
        added = [one for one in store.records() if one.engine == info.name]
        plain["weights"] = [{**asdict(one), "label": one.label} for one in added]
    if options and info.installed:
        plain["options"] = _options(info.name)
        plain["devices"] = list(engines.devices(info.name))
    return plain


def _devices(name: str) -> str:
    """Say which `--device` an engine takes, and what is here of them."""
    told = " or ".join(f"--device {device}" for device in engines.devices(name))
    if "cuda" not in engines.devices(name):
        return told
    if engines.describe(name).missing:
        return f"{told}; here compiled weights on the cpu"
    from vivant.engines.layers import place

    return f"{told}; here {place.seen()}"


def _options(name: str) -> dict[str, Any]:
    settings: Any = engines.settings_class(name)()
    return {field.name: getattr(settings, field.name) for field in fields(settings)}
