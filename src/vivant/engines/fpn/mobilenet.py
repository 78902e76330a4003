"""MobileNetV2 as a backbone: five feature maps of a picture, from fine to coarse.

Source: Sandler et al. 2018, "MobileNetV2: Inverted Residuals and Linear Bottlenecks",
arXiv:1801.04381, table 2 and figure 3. Names are those of the common ImageNet weights, without
their classifier: `features.0` to `features.17`.
"""

from __future__ import annotations

from torch import Tensor, nn

_STAGES = (
    # expansion, channels, repeats, stride (table 2)
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
)
_MAPS = (1, 3, 6, 13, 17)
"""Layers whose output is a feature map: the last at each side, 1/2 to 1/32 of the picture's."""


class MobileNetV2(nn.Module):
    """All layers up to the classifier's; `widths` are the channels of its five maps."""

    def __init__(self, width: float = 1.0) -> None:
        super().__init__()
        given = _whole(32 * width)
        layers: list[nn.Module] = [_conv(3, given, 3, stride=2)]
        made = []
        for expansion, channels, repeats, stride in _STAGES:
            wanted = _whole(channels * width)
            for index in range(repeats):
                layers.append(
                    InvertedResidual(given, wanted, stride if index == 0 else 1, expansion)
                )
                given = wanted
                made.append(wanted)
        self.features = nn.Sequential(*layers)
        self.widths = tuple(made[index - 1] for index in _MAPS)

    def forward(self, x: Tensor) -> list[Tensor]:
        """Return maps of (batch, 3, side, side): (batch, widths[i], side / 2^(i + 1), same)."""
        maps = []
        for index, layer in enumerate(self.features):
            x = layer(x)
            if index in _MAPS:
                maps.append(x)
        return maps


class InvertedResidual(nn.Module):
    """Widen, convolve within each channel, narrow; beside a straight way where shapes allow."""

    def __init__(self, given: int, made: int, stride: int, expansion: int) -> None:
        super().__init__()
        inside = given * expansion
        layers: list[nn.Module] = [] if expansion == 1 else [_conv(given, inside, 1)]
        layers += [
            _conv(inside, inside, 3, stride=stride, groups=inside),
            nn.Conv2d(inside, made, 1, bias=False),  # narrow ends stay linear: no ReLU
            nn.BatchNorm2d(made),
        ]
        self.conv = nn.Sequential(*layers)
        self.straight = stride == 1 and given == made

    def forward(self, x: Tensor) -> Tensor:
        """Return (batch, made, height / stride, width / stride)."""
        changed: Tensor = self.conv(x)
        return x + changed if self.straight else changed


def _conv(given: int, made: int, kernel: int, *, stride: int = 1, groups: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(
            given, made, kernel, stride=stride, padding=kernel // 2, groups=groups, bias=False
        ),
        nn.BatchNorm2d(made),
        nn.ReLU6(inplace=True),
    )


def _whole(channels: float) -> int:
    """Return the multiple of 8 nearest to a number of channels, at most a tenth below it.

    >>> _whole(32 * 0.25), _whole(24 * 0.5), _whole(160)
    (8, 16, 160)
    """
    nearest = max(8, int(channels + 4) // 8 * 8)
    return nearest + 8 if nearest < 0.9 * channels else nearest
