"""Measure the learned engines: `python benchmarks/learned.py [NAME ...]`, in about five minutes.

Eager float32 torch against the compiled networks, in one run, one after the other, on the same
pictures, at the sizes of the public networks. Weights are by chance (seeded): how long a network
takes does not depend on them, how far bf16 is from float32 does. Results are kept in
`benchmarks/results/learned.json`, the table in docs/engines/speed.md; `--table` only writes that.
"""

from __future__ import annotations

import argparse
import importlib
import json
import math
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from record import RESULTS, between_marks, record

PAGE = Path(__file__).parent.parent / "docs" / "engines" / "speed.md"
ENGINES = ("fomm", "liveportrait", "ganimation", "fpn", "glow")
ONCE = "the portrait, once"
"""Module that does not count for a frame."""
REPEATS = {"liveportrait": 3, "glow": 5}
USUAL = 9
"""Times that everything is measured; the median counts."""


@dataclass(frozen=True)
class Method:
    """How to run one engine's networks."""

    config: dict[str, Any]
    modules: Callable[[Any, Any], dict[str, Callable[[], Any]]]
    """Networks and what `prepare` gave, to name and work of each module."""
    prepare: Callable[[Any], Any]
    picture: Callable[[Any, Any], np.ndarray]
    """The drawn picture, to compare."""


def picture(size: int, seed: int) -> np.ndarray:
    """Return a smooth picture."""
    import cv2

    coarse = np.random.default_rng(seed).integers(0, 256, (8, 8, 3), np.uint8)
    return cv2.resize(coarse, (size, size), interpolation=cv2.INTER_CUBIC)


def methods() -> dict[str, Method]:
    """Return all engines with the configurations of their public networks."""
    from vivant.weights import configurations, known

    def fomm(n: Any) -> Any:
        points = [n.points(picture(n.size, seed)) for seed in (0, 1)]
        return n.source(picture(n.size, 0), points[0]), points

    def liveportrait(n: Any) -> Any:
        from vivant.engines.liveportrait import transfer

        points = [transfer.points(*n.read(picture(n.size, seed))) for seed in (0, 1)]
        return n.source(picture(n.size, 0), points[0]), points

    return {
        "fomm": Method(
            configurations.VOX_256,
            lambda n, told: {
                "key points": lambda: n.points(picture(n.size, 1)),
                "drawing": lambda: n.draw(told[0], told[1][1:]),
                ONCE: lambda: n.source(picture(n.size, 0), told[1][0]),
            },
            fomm,
            lambda n, told: n.draw(told[0], told[1][1:]),
        ),
        "liveportrait": Method(
            configurations.LIVEPORTRAIT,
            lambda n, told: {
                "motion extractor": lambda: n.read(picture(n.size, 1)),
                "warping and decoder": lambda: n.draw(told[0], told[1][1:]),
                ONCE: lambda: n.source(picture(n.size, 0), told[1][0]),
            },
            liveportrait,
            lambda n, told: n.draw(told[0], told[1][1:]),
        ),
        "ganimation": Method(
            dict(known.METHODS["ganimation"].usual or {}),
            lambda n, told: {"drawing": lambda: n.draw(*told)},
            lambda n: (n.read(picture(128, 0)), np.linspace(0, 1, 17, dtype=np.float32)[None]),
            lambda n, told: n.draw(*told)[0],
        ),
        "fpn": Method(
            dict(known.METHODS["fpn"].usual or {}),
            lambda n, told: {
                "the source's encoder": lambda: n.expression(picture(n.size, 1)),
                "drawing": lambda: n.draw(*told),
                ONCE: lambda: n.target(picture(n.size, 0)),
            },
            lambda n: (n.target(picture(n.size, 0)), [n.expression(picture(n.size, 1))]),
            lambda n, told: n.draw(*told),
        ),
        "glow": Method(
            dict(known.METHODS["glow"].usual or {}),
            lambda n, told: {
                "to codes": lambda: n.codes(picture(n.size, 1)),
                "to the picture": lambda: n.pictures([told]),
            },
            lambda n: n.codes(picture(n.size, 1)),
            lambda n, told: n.pictures([told]),
        ),
    }


