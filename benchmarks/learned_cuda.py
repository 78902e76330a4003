"""Measure the learned engines on a graphics card: `python benchmarks/learned_cuda.py [ENGINE ...]`.

The networks have the public configurations and weights by chance, which take the same time. Each
module is run in float32, in half precision with channels last (as `--device cuda` runs it), and
that in a CUDA graph, alone and in batches; milliseconds a frame, medians over `--runs`. `verbs` is
what the engine's verbs take for a frame, from picture to picture in this computer's memory.
Writes `benchmarks/results/learned_cuda.json`; a minute or two, with nothing else on the card.

`--device cpu --runs 1` goes through the same code on the processor (bfloat16 for half, no graphs)
and writes nothing: to try the script where there is no card.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from record import record
from torch import nn

from vivant import engines
from vivant.action_units import INTENSITY_NAMES
from vivant.engines.base import BATCH
from vivant.engines.layers import place
from vivant.engines.layers.place import Place
from vivant.errors import DeviceMissing
from vivant.types import FaceCrop
from vivant.weights import known

PUBLISHED_MS = 12.8
"""LivePortrait's authors, a frame on an RTX 4090 by PyTorch: arXiv:2407.03168."""
ENGINES = ("fomm", "fpn", "ganimation", "glow", "liveportrait")
WARM = 5

Work = Callable[[], object]


@dataclass(frozen=True)
class Module:
    """A part of an engine that runs by itself."""

    name: str
    network: nn.Module
    run: Callable[..., object]
    takes: tuple[tuple[int, ...], ...]
    """Shapes of what it takes, without the batch."""
    exact: bool = False
    """Whether it stays float32."""
    once: bool = False
    """Whether it runs once a portrait, not for every frame."""


def build(engine: str) -> dict[str, Any]:
    """Return the networks of an engine in its public configuration."""
    method = known.METHODS[engine]
    told = next(iter(method.published.values())).config if method.published else method.usual
    module = __import__(method.network, fromlist=["build"])
    torch.manual_seed(0)
    networks: dict[str, Any] = module.build(dict(told or {}))
    for network in networks.values():
        for layer in network.modules():
            if hasattr(layer, "initialized"):  # a flow that has seen a picture
                layer.initialized.fill_(1)
    return networks


def modules(engine: str, nets: Mapping[str, Any]) -> Iterator[Module]:
    """Say what there is to measure."""
    picture = (3, 256, 256)
    if engine == "fomm":
        detector, generator = nets["kp_detector"], nets["generator"]

        def draw(features: Any, small: Any, *points: Any) -> object:
            to, come = ({"value": points[i], "jacobian": points[i + 1]} for i in (0, 2))
            return generator.draw(features, small, to, come)["prediction"]

        points = ((10, 2), (10, 2, 2))
        yield Module("key points", detector, detector, (picture,), exact=True)
        yield Module("source", generator, generator.encode, (picture,), once=True)
        shapes = ((256, 64, 64), (3, 64, 64), *points, *points)
        yield Module("draw", generator, draw, shapes)
    elif engine == "liveportrait":
        small = nets["stitching_retargeting_module"]
        volume, points = (32, 16, 64, 64), (21, 3)
        for name, network, takes in (
            ("motion extractor", nets["motion_extractor"], (picture,)),
            ("stitching", small["stitching"], ((126,),)),
        ):
            yield Module(name, network, network, takes, exact=True)
        appearance, warping = nets["appearance_feature_extractor"], nets["warping_module"]
        yield Module("appearance", appearance, appearance, (picture,), once=True)

        def warp(*given: Any) -> object:
            return warping.draw(*given)["out"]

        compress = warping.dense_motion_network.compress.out_channels
        shapes = (volume, (compress, 16, 64, 64), points, points)
        yield Module("warping", warping, warp, shapes)
        spade = nets["spade_generator"]
        yield Module("decoder", spade, spade, ((256, 64, 64),))
    elif engine == "ganimation":
        net = nets["generator"]
        yield Module("generator", net, net, ((3, 128, 128), (len(INTENSITY_NAMES),)))
    elif engine == "glow":
        net = nets["glow"]
        yield Module("to codes", net, net, ((3, 64, 64),), exact=True)
        shapes = tuple(tuple(shape) for shape in net.code_shapes(64))
        back: Callable[..., object] = lambda *codes: net.reverse(list(codes), reconstruct=True)  # noqa: E731
        yield Module("from codes", net, back, shapes, exact=True)
    else:
        net = nets["generator"]
        yield Module("source", net, net.see_source, (picture,))
        yield Module("target and draw", net, net, (picture, picture))


def milliseconds(work: Work, device: torch.device, runs: int) -> float:
    """Return the median time of one call."""
    for _ in range(WARM if device.type == "cuda" else 0):
        work()
    taken = []
    for _ in range(runs):
        if device.type == "cuda":
            begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
            begin.record()
            work()
            end.record()
            torch.cuda.synchronize()
            taken.append(begin.elapsed_time(end))
        else:
            started = time.perf_counter()
            work()
            taken.append(1000 * (time.perf_counter() - started))
    return statistics.median(taken)


