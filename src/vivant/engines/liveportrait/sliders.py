"""Sliders of LivePortrait: the face changed by name, on top of whatever moves it.

Eyes and lips open through the networks made for it; the head turns as its key points do.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Mapping
from typing import Final

import numpy as np

from vivant.engines.liveportrait import camera
from vivant.errors import SettingsError, listed

SLIDERS: Final = {
    "eyes": (-1.0, 1.0),
    "lips": (-1.0, 1.0),
    "yaw": (-30.0, 30.0),
    "pitch": (-20.0, 20.0),
    "roll": (-30.0, 30.0),
}
"""Name to range. `eyes`: -1 shut, 1 twice as open. `lips`: -1 shut, 1 wide open. Then degrees: the
head turns to the right side of the picture, up, and clockwise as seen."""

_WIDE: Final = 0.6
"""Openness of lips that the slider adds at its upper end, in widths of the mouth."""


def edited(
    motion: Mapping[str, np.ndarray],
    openness: Mapping[str, np.ndarray],
    controls: Mapping[str, float],
) -> dict[str, np.ndarray]:
    """Return a motion (`transfer`) with sliders applied.

    Args:
        motion: what would be drawn without them.
        openness: how far `eyes` (2,) and `lips` (1,) of the portrait are open.
        controls: names of `SLIDERS` and values in their ranges.

    Raises:
        SettingsError: a name is unknown (the nearest is offered), a value is out of its range,
            or it is not known how far eyes and lips are open.
    """
    values = _checked(controls)
    found = dict(motion)
    for part in ("eyes", "lips"):
        if not values.get(part):
            continue
        if part not in openness:
            raise SettingsError(
                f"liveportrait: the slider {part!r} needs landmarks of the portrait's face; "
                f"leave the crop given by hand out."
            )
        now = found.get(part, openness[part].mean(keepdims=True))
        found[part] = _opened(part, now, values[part])
    # `camera` counts pitch downwards and yaw to the left side of the picture
    pitch, yaw, roll = (np.full(1, values.get(name, 0.0)) for name in camera.ANGLES)
    if pitch.any() or yaw.any() or roll.any():
        found["rotation"] = found["rotation"] @ camera.rotation(-pitch, -yaw, roll)[0]
    return found


def _opened(part: str, now: np.ndarray, value: float) -> np.ndarray:
    if part == "eyes" or value < 0:
        return np.float32(1 + value) * now
    return now + np.float32(_WIDE * value)


def _checked(controls: Mapping[str, float]) -> Mapping[str, float]:
    for name, value in controls.items():
        if name not in SLIDERS:
            near = difflib.get_close_matches(name, SLIDERS, n=1)
            hint = f"did you mean {near[0]!r}? " if near else ""
            raise SettingsError(
                f"the engine liveportrait has no slider {name!r}; {hint}known: {listed(SLIDERS)}"
            )
        low, high = SLIDERS[name]
        if not math.isfinite(value) or not low <= value <= high:
            raise SettingsError(f"{name} must lie in [{low:g}, {high:g}], got {value:g}")
    return controls
