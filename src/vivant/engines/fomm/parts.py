"""The First Order Motion Model in parts that can be compiled: tensors in, tensors out."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import nn

from vivant.engines.fomm.eager import HEATMAP
from vivant.engines.fomm.network import Generator, KeyPointDetector, build, resized, warped
from vivant.engines.layers import stored
from vivant.engines.layers.export import Plan, Planned, called, picture

POINTS = ("value", "jacobian")


class Points(nn.Module):
    """The key points of a picture: `value` and, where there are some, `jacobian`."""

    def __init__(self, detector: KeyPointDetector) -> None:
        super().__init__()
        self.detector = detector

    def forward(self, image: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """(1, 3, h, w) -> (1, K, 2), (1, K, 2, 2)."""
        return tuple(self.detector(image).values())


class Read(nn.Module):
    """What is worked out once for a portrait."""

    def __init__(self, generator: Generator) -> None:
        super().__init__()
        self.generator = generator

    def forward(self, image: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """(1, 3, h, w) -> features and the small picture."""
        return self.generator.encode(image)


class Move(nn.Module):
    """The portrait's features where the key points want them, dimmed; all that tells places."""

    def __init__(self, generator: Generator) -> None:
        super().__init__()
        self.motion = generator.dense_motion_network

    def forward(
        self, features: torch.Tensor, small: torch.Tensor, *points: torch.Tensor
    ) -> torch.Tensor:
        """`points`: the wanted key points, then the portrait's."""
        if self.motion is None:
            return features
        half = len(points) // 2
        to, come = (
            dict(zip(POINTS, each, strict=False)) for each in (points[:half], points[half:])
        )
        found = self.motion.estimate(small, to, come)
        moved = warped(features, found["deformation"])
        if "occlusion_map" in found:
            moved = moved * resized(found["occlusion_map"], moved.shape[2:])
        return moved


class Paint(nn.Module):
    """The picture from moved features."""

    def __init__(self, generator: Generator) -> None:
        super().__init__()
        self.generator = generator

    def forward(self, moved: torch.Tensor) -> torch.Tensor:
        """(1, width, h / 4, w / 4) -> (1, 3, h, w) in [0, 255]."""
        return 255 * self.generator.paint(moved)


def plan(weights: Path) -> Plan:
    """Say what there is to compile in a file of `layers.stored`."""
    config, tensors = stored.read(weights)
    networks = build(config)
    for name in ("kp_detector", "generator"):
        stored.restore(networks[name], name, tensors)
    detector, generator = networks["kp_detector"], networks["generator"]
    assert isinstance(detector, KeyPointDetector)
    assert isinstance(generator, Generator)
    scale = config["model_params"]["kp_detector_params"].get("scale_factor", 1)
    return planned(detector, generator, round(HEATMAP / scale))


def planned(detector: KeyPointDetector, generator: Generator, side: int) -> Plan:
    """Say what there is to compile in two networks for pictures of a side."""
    portrait, driver = picture(side), picture(side, seed=1)
    points = Planned("points", Points(detector), (portrait,))
    come = called(points)
    to = called(Planned("points", points.network, (driver,)))
    read = Planned("read", Read(generator), (portrait,))
    features, small = called(read)
    # key points lie apart, else the compiler takes two inputs for one
    move = Planned("move", Move(generator), (features, small, *to, *(one.clone() for one in come)))
    paint = Planned("paint", Paint(generator), called(move), loose=True)
    return Plan([points, read, move, paint], {"size": side, "points": list(POINTS[: len(to)])})
