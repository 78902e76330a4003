"""The network behind FaceForensics++'s detectors: says of a face whether it was manipulated.

Source: Chollet 2017, "Xception: Deep Learning with Depthwise Separable Convolutions",
arXiv:1610.02357, figure 5; as a detector: Roessler et al. 2019, arXiv:1901.08971. Names as in
the public weights, whose network lies under `model.`.

Conventions:
    - pictures are RGB in [-1, 1], (batch, 3, 299, 299);
    - of two logits, index 0 is real and index 1 is fake.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor, nn
from torch.nn import functional

from vivant.configurations import MAY_BE_ZERO, described
from vivant.errors import SettingsError


@dataclass(frozen=True, kw_only=True)
class XceptionConfig:
    """What the detector is built from."""

    num_out_classes: int = 2
    """Answers: real and fake."""
    dropout: float | None = field(default=0.0, metadata=MAY_BE_ZERO)
    """Share of the features left out in training. Weights trained with any have their last layer
    at `model.last_linear.1`, those without at `model.last_linear`."""

    def __post_init__(self) -> None:
        if not 0 <= (self.dropout or 0.0) < 1:
            raise SettingsError(f"xception.dropout must lie in [0, 1), got {self.dropout}")


def build(config: Mapping[str, Any]) -> Detector:
    """Build the detector with new weights.

    Args:
        config: fields of `XceptionConfig`; other keys are left out.

    Raises:
        SettingsError: an option is misspelt or refused.
    """
    return Detector(described(XceptionConfig, config, "xception"))


def from_imagenet(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Rename and reshape the public ImageNet weights of Xception to fit `Detector`.

    They lie without `model.` in front, their pointwise weights are matrices (made, given), and
    their last layer is called `fc`.

    Returns:
        weights by the names of a detector with num_out_classes=1000.
    """
    return {
        f"model.{name.replace('fc.', 'last_linear.')}": (
            value[:, :, None, None] if "pointwise" in name and value.ndim == 2 else value
        )
        for name, value in state.items()
    }


class Detector(nn.Module):
    """Xception with a head of its own, as FaceForensics++ saves it."""

    def __init__(self, config: XceptionConfig) -> None:
        super().__init__()
        self.model = Xception()
        head = nn.Linear(2048, config.num_out_classes)
        self.model.last_linear = (
            nn.Sequential(nn.Dropout(config.dropout), head) if config.dropout else head
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return logits (batch, num_out_classes) of pictures (batch, 3, 299, 299) in [-1, 1]."""
        logits: Tensor = self.model(x)
        return logits


class Xception(nn.Module):
    """Entry, middle and exit flow of figure 5."""

    last_linear: nn.Module

    def __init__(self) -> None:
        super().__init__()
        # No padding: 299 becomes 149, then 147.
        self.conv1 = nn.Conv2d(3, 32, 3, stride=2, bias=False)
        self.bn1 = nn.BatchNorm2d(32)
        self.conv2 = nn.Conv2d(32, 64, 3, bias=False)
        self.bn2 = nn.BatchNorm2d(64)
        self.block1 = Block(64, 128, [128, 128], stride=2, start_with_relu=False)
        self.block2 = Block(128, 256, [256, 256], stride=2)
        self.block3 = Block(256, 728, [728, 728], stride=2)
        for index in range(4, 12):
            self.add_module(f"block{index}", Block(728, 728, [728, 728, 728]))
        self.block12 = Block(728, 1024, [728, 1024], stride=2)
        self.conv3 = SeparableConv2d(1024, 1536)
        self.bn3 = nn.BatchNorm2d(1536)
        self.conv4 = SeparableConv2d(1536, 2048)
        self.bn4 = nn.BatchNorm2d(2048)

    def features(self, x: Tensor) -> Tensor:
        """Return (batch, 2048, 10, 10) of (batch, 3, 299, 299), before the last ReLU."""
        x = functional.relu(self.bn1(self.conv1(x)))  # (batch, 32, 149, 149)
        x = functional.relu(self.bn2(self.conv2(x)))  # (batch, 64, 147, 147)
        for index in range(1, 13):  # sides 74, 37, 19 after 1 to 3, then 10 after 12
            x = self.get_submodule(f"block{index}")(x)
        x = functional.relu(self.bn3(self.conv3(x)))  # (batch, 1536, 10, 10)
        seen: Tensor = self.bn4(self.conv4(x))
        return seen

    def forward(self, x: Tensor) -> Tensor:
        """Return logits (batch, classes)."""
        seen = functional.relu(self.features(x))
        pooled = functional.adaptive_avg_pool2d(seen, 1).flatten(1)  # (batch, 2048)
        logits: Tensor = self.last_linear(pooled)
        return logits


class SeparableConv2d(nn.Module):
    """A 3x3 convolution within each channel, then one across them."""

    def __init__(self, given: int, made: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(given, given, 3, padding=1, groups=given, bias=False)
        self.pointwise = nn.Conv2d(given, made, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Return (batch, made, height, width)."""
        made: Tensor = self.pointwise(self.conv1(x))
        return made


class Block(nn.Module):
    """Separable convolutions beside a straight way, or beside a 1x1 convolution.

    Public code has its ReLUs in place except for the first one, whose input the straight way
    needs. Here none is: the numbers are the same.
    """

    def __init__(
        self,
        given: int,
        made: int,
        widths: list[int],
        *,
        stride: int = 1,
        start_with_relu: bool = True,
    ) -> None:
        super().__init__()
        self.skip = self.skipbn = None
        if made != given or stride != 1:
            self.skip = nn.Conv2d(given, made, 1, stride=stride, bias=False)
            self.skipbn = nn.BatchNorm2d(made)
        layers: list[nn.Module] = []
        for before, after in zip([given, *widths], widths, strict=False):
            layers += [nn.ReLU(), SeparableConv2d(before, after), nn.BatchNorm2d(after)]
        if not start_with_relu:
            layers = layers[1:]
        if stride != 1:
            layers.append(nn.MaxPool2d(3, stride=stride, padding=1))
        self.rep = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        """Return (batch, made, height, width), the sides halved and rounded up by stride 2."""
        straight = x
        if self.skip is not None and self.skipbn is not None:
            straight = self.skipbn(self.skip(x))
        changed: Tensor = self.rep(x) + straight
        return changed
