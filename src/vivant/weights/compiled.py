"""Networks compiled for the CPU: where they lie, what is known of them, and loading them.

`vivant weights compile` writes them beside the weights, `NAME.compiled/`: one OpenVINO file a
part of the method, and `compiled.json`, which tells from which weights they were made, what the
engine has to know besides, and how far they were from torch. Nothing here needs torch.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Literal

from vivant.errors import WeightsError
from vivant.weights import runtime
from vivant.weights.runtime import Graph

Precision = Literal["f32", "bf16", "auto"]
"""What compiled networks calculate in; `auto`: bf16 where the processor has it."""

FORMAT: Final = 1
"""Of the files; others are compiled anew."""
_RECORD: Final = "compiled.json"


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


@dataclass(frozen=True, slots=True)
class Compiled:
    """What is known of compiled networks."""

    engine: str
    weights: str
    """The file they were made from."""
    weights_bytes: int
    weights_time: int
    """Its time of change, nanoseconds; with its size it tells whether it is still the same."""
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


def found(weights: Path) -> Compiled | None:
    """Return what is known of the compiled networks of a weights file; None where none fit it.

    They do not where the weights have changed since, or another vivant made them.
    """
    try:
        told = json.loads((folder(weights) / _RECORD).read_text(encoding="utf-8"))
        parts = tuple(Part(**part) for part in told.pop("parts"))
        known = Compiled(**told, parts=parts)
        now = weights.stat()
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None
    same = (known.weights_bytes, known.weights_time) == (now.st_size, now.st_mtime_ns)
    return known if same and known.format == FORMAT else None


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


def load(weights: Path, precision: Precision | None = None, threads: int = 0) -> Graphs:
    """Load the compiled networks of a weights file.

    Args:
        weights: the file.
        precision: what they calculate in; None: what was asked for when they were compiled.
        threads: processor cores that one call uses; 0: all.

    Raises:
        WeightsError: there are none, or they are damaged.
    """
    known = found(weights)
    if known is None:
        raise WeightsError(
            f"{weights}: has no compiled networks; vivant weights compile makes them."
        )
    loose = chosen(precision or known.precision)
    place = folder(weights)
    graphs = {
        part.name: runtime.load_graph(
            place / f"{part.name}.xml", precision=loose if part.loose else "f32", threads=threads
        )
        for part in known.parts
    }
    return Graphs(known, graphs)


def chosen(precision: str) -> str:
    """Return `f32` or `bf16`: what this processor takes for the precision that is asked for."""
    return "bf16" if precision != "f32" and "bf16" in runtime.precisions() else "f32"
