"""Makes compiled networks of an engine's weights and holds them against torch.

An engine's `parts.plan` says what there is to convert: torch modules of tensors in and out, each
with something to call it with. What torch answers to that is what the compiled part has to
answer. It is noise as a picture, unless weights and picture are real: it shows that nothing was
converted wrongly, not how good a picture is.
"""

from __future__ import annotations

import copy
import importlib
import math
import shutil
import tempfile
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from vivant.engines.layers.blocks import Up
from vivant.engines.layers.enlarged import QuickUp
from vivant.engines.layers.spectral import SpectralConv2d
from vivant.errors import AskedWrongly, PathRefused, WeightsError
from vivant.weights import compiled, runtime
from vivant.weights.compiled import Compiled, Part, Precision
from vivant.weights.hashed import digest

TOLERANCE: Final = {"f32": 1e-3, "bf16": 0.25}
"""Difference from torch, as a share of the largest number, over which a part is refused."""


@dataclass(frozen=True, slots=True, eq=False)
class Planned:
    """One part of a method that is to be converted."""

    name: str
    network: nn.Module
    examples: tuple[torch.Tensor, ...]
    loose: bool = False
    """Whether bf16 may be used in it: pictures and features yes, places no."""


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """All parts of a method, and what the engine has to know besides."""

    parts: Sequence[Planned]
    facts: Mapping[str, Any] = field(default_factory=dict)


def export(
    engine: str,
    weights: Path,
    precision: Precision = "f32",
    tell: Callable[[str], object] = len,
) -> Compiled:
    """Compile the networks of a weights file; they lie beside it afterwards.

    Args:
        engine: whose weights they are.
        weights: a file as vivant keeps weights.
        precision: what the compiled networks shall calculate in.
        tell: is told what is being done; nobody is by default.

    Raises:
        AskedWrongly: bf16 is asked for, and this processor has none.
        WeightsError: a part cannot be converted, or does not answer as torch does.
        PathRefused: the folder of the weights cannot be written.
    """
    if precision == "bf16" and "bf16" not in runtime.precisions():
        raise AskedWrongly("this processor has no bf16; take --precision f32 or auto.")
    before, sha256 = weights.stat(), digest(weights)
    tell(f"{weights.name}: reading")
    plan: Plan = importlib.import_module(f"vivant.engines.{engine}.parts").plan(weights)
    place = compiled.folder(weights)
    try:
        compiled.sweep(weights.parent)
        made = Path(tempfile.mkdtemp(prefix=compiled.BEGUN, dir=weights.parent))
    except OSError as error:
        raise PathRefused(f"{weights.parent}: cannot be written: {error.strerror}.") from error
    try:
        parts = []
        for number, part in enumerate(plan.parts, 1):
            tell(f"{weights.name}: {part.name} ({number} of {len(plan.parts)})")
            parts.append(_made(part, made, compiled.chosen(precision)))
        known = Compiled(
            engine, weights.name, before.st_size, before.st_mtime_ns, sha256, precision,
            plan.facts, tuple(parts), runtime.version(),
        )  # fmt: skip
        compiled.write_record(known, made)
        _put(made, place)
    finally:
        shutil.rmtree(made, ignore_errors=True)
    return known


def _made(part: Planned, place: Path, precision: str) -> Part:
    """Convert one part into the folder and hold it against torch."""
    path = place / f"{part.name}.xml"
    network = folded(part.network).eval().requires_grad_(False)
    with torch.no_grad():
        wanted = part.network.eval()(*part.examples)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # shapes are taken to be fixed, as they are
            # OpenVINO would trace it too, but run it four times more to check that
            traced = torch.jit.trace(network, part.examples, check_trace=False)
        runtime.convert(traced, part.examples, path)
    wanted = wanted if isinstance(wanted, tuple) else (wanted,)
    precision = precision if part.loose else "f32"
    got = runtime.load_graph(path, precision=precision)(*(e.numpy() for e in part.examples))
    difference, psnr = _apart(got, [each.numpy() for each in wanted])
    if not difference <= TOLERANCE[precision]:
        raise WeightsError(
            f"the compiled part {part.name!r} ({precision}) is {difference:.1e} of the largest "
            f"number away from torch, at most {TOLERANCE[precision]:g} is taken; run it by torch "
            f"(the setting runtime)."
        )
    files = path, path.with_suffix(".bin")
    size = sum(file.stat().st_size for file in files)
    return Part(part.name, part.loose, difference, psnr, size, *map(digest, files))


def _apart(got: Sequence[np.ndarray], wanted: Sequence[np.ndarray]) -> tuple[float, float]:
    """Return the largest difference and the PSNR of the worst output, its largest number as 1.

    Nothing is near what has another shape, or holds what is no number: (inf, 0).
    """
    worst, least = 0.0, math.inf
    for mine, theirs in zip(got, wanted, strict=True):
        finite = np.isfinite(mine).all() and np.isfinite(theirs).all()
        if mine.shape != theirs.shape or not finite:
            return math.inf, 0.0
        if not theirs.size:
            continue
        peak = max(float(np.abs(theirs).max()), 1e-12)
        error = (mine.astype(np.float64) - theirs) / peak
        mean = float((error**2).mean())
        worst = max(worst, float(np.abs(error).max()))
        least = min(least, -10 * math.log10(mean) if mean > 0 else math.inf)
    return worst, min(least, 200.0)


def _put(made: Path, place: Path) -> None:
    """Give the folder its name, in the place of an older one."""
    old = made.with_name(f"{made.name}-old")
    try:
        if place.exists():
            place.rename(old)
        made.rename(place)
    except OSError as error:
        if old.exists() and not place.exists():
            old.rename(place)
        raise PathRefused(f"{place}: cannot be replaced: {error.strerror}.") from error
    shutil.rmtree(old, ignore_errors=True)


def folded(network: nn.Module) -> nn.Module:
    """Return a copy for running only: weights that are worked out from others stand as they are."""
    network = copy.deepcopy(network)
    for module in list(network.modules()):
        for name, child in list(module.named_children()):
            if isinstance(child, SpectralConv2d):
                setattr(module, name, _plain(child))
            elif isinstance(child, Up) and isinstance(child.conv, nn.Conv2d):
                setattr(module, name, QuickUp(child))
    return network


def _plain(spectral: SpectralConv2d) -> nn.Conv2d:
    spectral.eval()
    with torch.no_grad():
        weight = spectral.weight()
    given, taken, kernel, _ = weight.shape
    plain = nn.Conv2d(
        taken, given, kernel, padding=spectral.padding, bias=spectral.bias is not None
    )
    plain.weight.data = weight
    if spectral.bias is not None and plain.bias is not None:
        plain.bias.data = spectral.bias.data
    return plain


def picture(side: int, seed: int = 0) -> torch.Tensor:
    """Return something smooth to call networks with, (1, 3, side, side) in [0, 1]."""
    noise = torch.Generator().manual_seed(seed)
    coarse = torch.rand(1, 3, 8, 8, generator=noise)
    return functional.interpolate(coarse, size=(side, side), mode="bicubic").clamp(0, 1)


def called(part: Planned) -> tuple[torch.Tensor, ...]:
    """Return what torch answers to a part's examples, to call the next one with."""
    with torch.no_grad():
        given = part.network.eval()(*part.examples)
    return given if isinstance(given, tuple) else (given,)
