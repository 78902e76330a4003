"""Perceptual distance on EfficientNet-Lite0 features, as LPIPS but with no learned weights."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from vivant.errors import ShapeError
from vivant.metrics.base import Mean
from vivant.metrics.efficientnet import Features


def perceptual(stages: Sequence[np.ndarray], target: Sequence[np.ndarray]) -> float:
    """Return the distance of two pictures' feature maps; lower is better.

    At each stage and place, the vector over the channels is brought to length 1; the
    distance is the squared length of the difference of two such vectors, the mean over
    the places of a stage, then over the stages. That is LPIPS without its learned
    weights, on another network: its numbers cannot be compared with those of LPIPS.

    Args:
        stages: the drawn picture's maps, each (channels, height, width).
        target: the true picture's, of the same shapes.

    Returns:
        0 (the same) to 4 (opposite everywhere).

    Raises:
        ShapeError: the shapes differ, or a number is not finite.

    Source: Zhang et al. 2018, arXiv:1801.03924, eq. 1 with all weights 1.

    >>> ones, signs = np.ones((2, 1, 1)), np.array([1.0, -1.0]).reshape(2, 1, 1)
    >>> round(perceptual([ones], [ones]), 6), round(perceptual([ones], [signs]), 6)
    (0.0, 2.0)
    """
    shapes = [array.shape for array in stages], [array.shape for array in target]
    if shapes[0] != shapes[1] or not shapes[0] or any(len(shape) != 3 for shape in shapes[0]):
        raise ShapeError(
            f"perceptual wants two lists of (channels, height, width), got {shapes[0]} and "
            f"{shapes[1]}"
        )
    distances = [
        float(np.square(_unit(a) - _unit(b)).sum(axis=0).mean())
        for a, b in zip(stages, target, strict=True)
    ]
    if not np.isfinite(distances).all():
        raise ShapeError("perceptual: some values of the feature maps are NaN or infinite")
    return float(np.mean(distances))


def _unit(maps: np.ndarray) -> np.ndarray:
    lengths = np.sqrt(np.einsum("chw,chw->hw", maps, maps))
    return np.asarray(maps / (lengths + np.float32(1e-10)))


class PerceptualEfficientnetLite0(Mean):
    """Running `perceptual` on EfficientNet-Lite0: the mean over pictures."""

    unit: ClassVar[str] = "0..4"
    higher_is_better: ClassVar[bool | None] = False

    def update(self, features: Features, target: Features) -> None:
        """Add one picture and its target, as `EfficientNet.features` saw them."""
        self.add(perceptual(features.stages, target.stages))
