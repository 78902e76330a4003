"""Sliders: change a face by name, on top of whatever moves it.

Every slider is 0 where it changes nothing. The changes are those of the expression
basis, carried to the portrait in the same way as a driver's, so that closed is
closed and proportions are kept; the head turns about the neck.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from vivant.engines.mesh import transfer
from vivant.engines.mesh.parted import gap
from vivant.engines.mesh.shape import PosedShape, nearest_rotation
from vivant.errors import SettingsError
from vivant.types import turned
from vivant.weights.canonical import NECK
from vivant.weights.expression import expression_basis


@dataclass(frozen=True, slots=True)
class Slider:
    """One thing that can be changed."""

    low: float
    high: float
    does: str
    """What it changes, in words."""
    up: Mapping[str, float]
    """Expression scores at its upper end; empty for what is no expression."""
    down: Mapping[str, float]
    """And at its lower end."""


_NOTHING: Final[Mapping[str, float]] = {}
SLIDERS: Final = {
    "eyes": Slider(-1, 1, "opens both eyes (1: wide) or closes them (-1: shut)",
                   {"eyeWide": 0.45}, {"eyeBlink": 1.0}),
    "wink_left": Slider(0, 1, "closes the person's left eye",
                        {"eyeBlinkLeft": 1.0, "mouthSmileLeft": 0.15}, _NOTHING),
    "wink_right": Slider(0, 1, "closes the person's right eye",
                         {"eyeBlinkRight": 1.0, "mouthSmileRight": 0.15}, _NOTHING),
    "brows": Slider(-1, 1, "raises the brows (1) or lowers them (-1)",
                    {"browInnerUp": 0.8, "browOuterUp": 0.8}, {"browDown": 0.9}),
    "smile": Slider(-1, 1, "smiles (1) or lets the corners of the mouth sink (-1)",
                    {"mouthSmile": 0.95, "eyeSquint": 0.25},
                    {"mouthSmile": -0.6, "mouthShrugLower": 0.35, "browInnerUp": 0.25}),
    "lips": Slider(-1, 1, "opens the mouth as for aah (1) or closes it (-1: shut)",
                   {"jawOpen": 0.65}, _NOTHING),
    "wide": Slider(0, 1, "draws the mouth wide as for eee",
                   {"mouthStretch": 0.55, "mouthSmile": 0.25, "mouthLowerDown": 0.45,
                    "mouthUpperUp": 0.2, "jawOpen": 0.05}, _NOTHING),
    "pucker": Slider(0, 1, "rounds the lips as for ooh",
                     {"mouthPucker": 1.4, "mouthFunnel": 0.45}, _NOTHING),
    "gaze_x": Slider(-1, 1, "looks to the right (1) or left (-1) side of the picture",
                     {"eyeLookOutLeft": 0.9, "eyeLookInRight": 0.9},
                     {"eyeLookInLeft": 0.9, "eyeLookOutRight": 0.9}),
    "gaze_y": Slider(-1, 1, "looks up (1) or down (-1)",
                     {"eyeLookUp": 0.6}, {"eyeLookDown": 0.9}),
    "yaw": Slider(-30, 30, "turns the head to the right side of the picture, degrees",
                  _NOTHING, _NOTHING),
    "pitch": Slider(-20, 20, "turns the head up, degrees", _NOTHING, _NOTHING),
    "roll": Slider(-30, 30, "leans the head clockwise as seen, degrees", _NOTHING, _NOTHING),
}  # fmt: skip
"""What `--set` and `controls` know of, by name."""

_MOST_CLOSING: Final = 0.8
"""Largest share of an open jaw that `lips` takes back."""


def edited(face: PosedShape, controls: Mapping[str, float]) -> PosedShape:
    """Return `face` with the sliders applied.

    Args:
        face: what would be drawn without them.
        controls: names of `SLIDERS` and values in their ranges.

    Raises:
        SettingsError: a name is unknown, or a value out of its range.
    """
    values = checked(controls)
    basis = expression_basis()
    scores = _scores(values, face.shape, basis.neutral)
    if scores:
        rest = _posed(basis.neutral)
        moved = _posed(basis.neutral + basis.change(scores))
        face = replace(face, shape=transfer.relative(face, rest, moved, transfer.Strengths()).shape)
    return _turned(face, *(values.get(name, 0.0) for name in ("yaw", "pitch", "roll")))


def checked(controls: Mapping[str, float]) -> dict[str, float]:
    """Return the sliders that change something.

    Raises:
        SettingsError: a name is unknown (the nearest is offered), or a value out of its range.

    >>> checked({"smile": 0.5, "yaw": 0})
    {'smile': 0.5}
    """
    for name, value in controls.items():
        if name not in SLIDERS:
            near = difflib.get_close_matches(name, SLIDERS, n=1)
            hint = f"did you mean {near[0]!r}? " if near else ""
            raise SettingsError(
                f"the engine mesh has no slider {name!r}; {hint}known: {', '.join(SLIDERS)}"
            )
        slider = SLIDERS[name]
        if not math.isfinite(value) or not slider.low <= value <= slider.high:
            raise SettingsError(
                f"{name} must lie in [{slider.low:g}, {slider.high:g}] (it {slider.does}), "
                f"got {value:g}"
            )
    return {name: float(value) for name, value in controls.items() if value}


def _scores(
    values: Mapping[str, float], shape: np.ndarray, neutral: np.ndarray
) -> dict[str, float]:
    """Return the expression scores that sliders ask for, added up."""
    total: dict[str, float] = {}
    for name, value in values.items():
        slider = SLIDERS[name]
        for score, amount in (slider.up if value > 0 else slider.down).items():
            total[score] = total.get(score, 0.0) + abs(value / slider.high) * amount
    if values.get("lips", 0.0) < 0:
        closing = -values["lips"] * _jaw_of(shape, neutral)
        total["jawOpen"] = total.get("jawOpen", 0.0) - closing
    return total


def _jaw_of(shape: np.ndarray, neutral: np.ndarray) -> float:
    """Return the `jawOpen` that opens the neutral mouth as far as this one is open."""
    opens = gap(expression_basis().change({"jawOpen": 1.0}))
    return min(max(gap(shape) - gap(neutral), 0.0) / opens, _MOST_CLOSING)


def _posed(shape: np.ndarray) -> PosedShape:
    """A face seen from the front."""
    still = np.zeros(3, np.float32)
    return PosedShape(shape, np.eye(3, dtype=np.float32), still, np.ones(1, np.float32))


def _turned(face: PosedShape, yaw: float, pitch: float, roll: float) -> PosedShape:
    """Turn the head about the neck; angles in degrees as `Pose` has them."""
    if not (yaw or pitch or roll):
        return face
    rotation = nearest_rotation(turned(yaw, pitch, roll) @ face.rotation)
    shift = (face.rotation - rotation) @ np.array(NECK, np.float32) * face.scale[0]
    return replace(face, rotation=rotation, translation=face.translation + shift)
