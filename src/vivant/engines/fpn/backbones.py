"""Networks that see a picture at five sizes, by name."""

from __future__ import annotations

from typing import Final

from vivant.engines.fpn.mobilenet import MobileNetV2
from vivant.errors import MissingExtra, SettingsError, listed

BACKBONES: Final = ("mobilenetv2",)
"""Backbones that are here."""
_ELSEWHERE: Final = {
    "inceptionresnetv2": "Inception-ResNet-v2 (arXiv:1602.07261)",
    "resnext101": "ResNeXt-101 32x8d, weakly supervised (arXiv:1805.00932)",
}
"""The thesis' other two. Their common implementations want torchvision, which vivant does not."""


def backbone(name: str, width: float) -> MobileNetV2:
    """Return the backbone called `name` with new weights.

    Args:
        name: one of `BACKBONES`.
        width: factor of its channels.

    Raises:
        MissingExtra: it is one of the thesis' backbones that are not here.
        SettingsError: there is no such backbone.
    """
    if name in _ELSEWHERE:
        raise MissingExtra(
            f"the backbone {name!r}, {_ELSEWHERE[name]}, has no implementation here yet; "
            f"use {listed(BACKBONES)}, the thesis' lightweight one."
        )
    if name not in BACKBONES:
        raise SettingsError(f"no backbone {name!r}; known: {listed((*BACKBONES, *_ELSEWHERE))}")
    return MobileNetV2(width)
