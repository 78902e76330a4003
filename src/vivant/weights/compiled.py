"""Networks compiled for the CPU: where they lie, what is known of them, and loading them.

`vivant weights compile` writes them beside the weights, `NAME.compiled/`: one OpenVINO file a
part of the method, and `compiled.json`, which tells from which weights they were made, what the
engine has to know besides, how far they were from torch, and the sha256 of each file. Nothing here
needs torch.
"""

from __future__ import annotations

import json
import re
import shutil
import time
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Literal, get_args

from vivant.errors import WeightsError
from vivant.weights import added, runtime
from vivant.weights.hashed import digest
from vivant.weights.runtime import Graph

Precision = Literal["f32", "bf16", "auto"]
"""What compiled networks calculate in; `auto`: bf16 where the processor has it."""

FORMAT: Final = 2
"""Of the files; others are compiled anew."""
BEGUN: Final = ".compiling-"
"""How the names of folders begin in which something is being compiled."""
_RECORD: Final = "compiled.json"
_STALE: Final = 86_400
"""Seconds after which such a folder is nobody's any more."""
_NAME: Final = re.compile(r"[a-z_]{1,64}")


@dataclass(frozen=True, slots=True)
class Part:
    """One compiled network, and how far it was from torch when it was made."""

    name: str
    loose: bool
    """Whether it may calculate in bf16; parts that tell places always stay in float32."""
    difference: float
    """Largest difference from torch, over the largest number that torch gave."""
    psnr: float
    """Of the same, in decibels, with that number as peak."""
    bytes: int
    xml: str
    """sha256 of the .xml file."""
    bin: str
    """sha256 of the .bin file."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """What is known of compiled networks."""

    engine: str
    weights: str
    """The file they were made from."""
    weights_bytes: int
    weights_time: int
    """Its time of change, nanoseconds; as long as that and the size agree, it is the same."""
    weights_sha256: str
    """Tells whether it is the same where the time has changed, as in a copy."""
    precision: Precision
    """What was asked for."""
    facts: Mapping[str, Any]
    """What the engine has to know besides."""
    parts: tuple[Part, ...]
    openvino: str
    format: int = FORMAT

    @property
    def bytes(self) -> int:
        """Size of all files."""
        return sum(part.bytes for part in self.parts)


def folder(weights: Path) -> Path:
    """Return where the compiled networks of a weights file lie, or would.

    >>> folder(Path("a/vox-256.safetensors")).name
    'vox-256.compiled'
    """
    return weights.with_name(f"{weights.stem}.compiled")


def told(weights: Path) -> Compiled | None:
    """Return what is known of the compiled networks of a weights file, whether they fit it or not.

    None where there are none, or another vivant made them, or their record is damaged.
    """
    try:
        plain = json.loads((folder(weights) / _RECORD).read_text(encoding="utf-8"))
        parts = tuple(_part(part) for part in plain.pop("parts"))
        known = Compiled(**plain, parts=parts)
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
    numbers = (known.weights_bytes, known.weights_time, known.format)
    words = (known.engine, known.weights, known.weights_sha256, known.openvino, known.precision)
    whole = (
        all(isinstance(number, int) for number in numbers)
        and all(isinstance(word, str) for word in words)
        and isinstance(known.facts, dict)
        and known.precision in get_args(Precision)
        and known.format == FORMAT
        and bool(parts)
    )
    return known if whole else None


def _part(plain: dict[str, Any]) -> Part:
    """Read what is known of one part.

    Raises:
        ValueError: something in it has another type, or its name cannot be one.
        TypeError: something is missing or unknown.
    """
    part = Part(**plain)
    whole = (
        all(isinstance(word, str) for word in (part.name, part.xml, part.bin))
        and isinstance(part.loose, bool)
        and all(isinstance(number, float) for number in (part.difference, part.psnr))
        and isinstance(part.bytes, int)
        and 0 <= part.bytes < 2**63
        and _NAME.fullmatch(part.name)
    )
    if not whole:
        raise ValueError(part)
    return part


def found(weights: Path, engine: str) -> Compiled | None:
    """Return what is known of the compiled networks of an engine's weights; None: none fit them.

    They do not where the weights have changed since, or they are another engine's.
    """
    known = told(weights)
    if known is None or known.engine != engine:
        return None
    try:
        now = weights.stat()
        same = known.weights_bytes == now.st_size and (
            known.weights_time == now.st_mtime_ns or known.weights_sha256 == digest(weights)
        )
    except (OSError, WeightsError):
        return None
    return known if same else None


def trusted(weights: Path) -> bool:
    """Say whether compiled networks beside a file are taken unasked: in vivant's own folder."""
    return folder(weights).resolve().is_relative_to(added.folder().resolve())


def intact(weights: Path, known: Compiled) -> bool:
    """Say whether compiled networks are, byte for byte, what was made.

    Raises:
        WeightsError: a file of them cannot be read.
    """
    return not any(_changed(folder(weights), part) for part in known.parts)


def _changed(place: Path, part: Part) -> bool:
    files = {"xml": part.xml, "bin": part.bin}
    return any(digest(place / f"{part.name}.{kind}") != kept for kind, kept in files.items())


def sweep(place: Path) -> None:
    """Remove what compiling left in a folder where its process was killed, a day ago or more."""
    for left in place.glob(f"{BEGUN}*"):
        if time.time() - left.stat().st_mtime > _STALE:
            shutil.rmtree(left, ignore_errors=True)


def write_record(known: Compiled, place: Path) -> None:
    """Write what is known into the folder `place`."""
    text = json.dumps({**asdict(known), "weights": Path(known.weights).name}, indent=2)
    (place / _RECORD).write_text(text + "\n", encoding="utf-8")


class Graphs:
    """The compiled networks of an engine by name; holds nothing of a run."""

    def __init__(self, known: Compiled, graphs: Mapping[str, Graph]) -> None:
        self._graphs = graphs
        self.facts = known.facts
        """What the engine has to know besides."""

    def __getitem__(self, name: str) -> Graph:
        return self._graphs[name]


def load(
    weights: Path,
    engine: str,
    parts: Collection[str],
    facts: Mapping[str, type],
    precision: Precision | None = None,
) -> Graphs:
    """Load the compiled networks of a weights file.

    Args:
        weights: the file.
        engine: whose they have to be.
        parts: the names that its parts have.
        facts: what it has to know besides, and of which type that is.
        precision: what they calculate in; None: what was asked for when they were compiled.

    Raises:
        WeightsError: there are none, they are another engine's, changed or damaged.
    """
    known = found(weights, engine)
    again = f"Compile the weights again: vivant weights compile {engine}/{weights.stem}"
    if known is None:
        raise WeightsError(f"{weights}: has no compiled networks of {engine} that fit it. {again}")
    place = folder(weights)
    fits = {part.name for part in known.parts} == set(parts) and len(known.parts) == len(parts)
    if not fits or {name: type(value) for name, value in known.facts.items()} != dict(facts):
        raise WeightsError(f"{place}: these are not the compiled networks of {engine}. {again}")
    for part in known.parts:
        if _changed(place, part):
            raise WeightsError(f"{place}: the part {part.name!r} was changed. {again}")
    loose = chosen(precision or known.precision)
    graphs = {
        part.name: runtime.load_graph(
            place / f"{part.name}.xml", precision=loose if part.loose else "f32"
        )
        for part in known.parts
    }
    return Graphs(known, graphs)


def chosen(precision: str) -> str:
    """Return `f32` or `bf16`: what this processor takes for the precision that is asked for."""
    return "bf16" if precision != "f32" and "bf16" in runtime.precisions() else "f32"
