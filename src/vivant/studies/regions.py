"""Where in the picture an error sits: face, head, body or background."""

from __future__ import annotations

from functools import cache
from typing import Final, Self

import cv2
import numpy as np

from vivant import weights
from vivant.types import Face
from vivant.weights import runtime

NAMES: Final = ("face", "head", "body", "background")
"""Inside the hull of the landmarks; the person around it up to `HEAD` times that hull;
what else belongs to the person; the rest. Each pixel is in one of them."""
HEAD: Final = 1.55
_SIDE: Final = 256
"""Side of the picture that the segmenter reads."""


@cache
def _segmenter() -> runtime.Network:
    return runtime.load(weights.read("person_segmenter"))


def person(image: np.ndarray) -> np.ndarray:
    """Return how much each pixel belongs to a person, (h, w) float32 in 0..1, as the network says.

    Args:
        image: (h, w, 3) uint8 RGB.
    """
    small = cv2.resize(image, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
    (drawn,) = _segmenter()(small[None].astype(np.float32) / 255)
    mask = cv2.resize(drawn.reshape(_SIDE, _SIDE), image.shape[1::-1])
    return np.asarray(np.clip(mask, 0, 1), np.float32)


def hull(face: Face, growth: float = 1.0) -> np.ndarray:
    """Return the hull of a face's landmarks, grown about its middle, (corners, 2) int32 pixels."""
    corners = cv2.convexHull(face.landmarks[:468, :2].astype(np.float32))[:, 0]
    middle = (corners.min(axis=0) + corners.max(axis=0)) / 2
    return np.asarray(np.round(middle + growth * (corners - middle)), np.int32)


def regions(image: np.ndarray, face: Face) -> np.ndarray:
    """Return for each pixel of a true frame the place of its region in `NAMES`, (h, w) uint8."""
    shape = image.shape[:2]
    inner = cv2.fillConvexPoly(np.zeros(shape, np.uint8), hull(face), 1)
    outer = cv2.fillConvexPoly(np.zeros(shape, np.uint8), hull(face, HEAD), 1)
    someone = person(image) >= 0.5
    labels = np.full(shape, NAMES.index("background"), np.uint8)
    labels[someone] = NAMES.index("body")
    labels[someone & (outer > 0)] = NAMES.index("head")
    labels[inner > 0] = NAMES.index("face")
    return labels


class RegionErrors:
    """Running absolute error of each region."""

    def __init__(self) -> None:
        self._sum = np.zeros(len(NAMES))
        self._pixels = np.zeros(len(NAMES))

    def update(self, drawn: np.ndarray, target: np.ndarray, labels: np.ndarray) -> None:
        """Add one frame: drawn and true (h, w, 3) uint8, and the true one's `regions`."""
        self._sum += _sums(drawn, target, labels)
        self._pixels += np.bincount(labels.ravel(), minlength=len(NAMES))

    def merge(self, other: Self) -> None:
        """Take in what another process or thread has added."""
        self._sum += other._sum
        self._pixels += other._pixels

    def compute(self) -> dict[str, dict[str, float]]:
        """Return for each region that has pixels its `l1`, `error` and `area`.

        The first is 0..1 over the region's own pixels; the others are shares of the
        picture's error, and of its pixels.
        """
        whole, pixels = max(float(self._sum.sum()), 1e-12), float(self._pixels.sum())
        return {
            name: {
                "l1": float(self._sum[index] / self._pixels[index]),
                "error": float(self._sum[index] / whole),
                "area": float(self._pixels[index] / pixels),
            }
            for index, name in enumerate(NAMES)
            if self._pixels[index]
        }


def _sums(image: np.ndarray, target: np.ndarray, labels: np.ndarray) -> np.ndarray:
    error = cv2.absdiff(image, target).mean(axis=2) / 255
    return np.bincount(labels.ravel(), error.ravel(), len(NAMES))