def weights(name: str, config: Mapping[str, Any], folder: Path) -> Path:
    """Write weights by chance, always the same, as vivant keeps weights."""
    import torch

    from vivant.engines.glow.layers import ZeroConv2d
    from vivant.engines.layers import export, stored
    from vivant.engines.layers.spectral import SpectralConv2d
    from vivant.weights.known import METHODS

    torch.manual_seed(0)
    networks = importlib.import_module(METHODS[name].network).build(dict(config))
    tensors = {}
    with torch.no_grad():
        for network in METHODS[name].networks:
            for layer in networks[network].modules():
                if isinstance(layer, SpectralConv2d):
                    layer.train()
                    for _ in range(3):  # vectors as training would have them
                        layer.weight()
                    layer.eval()
                elif isinstance(layer, ZeroConv2d):
                    layer.conv.weight.normal_(0, 0.01)
            if name == "glow":  # its norms adapt to the first pictures, as in training
                smooth = torch.cat([export.picture(64, seed) for seed in range(8)])
                networks[network](smooth - 0.5 + 0.02 * torch.randn(smooth.shape))
            state = networks[network].state_dict()
            tensors |= {f"{network}.{key}": value.clone() for key, value in state.items()}
    file = folder / f"{name}.safetensors"
    stored.write(file, config, tensors)
    return file


def milliseconds(work: Callable[[], Any]) -> float:
    """Return how long one call takes."""
    begun = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - begun)


def measure(name: str, method: Method, folder: Path, device: str, repeats: int) -> dict[str, Any]:
    """Measure one engine; every runner in turn, again and again."""
    from vivant.engines.layers import loading

    file = weights(name, method.config, folder)
    eager = importlib.import_module(f"vivant.engines.{name}.eager")
    runners: dict[str, Any] = {"eager f32": eager.load(file)}
    if device == "cpu":
        begun = time.perf_counter()
        made = loading.compile_weights(name, file, tell=print)
        seconds = time.perf_counter() - begun
        quick = importlib.import_module(f"vivant.engines.{name}.compiled")
        for precision in precisions():
            runners[f"compiled {precision}"] = quick.load(file, precision)
        compiling = {
            "seconds": round(seconds, 1),
            "megabytes": round(made.bytes / 1e6, 1),
            "parts": {part.name: f"{part.difference:.1e}" for part in made.parts},
        }
    else:  # half precision in batches: the graphics card's own table
        runners["half precision"] = eager.load(file, device)
        compiling = {}
    told = {runner: method.prepare(networks) for runner, networks in runners.items()}
    work = {runner: method.modules(networks, told[runner]) for runner, networks in runners.items()}
    exact = method.picture(runners["eager f32"], told["eager f32"])
    apart = {
        runner: difference(exact, method.picture(networks, told[runner]))
        for runner, networks in runners.items()
        if runner != "eager f32"
    }
    times: dict[str, dict[str, list[float]]] = {}
    for _ in range(repeats):
        for module in work["eager f32"]:
            for runner in runners:
                spent = milliseconds(work[runner][module])
                times.setdefault(module, {}).setdefault(runner, []).append(spent)
    modules = {
        module: {runner: round(statistics.median(found), 2) for runner, found in by.items()}
        for module, by in times.items()
    }
    frame = {
        runner: round(sum(by[runner] for module, by in modules.items() if module != ONCE), 2)
        for runner in runners
    }
    return {
        "picture": f"{exact.shape[1]}x{exact.shape[2]}",
        "repeats": repeats,
        "modules_ms": modules,
        "frame_ms": frame,
        "times_as_fast": {
            runner: round(frame["eager f32"] / spent, 2) for runner, spent in frame.items()
        },
        "difference_with_fill_in_weights": apart,
        "compiling": compiling,
    }


