"""The person in front, and a clean background behind: made once a portrait."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from vivant import weights
from vivant.weights import runtime

_SIDE = 256
"""Side of the picture that the segmenter reads."""
_TRACE = 0.1
"""Less than this share of a person in a pixel is none."""
_SOLID = 0.5
"""From this share on a pixel hides all that is behind."""
_LARGE = 640
"""Pictures higher than this are painted over at half their size."""
_BAND = 0.12
"""Width of the band, in crops, in which the background is continued as a mirror would."""
_FRINGE = 3
"""How far beyond that single hairs reach, in fiftieths of the crop."""


@dataclass(frozen=True, slots=True, eq=False)
class Layers:
    """A person told apart from what is behind."""

    person: np.ndarray
    """(size, size) uint8, how much each pixel belongs to the person."""
    reach: np.ndarray
    """Coarser by `stride`, uint8: 255 where the person is, and a little around."""
    plate: np.ndarray
    """(size, size, 3) uint8, the picture without the person."""


def separate(image: np.ndarray, landmarks: np.ndarray, stride: int) -> Layers | None:
    """Tell the person with that face apart; None where the segmenter does not see it.

    Args:
        image: (size, size, 3) uint8.
        landmarks: (478, 3) of the face, pixels.
        stride: how much coarser `Layers.reach` is.
    """
    mask = person_mask(image)
    hull = cv2.convexHull(np.round(landmarks[:468, :2]).astype(np.int32))
    face = cv2.fillConvexPoly(np.zeros(mask.shape, np.uint8), hull, 1).astype(bool)
    if mask[face].mean() < 0.85 or (mask < 0.05).mean() < 0.02:
        return None
    person = np.round(255 * mask).astype(np.uint8)
    coarse = cv2.resize(person, None, fx=1 / stride, fy=1 / stride, interpolation=cv2.INTER_AREA)
    return Layers(person, grown(coarse), background_plate(image, mask))


def grown(mask: np.ndarray) -> np.ndarray:
    """Return 255 wherever a uint8 mask is not 0, and a little around."""
    _, full = cv2.threshold(mask, 0, 255, cv2.THRESH_BINARY)
    return cv2.dilate(full, np.ones((3, 3), np.uint8), iterations=2)


@lru_cache(maxsize=1)
def _segmenter() -> runtime.Network:
    return runtime.load(weights.read("person_segmenter"), threads=1)


def person_mask(image: np.ndarray) -> np.ndarray:
    """Return how much each pixel belongs to a person, (h, w) float32 in 0..1.

    Faint traces in the background are cut off: they would move with the head.
    """
    height, width = image.shape[:2]
    small = cv2.resize(image, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
    (drawn,) = _segmenter()(small[None].astype(np.float32) / 255)
    solid = drawn.reshape(_SIDE, _SIDE) * _largest_part(drawn.reshape(_SIDE, _SIDE) > 0.25)
    mask = cv2.resize(solid, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.asarray(np.clip((mask - 0.1) / 0.85, 0, 1), np.float32)


def _largest_part(mask: np.ndarray) -> np.ndarray:
    """Keep the largest connected part of a boolean mask, grown a little; float32."""
    count, parts, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    if count < 2:
        return np.zeros(mask.shape, np.float32)
    largest = 1 + int(stats[1:, cv2.CC_STAT_AREA].argmax())
    return cv2.dilate((parts == largest).astype(np.float32), np.ones((5, 5), np.uint8))


def background_plate(image: np.ndarray, person: np.ndarray) -> np.ndarray:
    """Return `image` with the person painted out, (h, w, 3) uint8.

    What a head uncovers is mostly a narrow band, so the band continues what is
    beside it as a mirror would; further in, a hole takes the mean of what is known
    around it, from near to far (a push-pull pyramid). Outside the person the
    picture stays as it is.

    Args:
        image: (h, w, 3) uint8.
        person: (h, w) float32 in 0..1.
    """
    reach = max(3, round(image.shape[0] * 0.02)) | 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach))
    near = cv2.dilate((person > _TRACE).astype(np.uint8), kernel, iterations=2)
    filled = _filled(image, near)
    hidden = np.clip((person - _TRACE) / (_SOLID - _TRACE), 0, 1)
    fringe = cv2.dilate((person > _SOLID).astype(np.float32), kernel, iterations=_FRINGE)
    soft = cv2.GaussianBlur(np.maximum(cv2.dilate(hidden, kernel), fringe), (0, 0), reach / 4)
    hole = np.maximum(soft, hidden)[..., None]
    return np.asarray(np.clip(image + hole * (filled - image), 0, 255).round(), np.uint8)


def _filled(image: np.ndarray, hole: np.ndarray) -> np.ndarray:
    """Paint over `hole` (uint8, not 0); large pictures at half their size, for time's sake."""
    height, width = hole.shape
    if height > _LARGE:
        half = (width // 2, height // 2)
        small = cv2.resize(image, half, interpolation=cv2.INTER_AREA)
        painted = _filled(small, cv2.resize(hole, half, interpolation=cv2.INTER_NEAREST))
        return np.asarray(cv2.resize(painted, (width, height), interpolation=cv2.INTER_CUBIC))
    known = 1 - hole.astype(np.float32)
    beyond = _push_pull(image.astype(np.float32) * known[..., None], known)
    return _mirrored(image, hole, beyond)


def _mirrored(image: np.ndarray, hole: np.ndarray, beyond: np.ndarray) -> np.ndarray:
    """Fill `hole` (uint8, not 0) from its edge on by what lies mirrored outside it.

    Where the mirror image falls into the hole again, and far inside, `beyond` is taken.
    """
    height, width = hole.shape
    calm = cv2.GaussianBlur(hole.astype(np.float32), (0, 0), height / 50) > 0.3
    hole = np.maximum(hole, calm.astype(np.uint8))  # an even edge, for an even mirror image
    inside, labels = cv2.distanceTransformWithLabels(
        hole, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    rows, columns = np.nonzero(hole == 0)
    if not len(rows):
        return beyond
    edges = np.zeros((labels.max() + 1, 2), np.int32)
    edges[labels[rows, columns]] = np.column_stack([columns, rows])
    x, y = np.meshgrid(np.arange(width), np.arange(height))
    there = 2 * edges[labels] - np.dstack([x, y])
    seen = np.all((there >= 0) & (there < (width, height)), axis=2)
    there = np.clip(there, 0, (width - 1, height - 1))
    seen &= hole[there[..., 1], there[..., 0]] == 0
    share = seen * np.exp(-((inside / (_BAND * height)) ** 2))
    share = (
        cv2.GaussianBlur(share.astype(np.float32), (0, 0), height / 200)[..., None]
        * (seen[..., None])
    )
    mirror = image[there[..., 1], there[..., 0]].astype(np.float32)
    return np.asarray(beyond + share * (mirror - beyond), np.float32)


def _push_pull(colour: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Fill where `weight` is 0; `colour` is premultiplied by it."""
    height, width = weight.shape
    if min(height, width) <= 2 or weight.min() > 0.99:
        mean = colour.sum(axis=(0, 1)) / max(float(weight.sum()), 1e-6)
        return np.asarray(colour + np.clip(1 - weight, 0, 1)[..., None] * mean, np.float32)
    half = (max(1, (width + 1) // 2), max(1, (height + 1) // 2))
    small_weight = cv2.resize(weight, half, interpolation=cv2.INTER_AREA)
    small_colour = cv2.resize(colour, half, interpolation=cv2.INTER_AREA)
    gain = np.minimum(1, 1 / np.maximum(small_weight, 1e-6))
    below = _push_pull(small_colour * gain[..., None], np.minimum(small_weight * gain, 1))
    up = cv2.resize(below, (width, height), interpolation=cv2.INTER_CUBIC)
    share = np.clip(weight, 0, 1)[..., None]
    return np.asarray(colour + (1 - share) * up, np.float32)
