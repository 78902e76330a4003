"""The network behind FaceNet's public weights: a face to 512 numbers that tell who it is.

Source: Szegedy et al. 2016, "Inception-v4, Inception-ResNet and the Impact of Residual
Connections on Learning", arXiv:1602.07261, figures 10 to 15 (Inception-ResNet-v1); trained on
faces by Schroff et al. 2015, arXiv:1503.03832. Names and details as in the public PyTorch
weights: batch norm with an epsilon of 0.001 (it is 0.00001 elsewhere, and the numbers show it),
residuals taken by 0.17, 0.10 and 0.20, and a last block by 1.0 and without ReLU.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from vivant.configurations import MAY_BE_ZERO, described
from vivant.errors import SettingsError


@dataclass(frozen=True, kw_only=True)
class FacenetConfig:
    """What the network is built from."""

    classify: bool = False
    """Answer with one number for each person of the training set instead of an embedding."""
    num_classes: int | None = None
    """Persons of the training set: 8631 (VGGFace2), 10575 (CASIA-WebFace); None: no such layer."""
    dropout_prob: float = field(default=0.6, metadata=MAY_BE_ZERO)
    """Share of the features left out in training."""

    def __post_init__(self) -> None:
        if self.classify and self.num_classes is None:
            raise SettingsError("facenet.classify wants num_classes, the persons to choose from")


def build(config: Mapping[str, Any]) -> InceptionResnetV1:
    """Build the network with new weights.

    Args:
        config: fields of `FacenetConfig`; other keys are left out.

    Raises:
        SettingsError: an option is misspelt or refused.
    """
    return InceptionResnetV1(described(FacenetConfig, config, "facenet"))


def standardised(faces: Tensor) -> Tensor:
    """Return 160x160 RGB pictures of 0 to 255 as the network wants them: (x - 127.5) / 128."""
    return (faces - 127.5) / 128


class InceptionResnetV1(nn.Module):
    """Takes aligned faces to embeddings."""

    def __init__(self, config: FacenetConfig) -> None:
        super().__init__()
        self.classify = config.classify
        self.conv2d_1a = BasicConv2d(3, 32, 3, stride=2)
        self.conv2d_2a = BasicConv2d(32, 32, 3)
        self.conv2d_2b = BasicConv2d(32, 64, 3, padding=1)
        self.maxpool_3a = nn.MaxPool2d(3, stride=2)
        self.conv2d_3b = BasicConv2d(64, 80, 1)
        self.conv2d_4a = BasicConv2d(80, 192, 3)
        self.conv2d_4b = BasicConv2d(192, 256, 3, stride=2)
        self.repeat_1 = nn.Sequential(*(Block35(0.17) for _ in range(5)))
        self.mixed_6a = Mixed6a()
        self.repeat_2 = nn.Sequential(*(Block17(0.10) for _ in range(10)))
        self.mixed_7a = Mixed7a()
        self.repeat_3 = nn.Sequential(*(Block8(0.20) for _ in range(5)))
        self.block8 = Block8(1.0, relu=False)
        self.avgpool_1a = nn.AdaptiveAvgPool2d(1)
        self.dropout = nn.Dropout(config.dropout_prob)
        self.last_linear = nn.Linear(1792, 512, bias=False)
        self.last_bn = nn.BatchNorm1d(512, eps=0.001, momentum=0.1)
        self.logits: nn.Linear | None = None
        if config.num_classes is not None:
            self.logits = nn.Linear(512, config.num_classes)

    def forward(self, x: Tensor) -> Tensor:
        """Return who is seen.

        Args:
            x: `standardised` faces (batch, 3, 160, 160) RGB; other sides from 75 on work, too.

        Returns:
            (batch, 512) of length 1; with `classify`, (batch, num_classes) logits instead.
        """
        x = self.conv2d_2b(self.conv2d_2a(self.conv2d_1a(x)))  # (batch, 64, 77, 77)
        x = self.conv2d_4a(self.conv2d_3b(self.maxpool_3a(x)))  # (batch, 192, 36, 36)
        x = self.repeat_1(self.conv2d_4b(x))  # (batch, 256, 17, 17)
        x = self.repeat_2(self.mixed_6a(x))  # (batch, 896, 8, 8)
        x = self.block8(self.repeat_3(self.mixed_7a(x)))  # (batch, 1792, 3, 3)
        x = self.dropout(self.avgpool_1a(x)).flatten(1)  # (batch, 1792)
        x = self.last_bn(self.last_linear(x))  # (batch, 512)
        if self.classify and self.logits is not None:
            return self.logits(x)
        return functional.normalize(x, dim=1)

    def load_state_dict(
        self,
        state_dict: Mapping[str, Any],
        strict: bool = True,
        assign: bool = False,
    ) -> Any:
        """Load public weights; their last layer is passed over where there is none here."""
        fitting = {
            name: value
            for name, value in state_dict.items()
            if self.logits is not None or not name.startswith("logits.")
        }
        return super().load_state_dict(fitting, strict, assign)


class BasicConv2d(nn.Module):
    """Convolution without bias, batch norm, ReLU."""

    def __init__(
        self,
        given: int,
        made: int,
        kernel: int | tuple[int, int],
        *,
        stride: int = 1,
        padding: int | tuple[int, int] = 0,
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(given, made, kernel, stride=stride, padding=padding, bias=False)
        self.bn = nn.BatchNorm2d(made, eps=0.001, momentum=0.1)
        self.relu = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        """Return (batch, made, height, width)."""
        made: Tensor = self.relu(self.bn(self.conv(x)))
        return made


class Residual(nn.Module):
    """Adds a share of what its branches, put together, say."""

    def __init__(self, branches: list[nn.Module], widths: tuple[int, int], scale: float) -> None:
        super().__init__()
        self.scale, self.count = scale, len(branches)
        for index, branch in enumerate(branches):
            self.add_module(f"branch{index}", branch)
        self.conv2d = nn.Conv2d(*widths, 1)
        self.relu: nn.Module = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        """Return the shape given."""
        seen = [self.get_submodule(f"branch{index}")(x) for index in range(self.count)]
        said: Tensor = self.conv2d(torch.cat(seen, dim=1))
        return self.relu(x + self.scale * said)


class Block35(Residual):
    """Inception-ResNet-A: figure 10."""

    def __init__(self, scale: float) -> None:
        branches = [
            BasicConv2d(256, 32, 1),
            nn.Sequential(BasicConv2d(256, 32, 1), BasicConv2d(32, 32, 3, padding=1)),
            nn.Sequential(
                BasicConv2d(256, 32, 1),
                BasicConv2d(32, 32, 3, padding=1),
                BasicConv2d(32, 32, 3, padding=1),
            ),
        ]
        super().__init__(branches, (96, 256), scale)


class Block17(Residual):
    """Inception-ResNet-B: figure 11."""

    def __init__(self, scale: float) -> None:
        branches = [
            BasicConv2d(896, 128, 1),
            nn.Sequential(
                BasicConv2d(896, 128, 1),
                BasicConv2d(128, 128, (1, 7), padding=(0, 3)),
                BasicConv2d(128, 128, (7, 1), padding=(3, 0)),
            ),
        ]
        super().__init__(branches, (256, 896), scale)


class Block8(Residual):
    """Inception-ResNet-C: figure 13."""

    def __init__(self, scale: float, *, relu: bool = True) -> None:
        branches = [
            BasicConv2d(1792, 192, 1),
            nn.Sequential(
                BasicConv2d(1792, 192, 1),
                BasicConv2d(192, 192, (1, 3), padding=(0, 1)),
                BasicConv2d(192, 192, (3, 1), padding=(1, 0)),
            ),
        ]
        super().__init__(branches, (384, 1792), scale)
        if not relu:
            self.relu = nn.Identity()


class Mixed6a(nn.Module):
    """Reduction-A, to half the side: 256 channels to 896.

    Figure 7 with k, l, m, n = 192, 192, 256, 384.
    """

    def __init__(self) -> None:
        super().__init__()
        self.branch0 = BasicConv2d(256, 384, 3, stride=2)
        self.branch1 = nn.Sequential(
            BasicConv2d(256, 192, 1),
            BasicConv2d(192, 192, 3, padding=1),
            BasicConv2d(192, 256, 3, stride=2),
        )
        self.branch2 = nn.MaxPool2d(3, stride=2)

    def forward(self, x: Tensor) -> Tensor:
        """Return (batch, 896, (height - 1) // 2, (width - 1) // 2)."""
        return torch.cat([self.branch0(x), self.branch1(x), self.branch2(x)], dim=1)


class Mixed7a(nn.Module):
    """Reduction-B, to half the side: 896 channels to 1792 (figure 12)."""

    def __init__(self) -> None:
        super().__init__()
        self.branch0 = nn.Sequential(BasicConv2d(896, 256, 1), BasicConv2d(256, 384, 3, stride=2))
        self.branch1 = nn.Sequential(BasicConv2d(896, 256, 1), BasicConv2d(256, 256, 3, stride=2))
        self.branch2 = nn.Sequential(
            BasicConv2d(896, 256, 1),
            BasicConv2d(256, 256, 3, padding=1),
            BasicConv2d(256, 256, 3, stride=2),
        )
        self.branch3 = nn.MaxPool2d(3, stride=2)

    def forward(self, x: Tensor) -> Tensor:
        """Return (batch, 1792, (height - 1) // 2, (width - 1) // 2)."""
        branches = (self.branch0, self.branch1, self.branch2, self.branch3)
        return torch.cat([branch(x) for branch in branches], dim=1)
