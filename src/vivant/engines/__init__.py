"""Engines by name; an engine's module is imported only when it is opened.

Other packages add engines by an entry point in the group `vivant.engines` of
the same form, `name = "module:Class"`. The class has a `Settings` dataclass
and is built from an instance of it.
"""

from __future__ import annotations

import difflib
import importlib
import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from vivant.engines.base import (
    Acquainted,
    Batched,
    Device,
    Editable,
    Encoded,
    Engine,
    EngineInfo,
    Locating,
    Referring,
    Replacing,
    Scalable,
)
from vivant.errors import DeviceMissing, UnknownEngine, VivantError, listed
from vivant.settings import fill
from vivant.weights import compiled, store
from vivant.weights.known import METHODS

__all__ = [
    "Acquainted",
    "Batched",
    "Device",
    "Editable",
    "Encoded",
    "Engine",
    "EngineInfo",
    "Locating",
    "Referring",
    "Replacing",
    "Scalable",
    "describe",
    "devices",
    "names",
    "open_engine",
    "settings_class",
]

GROUP = "vivant.engines"


@dataclass(frozen=True, slots=True)
class _Entry:
    target: str
    """`module:Class`"""
    summary: str
    licence: str
    extra: str | None = None
    packages: tuple[str, ...] = ()
    speed: str = ""


_MEASURE = "see docs/engines/speed.md"
_BUILTIN = {
    "fomm": _Entry(
        target="vivant.engines.fomm:FommEngine",
        summary="First Order Motion Model: moves key points it finds itself; weights to be added",
        licence="Apache-2.0; weights: see their source",
        extra="learned",
        packages=("torch", "safetensors"),
        speed=_MEASURE,
    ),
    "fpn": _Entry(
        target="vivant.engines.fpn:FpnEngine",
        summary="feature pyramids: draws the face with a driver's expression; weights to be added",
        licence="Apache-2.0; weights: see their source",
        extra="learned",
        packages=("torch", "safetensors"),
        speed=_MEASURE,
    ),
    "ganimation": _Entry(
        target="vivant.engines.ganimation:GanimationEngine",
        summary="GANimation: draws a face under other Action Units; weights to be added",
        licence="Apache-2.0; weights: see their source",
        extra="learned",
        packages=("torch", "safetensors"),
        speed=_MEASURE,
    ),
    "glow": _Entry(
        target="vivant.engines.glow:GlowEngine",
        summary="Glow: adds expressions to the codes of an exact flow; weights to be added",
        licence="Apache-2.0; weights: see their source",
        extra="learned",
        packages=("torch", "safetensors"),
        speed=_MEASURE,
    ),
    "liveportrait": _Entry(
        target="vivant.engines.liveportrait:LivePortraitEngine",
        summary="LivePortrait: moves pose and expression apart, with sliders; weights to be added",
        licence="Apache-2.0; weights: see their source",
        extra="learned",
        packages=("torch", "safetensors"),
        speed=_MEASURE,
    ),
    "mesh": _Entry(
        target="vivant.engines.mesh:MeshEngine",
        summary="warps the portrait by a face mesh; runs on any laptop, nothing to download",
        licence="Apache-2.0",
        speed="faster than real time",  # benchmarks/results/speed.json
    ),
    "still": _Entry(
        target="vivant.engines.still:StillEngine",
        summary="leaves the portrait as it is: the baseline that studies compare with",
        licence="Apache-2.0",
    ),
}


def _entries() -> dict[str, _Entry]:
    found = dict(_BUILTIN)
    owners = dict.fromkeys(_BUILTIN, "vivant")
    for point in entry_points(group=GROUP):
        owner = _owner(point)
        if found.get(point.name) is not None and found[point.name].target == point.value:
            continue
        if point.name in found:
            raise VivantError(
                f"two packages offer an engine named {point.name!r}: {owners[point.name]} and "
                f"{owner}. Uninstall one of them."
            )
        owners[point.name] = owner
        found[point.name] = _Entry(
            target=point.value, summary=f"from the package {owner}", licence="see its package"
        )
    return found


def _owner(point: EntryPoint) -> str:
    return point.dist.name if point.dist is not None else "an unknown package"


def names() -> tuple[str, ...]:
    """Return the names of all known engines, sorted.

    >>> "mesh" in names()
    True
    """
    return tuple(sorted(_entries()))


def _entry(name: str) -> _Entry:
    known = _entries()
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        raise UnknownEngine(f"no engine {name!r}; {hint}known: {listed(known)}")
    return known[name]


def describe(name: str) -> EngineInfo:
    """Say what an engine is, which packages it lacks and which weights it has; loads nothing.

    Raises:
        UnknownEngine: no engine has that name; the nearest is offered.
    """
    entry = _entry(name)
    missing = tuple(p for p in entry.packages if importlib.util.find_spec(p) is None)
    told = entry.summary, entry.licence, entry.extra, missing
    if name not in METHODS:
        return EngineInfo(name, *told, speed=entry.speed)
    weights = store.names(name)
    quick = tuple(each for each in weights if compiled.found(store.chosen(name, each), name))
    return EngineInfo(name, *told, weights, quick, speed=entry.speed)


def _class(name: str) -> Any:
    entry = _entry(name)
    module, _, attribute = entry.target.partition(":")
    return getattr(importlib.import_module(module), attribute)


def settings_class(name: str) -> type:
    """Return the `Settings` dataclass of the engine called `name`.

    Raises:
        UnknownEngine: no engine has that name.
    """
    cls: type = _class(name).Settings
    return cls


def devices(name: str) -> tuple[Device, ...]:
    """Return where the engine called `name` can run; most run on the processor only.

    Raises:
        UnknownEngine: no engine has that name.

    >>> devices("mesh")
    ('cpu',)
    """
    found: tuple[Device, ...] = getattr(_class(name), "devices", ("cpu",))
    return found


def open_engine(
    name: str,
    settings: Mapping[str, object] | Any | None = None,
    *,
    device: Device = "cpu",
) -> Engine:
    """Load the engine called `name`.

    Args:
        name: one of `names()`.
        settings: an instance of its `Settings`, or names and values.
        device: where it is to run, of those that `devices` tells.

    Raises:
        UnknownEngine: no engine has that name; the nearest is offered.
        MissingExtra: packages it wants are not installed; compiled weights want none.
        SettingsError: a setting is unknown or refused.
        DeviceMissing: the engine cannot run there, or there is no such device here.

    >>> open_engine("mehs")
    Traceback (most recent call last):
    vivant.errors.UnknownEngine: no engine 'mehs'; did you mean 'mesh'? known: fomm, ...
    """
    cls = _class(name)
    if settings is None or isinstance(settings, Mapping):
        settings = fill(cls.Settings, settings or {}, f"engine {name!r}")
    if device != "cpu" and device not in devices(name):
        raise DeviceMissing(device, f"the engine {name!r} runs on the processor only")
    engine: Engine = cls(settings) if device == "cpu" else cls(settings, device=device)
    return engine
