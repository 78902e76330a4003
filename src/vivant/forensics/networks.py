"""The detector's network under the name that its weights are kept by."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import nn

from vivant.forensics import xception

NAME = "detector"


def build(config: Mapping[str, Any]) -> dict[str, nn.Module]:
    """Build `detector`, whose last layer is called `model.last_linear` in any case.

    Weights trained with dropout are renamed when they are added (`weights.known`).

    Raises:
        SettingsError: an option is misspelt or refused.
    """
    return {NAME: xception.build({**config, "dropout": 0.0})}
