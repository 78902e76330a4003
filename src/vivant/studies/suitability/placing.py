"""Portraits placed anew: a face of a given size at a given place in a square picture.

What the picture lacks is continued from its edge, ever more blurred, so that the
new place has no frame around the old one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import cv2
import numpy as np

from vivant.landmarks import LEFT_EYE, RIGHT_EYE
from vivant.types import Face

_GROWTH: Final = 0.35
"""Blur of what is continued, in pixels a pixel away from the picture's edge."""
_LEVELS: Final = 5


@dataclass(frozen=True, slots=True)
class Place:
    """Where a face goes, and how large."""

    name: str
    share: float = 1.0
    """The face's longer side over the driver's."""
    where: Literal["centre", "left", "right", "top", "cut"] = "centre"
    """`left`, `right`, `top`: the face touches that edge; `cut`: the eyes are just below it."""


SIZES: Final = (
    Place("only the features", 2.1),
    Place("larger", 1.35),
    Place("same"),
    Place("smaller", 0.65),
    Place("much smaller", 0.4),
)
"""Sizes of the face against the driver's, the largest first."""
POSITIONS: Final = (
    Place("centre"),
    Place("left", where="left"),
    Place("right", where="right"),
    Place("top", where="top"),
    Place("top, cut above the eyes", where="cut"),
)
"""Places of the face in the picture; `centre` is the same picture as the size `same`."""


def placed(image: np.ndarray, face: Face, place: Place, length: float, side: int) -> np.ndarray:
    """Return the picture with its face at a place, (side, side, 3) uint8.

    Args:
        image: (h, w, 3) uint8 RGB.
        face: the face in it.
        place: where it shall be.
        length: longer side of the driver's face, pixels.
        side: of the new picture, pixels.
    """
    scale = place.share * length / max(face.box[2:])
    small = _scaled(image, scale)
    stretch = np.array([small.shape[1] / image.shape[1], small.shape[0] / image.shape[0]])
    corner = np.round(_corner(face, place, side, stretch)).astype(int)
    return _shown(small, corner, side)


def _scaled(image: np.ndarray, scale: float) -> np.ndarray:
    height, width = image.shape[:2]
    shape = max(1, round(width * scale)), max(1, round(height * scale))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(image, shape, interpolation=how))


def _corner(face: Face, place: Place, side: int, stretch: np.ndarray) -> np.ndarray:
    """Return where the picture's own top left corner comes to lie, (2,) pixels."""
    x, y, width, height = np.array(face.box) * np.tile(stretch, 2)
    eyes = face.landmarks[[*LEFT_EYE, *RIGHT_EYE], 1].min() * stretch[1]
    left, top = (side - width) / 2 - x, (side - height) / 2 - y
    match place.where:
        case "left":
            left = -x
        case "right":
            left = side - width - x
        case "top":
            top = -y
        case "cut":
            top = 0.01 * side - eyes
        case "centre":
            pass
    return np.array([left, top])


def _shown(small: np.ndarray, corner: np.ndarray, side: int) -> np.ndarray:
    """Return the square at which `small` stands with its corner there, its border continued."""
    x, y = np.arange(side) - corner[0], np.arange(side) - corner[1]
    height, width = small.shape[:2]
    whole = small[np.clip(y, 0, height - 1)][:, np.clip(x, 0, width - 1)]
    away = np.hypot(
        *np.meshgrid(np.maximum(np.maximum(-x, x - width + 1), 0),
                     np.maximum(np.maximum(-y, y - height + 1), 0))
    )  # fmt: skip
    if not away.any():
        return np.ascontiguousarray(whole)
    return _softened(whole, away)


def _softened(whole: np.ndarray, away: np.ndarray) -> np.ndarray:
    """Return the picture blurred by how far each pixel lies outside; inside it stays."""
    farthest = float(away.max()) * _GROWTH
    level = np.clip(away * _GROWTH / max(farthest, 1e-6), 0, 1) * (_LEVELS - 1)
    result = np.zeros(whole.shape, np.float32)
    for step in range(_LEVELS):
        sigma = farthest * step / (_LEVELS - 1)
        blurred = whole if sigma < 0.3 else cv2.GaussianBlur(
            whole, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE)  # fmt: skip
        weight = np.maximum(0, 1 - np.abs(level - step)).astype(np.float32)
        result += weight[..., None] * blurred
    return np.asarray(np.clip(np.round(result), 0, 255), np.uint8)
