"""Finds faces in a picture, without any knowledge of where they were before.

The network is MediaPipe's short-range face detector (Bazarevsky et al. 2019,
"BlazeFace", arXiv:1907.05047): it looks at 128x128 pixels and answers at 896
fixed places ("anchors").
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from vivant.faces.region import LOOK_AROUND, Region, cut
from vivant.weights.runtime import Network

SIZE = 128
"""Side of the square that the network sees, pixels."""
SMALLEST_TILE = 160
"""Tiles of a second look are not smaller than this, frame pixels."""


@dataclass(frozen=True, slots=True)
class Detection:
    """A place that may hold a face."""

    region: Region
    """The box of the face, eyes level; frame pixels."""
    score: float
    """The detector's belief, 0 to 1."""

    @property
    def look_at(self) -> Region:
        """What the landmark network should be shown."""
        return self.region.grown(LOOK_AROUND)


def _anchors() -> np.ndarray:
    """Return the (896, 2) centres of the anchors, in units of the square's side."""
    rows = []
    for cells, each in ((16, 2), (8, 6)):
        middles = (np.arange(cells) + 0.5) / cells
        x, y = np.meshgrid(middles, middles)
        rows.append(np.repeat(np.stack([x.ravel(), y.ravel()], axis=1), each, axis=0))
    return np.concatenate(rows)


_ANCHORS = _anchors()


def look(
    network: Network, image: np.ndarray, region: Region, *, threshold: float, overlap: float
) -> list[Detection]:
    """Return the faces that the network sees in one region, the best first.

    Args:
        network: the detector.
        image: (height, width, 3) uint8 RGB.
        region: where to look; a face should span a sixth of it or more.
        threshold: the least score that counts.
        overlap: boxes that share more than this part of their union are one face.
    """
    shown = cut(image, region, SIZE, cv2.BORDER_CONSTANT)
    raw, logits = network(np.multiply(shown[None], np.float32(1 / 127.5), dtype=np.float32) - 1)
    scores = 1 / (1 + np.exp(-np.clip(logits[0, :, 0].astype(np.float64), -100, 100)))
    chosen = np.flatnonzero(scores >= threshold)
    places = raw[0, chosen].astype(np.float64).reshape(-1, 8, 2) / SIZE
    places[:, [0, 2, 3, 4, 5, 6, 7]] += _ANCHORS[chosen, None]
    frame_from_crop = region.frame_from_crop(SIZE)
    found = []
    for score, (centre, span, *key_points) in _merged(places, scores[chosen], overlap):
        # One unit is the square's side; pixel centres lie half a pixel inside.
        points = np.array([centre, *key_points]) * SIZE - 0.5
        (x, y), right_eye, left_eye = (points @ frame_from_crop[:, :2].T + frame_from_crop[:, 2])[
            :3
        ]
        angle = math.atan2(left_eye[1] - right_eye[1], left_eye[0] - right_eye[0])
        box = Region(float(x), float(y), float(span.max()) * region.side, angle)
        found.append(Detection(box, float(score)))
    return found


def best_score(network: Network, image: np.ndarray) -> float:
    """Return the highest score that any place of the whole picture gets."""
    found = look(network, image, whole(image), threshold=0.0, overlap=1.0)
    return max(detection.score for detection in found)


def whole(image: np.ndarray) -> Region:
    """Return the smallest upright square around the picture.

    >>> whole(np.zeros((100, 200, 3), np.uint8))
    Region(x=99.5, y=49.5, side=200.0, angle=0.0)
    """
    height, width = image.shape[:2]
    return Region((width - 1) / 2, (height - 1) / 2, float(max(height, width)))


def second_looks(image: np.ndarray) -> Iterator[list[Region]]:
    """Yield further regions to look at, in passes, from coarse to fine.

    First the picture from further away, for faces that fill it; then tiles of
    half, a quarter and an eighth of its longer side, each sharing half with the
    next, for faces too small for the 128 pixels that the detector sees.
    """
    height, width = image.shape[:2]
    full = whole(image)
    yield [full.grown(1.6), full.grown(2.5)]
    for parts in (2, 4, 8):
        side = full.side / parts
        if side < SMALLEST_TILE:
            return
        yield [Region(x, y, side) for y in _middles(height, side) for x in _middles(width, side)]


def _middles(length: int, side: float) -> list[float]:
    """Return where the middles of half-overlapping tiles lie along one axis, pixels.

    >>> _middles(200, 100.0)
    [49.5, 99.5, 149.5]
    """
    if length <= side:
        return [(length - 1) / 2]
    count = math.ceil((length - side) / (side / 2)) + 1
    return [float(x) for x in np.linspace(side / 2, length - side / 2, count) - 0.5]


def _merged(
    places: np.ndarray, scores: np.ndarray, overlap: float
) -> Iterator[tuple[float, np.ndarray]]:
    """Yield (score, place) of each group of overlapping boxes, averaged by score.

    A place is (8, 2): centre, width and height, six key points.
    """
    order = np.argsort(-scores, kind="stable")
    boxes = np.concatenate(
        [places[:, 0] - places[:, 1] / 2, places[:, 0] + places[:, 1] / 2], axis=1
    )
    while order.size:
        best = order[0]
        same = _shared(boxes[best], boxes[order]) > overlap
        same[0] = True  # also where the threshold is 1
        group = order[same]
        yield float(scores[best]), np.average(places[group], axis=0, weights=scores[group])
        order = order[~same]


def _shared(box: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """Return intersection over union of one (left, top, right, bottom) with many."""
    size = np.clip(np.minimum(box[2:], boxes[:, 2:]) - np.maximum(box[:2], boxes[:, :2]), 0, None)
    common = size.prod(axis=1)
    areas = (boxes[:, 2:] - boxes[:, :2]).prod(axis=1) + (box[2:] - box[:2]).prod()
    shared: np.ndarray = common / np.maximum(areas - common, 1e-12)
    return shared