def precisions() -> tuple[str, ...]:
    """Return what this processor calculates in."""
    from vivant.weights import runtime

    return runtime.precisions()


def difference(exact: np.ndarray, drawn: np.ndarray) -> dict[str, Any]:
    """Return how far pictures of 0..255 are from those of eager float32."""
    error = drawn.astype(np.float64) - exact
    mean = float((error**2).mean())
    psnr = round(10 * math.log10(255**2 / mean), 1) if mean else None
    return {"max": int(np.abs(error).max()), "psnr_db": psnr}


def tables(found: Mapping[str, Any]) -> str:
    """Return what docs/engines/speed.md shows, in Markdown."""
    machine, cases = found["machine"], found["engines"]
    runners = list(dict.fromkeys(key for case in cases.values() for key in case["frame_ms"]))
    ratios = [f"{runner}, times as fast" for runner in runners[1:]]
    heads = ["engine, picture", "module", *(f"{runner}, ms" for runner in runners), *ratios]
    lines = [f"| {' | '.join(heads)} |", "|---|---|" + "---:|" * (len(heads) - 2)]
    for name, case in cases.items():
        parts = {**case["modules_ms"], "**a frame**": case["frame_ms"]}
        for number, (module, spent) in enumerate(parts.items()):
            cells = [f"{spent[runner]:.1f}" if runner in spent else "-" for runner in runners]
            cells += [f"{spent[runners[0]] / spent[runner]:.2f}" if runner in spent else "-"
                      for runner in runners[1:]]  # fmt: skip
            first = f"{name}, {case['picture']}" if number == 0 else ""
            lines.append(f"| {first} | {module} | {' | '.join(cells)} |")
    apart = [
        f"{name} {runner}: {told['max']} of 255"
        + (f" ({told['psnr_db']} dB)" if told["psnr_db"] else " (the same pixels)")
        for name, case in cases.items()
        for runner, told in case["difference_with_fill_in_weights"].items()
    ]
    made = [
        f"{name} {case['compiling']['seconds']:.0f} s, {case['compiling']['megabytes']:.0f} MB"
        for name, case in cases.items()
        if case["compiling"]
    ]
    packages = found["packages"]
    told = (
        f"{machine['cores']} cores ({machine['processor']}), float32, torch {packages['torch']}, "
        f"OpenVINO {packages['openvino']}, {machine['taken'][:10]}."
    )
    closing = [
        f"Largest difference from eager float32, fill-in weights: {'; '.join(apart)}.",
        f"Compiling takes, once: {'; '.join(made)}.",
    ]
    return "\n".join([told, "", *lines, "", closing[0], "", closing[1]])


def main() -> None:
    """Measure the engines that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=list(ENGINES), help=", ".join(ENGINES))
    parser.add_argument("--device", default="cpu", choices=["cpu", "cuda"])
    parser.add_argument("--repeats", type=int, help="times that everything is measured")
    parser.add_argument("--table", action="store_true", help="only write the table")
    asked = parser.parse_args()
    name = "learned" if asked.device == "cpu" else "learned-cuda"
    path = RESULTS / f"{name}.json"
    if not asked.table:
        from importlib.metadata import version

        found = json.loads(path.read_text("utf-8"))["engines"] if path.exists() else {}
        for engine in asked.names:
            with tempfile.TemporaryDirectory() as folder:
                repeats = asked.repeats or REPEATS.get(engine, USUAL)
                found[engine] = measure(
                    engine, methods()[engine], Path(folder), asked.device, repeats
                )
            packages = {each: version(each) for each in ("torch", "openvino")}
            ordered = {each: found[each] for each in ENGINES if each in found}
            record(name, {"packages": packages, "engines": ordered})
    if asked.device == "cpu":
        between_marks(PAGE, "learned.py", tables(json.loads(path.read_text("utf-8"))))


if __name__ == "__main__":
    main()
