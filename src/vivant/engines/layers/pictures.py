"""Pictures into what networks read, and back; numpy only."""

from __future__ import annotations

import numpy as np


def unit(image: np.ndarray) -> np.ndarray:
    """(h, w, 3) uint8 -> (1, 3, h, w) float32 in [0, 1]."""
    return image.transpose(2, 0, 1)[None].astype(np.float32) / 255


def signed(image: np.ndarray) -> np.ndarray:
    """(h, w, 3) uint8 -> (1, 3, h, w) float32 in [-1, 1]."""
    pixels: np.ndarray = image.transpose(2, 0, 1)[None].astype(np.float32) / np.float32(127.5)
    return pixels - 1


def drawn(values: np.ndarray) -> np.ndarray:
    """(n, 3, h, w) floats, about [0, 255] -> (n, h, w, 3) uint8, rounded and cut off.

    >>> drawn(np.full((1, 3, 1, 1), 299.6)).tolist()
    [[[[255, 255, 255]]]]
    """
    pixels = np.clip(np.rint(values), 0, 255).astype(np.uint8)
    return np.ascontiguousarray(pixels.transpose(0, 2, 3, 1))
