"""People cut out of head-and-shoulder pictures, with what the picture's edge cut off drawn on.

A picture that ends at the crown and at the shoulders would be a block before any
other background. So above a crown that is cut the head is rounded off, and beside
shoulders that are cut they slope down to the lower edge; what is drawn there is the
person's own hair and clothes, mirrored at the edge.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import cv2
import numpy as np

from vivant.studies.regions import person

ROOM: Final = 0.4
"""Margin drawn on at the left, the right and the top, in widths of the picture."""
_SURE: Final = (0.45, 0.8)
"""The segmenter's belief from which a pixel begins to be, and is wholly, the person's."""
_CROWN: Final = 0.42
"""Height of a crown that is drawn on, in halves of its width."""
_SHOULDER: Final = 0.7
"""Width of a shoulder that is drawn on, in what is left of its height."""
_CALM: Final = 4
"""Outlines are calmed over so many frames before and after."""
_SOLID: Final = 0.95
_SPREAD: Final = 2.5
"""How far colours are carried outward, pixels."""
_FAR: Final = 1e-3
_SOFT: Final = 1.2
"""Blur of the drawn outline, pixels."""


class Cutout(NamedTuple):
    """A person on nothing."""

    image: np.ndarray
    """(h, w, 3) uint8 RGB, with the margins."""
    alpha: np.ndarray
    """(h, w) float32, 0 to 1."""
    origin: tuple[int, int]
    """x and y in it of the picture's top left pixel."""


class Outline(NamedTuple):
    """Where the picture's edge cuts the person, in pixels of the picture."""

    crown: tuple[float, float] | None
    """From where to where the top edge cuts the head; None where it does not."""
    left: float | None
    """From which row on the left edge cuts the person."""
    right: float | None


def cut_out(images: Sequence[np.ndarray]) -> list[Cutout]:
    """Return the person of each picture of a clip; outlines are calmed over a few frames.

    Args:
        images: (h, w, 3) uint8 RGB each, of one size, in order.
    """
    beliefs = [person(image) for image in images]
    masks = [calmed(beliefs, index) for index in range(len(beliefs))]
    outlines = _steady([outline(mask) for mask in masks])
    return [_drawn_on(image, mask, line)
            for image, mask, line in zip(images, masks, outlines, strict=True)]  # fmt: skip


def calmed(beliefs: Sequence[np.ndarray], index: int) -> np.ndarray:
    """Return a frame's mask, (h, w) float32 in 0..1: of its and its neighbours' beliefs.

    The middle one, not the mean: a mean would make what moves transparent.
    """
    near = beliefs[max(0, index - 1) : index + 2]
    low, high = _SURE
    sure = (np.median(near, axis=0) - low) / (high - low)
    return np.asarray(np.clip(sure, 0, 1), np.float32)


def outline(mask: np.ndarray) -> Outline:
    """Return where the edges of a picture cut the person.

    >>> mask = np.zeros((8, 8))
    >>> mask[:, 2:6] = 1
    >>> mask[6:, :] = 1
    >>> outline(mask)
    Outline(crown=(2.0, 6.0), left=6.0, right=6.0)
    """
    inside = mask > 0.5
    top = _runs(inside[0])
    crown = max(top, key=lambda run: run[1] - run[0]) if top else None
    edges = []
    for column in (inside[:, 0], inside[:, -1]):
        runs = [run for run in _runs(column) if run[1] == len(column)]
        edges.append(float(runs[0][0]) if runs else None)
    return Outline(None if crown is None else (float(crown[0]), float(crown[1])), *edges)


def _runs(line: np.ndarray) -> list[tuple[int, int]]:
    """Return begin and end of each row of pixels that are set."""
    steps = np.flatnonzero(np.diff(np.concatenate([[False], line, [False]]).astype(np.int8)))
    return [(int(a), int(b)) for a, b in zip(steps[::2], steps[1::2], strict=True)]


def _steady(lines: Sequence[Outline]) -> list[Outline]:
    """Calm outlines: each the mean of those around it, where most of them are cut."""
    return [_mean(lines[max(0, index - _CALM) : index + _CALM + 1]) for index in range(len(lines))]


def _mean(lines: Sequence[Outline]) -> Outline:
    def mean(values: list[float | None]) -> float | None:
        known = [value for value in values if value is not None]
        return float(np.mean(known)) if 2 * len(known) > len(values) else None

    begin = mean([None if line.crown is None else line.crown[0] for line in lines])
    end = mean([None if line.crown is None else line.crown[1] for line in lines])
    crown = None if begin is None or end is None else (begin, end)
    return Outline(crown, mean([line.left for line in lines]), mean([line.right for line in lines]))


def _drawn_on(image: np.ndarray, mask: np.ndarray, line: Outline) -> Cutout:
    height, width = mask.shape
    pad = round(ROOM * width)
    sides = (pad, 0, pad, pad)
    whole = cv2.copyMakeBorder(_own_colours(image, mask), *sides, cv2.BORDER_REFLECT_101)
    alpha = cv2.copyMakeBorder(mask, *sides, cv2.BORDER_CONSTANT, value=0)
    more = np.zeros(alpha.shape, np.uint8)
    if line.crown is not None:
        begin, end = line.crown
        half = (end - begin) / 2
        middle = (round(pad + begin + half), pad)
        axes = (round(half), min(pad, round(_CROWN * half)))
        cv2.ellipse(more, middle, axes, 0, 0, 360, 1, cv2.FILLED)
    for edge, side in ((line.left, -1), (line.right, 1)):
        if edge is not None:
            _shoulder(more, (height, width), pad, edge, side)
    alpha = np.maximum(alpha, _outside(more, mask.shape, pad))
    return Cutout(whole, alpha, (pad, pad))


def _own_colours(image: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Return the picture with the person's colours up to the rim, where the old background shone.

    Pixels that are not wholly the person's take the mean colour of those nearby that are.
    """
    solid = cv2.erode((mask > _SOLID).astype(np.uint8), np.ones((3, 3), np.uint8))
    weight = cv2.GaussianBlur(solid.astype(np.float32), (0, 0), _SPREAD)
    colours = cv2.GaussianBlur(image * solid[..., None].astype(np.float32), (0, 0), _SPREAD)
    near = colours / np.maximum(weight, 1e-4)[..., None]
    known = (solid > 0) | (weight < _FAR)
    return np.where(known[..., None], image, np.clip(near, 0, 255).astype(np.uint8))


def _shoulder(more: np.ndarray, shape: tuple[int, int], pad: int, edge: float, side: int) -> None:
    """Fill an ellipse of which a quarter lies outside: level at the edge, upright at the end."""
    height, width = shape
    drop = height - edge
    reach = min(pad, max(1, round(_SHOULDER * drop)))
    middle = (pad if side < 0 else pad + width - 1, pad + height)
    cv2.ellipse(more, middle, (reach, round(drop)), 0, 0, 360, 1, cv2.FILLED)


def _outside(more: np.ndarray, shape: tuple[int, int], pad: int) -> np.ndarray:
    """Return what is drawn on, softened, only where the picture itself does not reach."""
    soft = cv2.GaussianBlur(more.astype(np.float32), (0, 0), _SOFT)
    height, width = shape
    soft[pad : pad + height, pad : pad + width] = 0
    return np.asarray(soft)