def graphed(work: Work) -> Work:
    """Return the same work as one CUDA graph."""
    side = torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        for _ in range(WARM):
            work()
    torch.cuda.current_stream().wait_stream(side)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        work()
    return graph.replay


def measured(one: Module, where: Place, batch: int, runs: int) -> float:
    """Return milliseconds a frame of a module at a place."""
    where.put(one.network, exact=one.exact)
    given = [torch.rand(batch, *shape, device=where.device) for shape in one.takes]

    def work() -> object:
        with where.exact() if one.exact else where.running():
            return one.run(*given)

    return milliseconds(work, where.device, runs) / batch


def measured_graph(one: Module, where: Place, batch: int, runs: int) -> float | str:
    """Return the same in a CUDA graph, or why there is none."""
    given = [torch.rand(batch, *shape, device=where.device) for shape in one.takes]
    # A graph keeps its tensors' places: no cache of cast weights may be freed beneath it.
    cast = torch.autocast(
        where.device.type, where.half, where.half is not None and not one.exact, cache_enabled=False
    )

    def work() -> object:
        with torch.inference_mode(), cast:
            return one.run(*given)

    try:
        return milliseconds(graphed(work), where.device, runs) / batch
    except RuntimeError as error:
        return f"no graph: {str(error).splitlines()[0]}"


def per_module(engine: str, half: Place, batches: tuple[int, ...], runs: int) -> dict[str, Any]:
    """Return milliseconds a frame of every module: name, way, batch."""
    plain = Place(half.device)
    found: dict[str, Any] = {}
    for index, one in enumerate(modules(engine, build(engine))):
        figures: dict[str, Any] = {"once": one.once, "exact": one.exact}
        for batch in (1,) if one.once else batches:
            # each place changes the weights: new networks for each
            fresh = [list(modules(engine, build(engine)))[index] for _ in range(2)]
            figures[f"float32, {batch} at a time"] = measured(fresh[0], plain, batch, runs)
            figures[f"half, {batch} at a time"] = measured(fresh[1], half, batch, runs)
            if half.device.type == "cuda":
                graph = measured_graph(fresh[1], half, batch, runs)
                figures[f"half in a graph, {batch} at a time"] = graph
        found[one.name] = figures
        print(f"{engine}: {one.name}: {figures}", file=sys.stderr)
    return found


def networks(engine: str, where: Place) -> Any:
    """Return what an engine takes as its networks."""
    nets = build(engine)
    eager = __import__(f"vivant.engines.{engine}.eager", fromlist=["Networks"])
    if engine == "fomm":
        return eager.Networks(nets["kp_detector"], nets["generator"], 256, where)
    if engine == "liveportrait":
        return eager.Networks(nets, 256, 2, where)
    if engine == "glow":
        return eager.Network(nets["glow"], 64, where)
    return eager.Network(nets["generator"], *((256,) if engine == "fpn" else ()), where)


def verbs(engine: str, where: Place, batch: int, runs: int) -> dict[str, float]:
    """Return milliseconds a frame of the verbs, pictures in and out."""
    cls: Any = engines._class(engine)
    options = {"batch": batch} if engine in ("fomm", "liveportrait") else {}
    opened = cls(cls.Settings(**options), networks(engine, where))
    opened.batch = batch
    chance = np.random.default_rng(0)

    def face() -> FaceCrop:
        image = chance.integers(0, 256, (opened.size, opened.size, 3), np.uint8)
        scores = chance.random(52, np.float32)
        return FaceCrop(image, None, scores, None, np.eye(3))

    encoded, driving = opened.encode(face()), face()
    rest = opened.motion(face())
    moved = opened.relative(encoded, rest, opened.motion(driving))
    return {
        "motion": milliseconds(lambda: opened.motion(driving), where.device, runs),
        "render": milliseconds(
            lambda: list(opened.render(encoded, [moved] * batch)), where.device, runs
        )
        / batch,
    }


def main() -> int:
    """Measure what is asked for."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("engines", nargs="*", metavar="ENGINE", default=[])
    asked.add_argument("--device", choices=("cuda", "cpu"), default="cuda")
    asked.add_argument("--runs", type=int, default=50)
    words = asked.parse_args()
    try:
        half = place.chosen(words.device)
    except DeviceMissing as error:
        print(f"learned_cuda: {error.found}: nothing was measured.", file=sys.stderr)
        return 2
    if words.device == "cpu":
        half = Place(half.device, torch.bfloat16)
    batches = (1,) if words.device == "cpu" else (1, BATCH["cuda"])
    figures = {
        engine: {
            "modules": per_module(engine, half, batches, words.runs),
            "verbs": {
                f"{batch} at a time": verbs(engine, half, batch, words.runs) for batch in batches
            },
        }
        for engine in words.engines or ENGINES
    }
    if words.device == "cpu":
        return 0
    told = {
        "card": torch.cuda.get_device_name(),
        "torch": torch.__version__,
        "liveportrait_published_ms": PUBLISHED_MS,
        "engines": figures,
    }
    record("learned_cuda", told)
    return 0


if __name__ == "__main__":
    sys.exit(main())
