"""Errors in relation to the target's brightness: what `ergas` and `rase` share."""

from __future__ import annotations

from typing import Final

import numpy as np

from vivant.metrics.differences import mean_square
from vivant.metrics.windows import levels, refuse_under, window_sums

DARK: Final = 1e-6
"""Mean in levels of 0 to 255 up to which a window is black: what is left is rounding."""


def errors_and_means(
    name: str, image: np.ndarray, target: np.ndarray, peak: float, window: int | None
) -> tuple[np.ndarray, np.ndarray]:
    """Return mean squared errors and the target's means, colours apart.

    Args:
        name: of the metric, for messages.
        image: drawn picture, (h, w[, channels]), in [0, peak].
        target: true picture, the same shape.
        peak: the largest value a pixel can take.
        window: side of sliding windows, pixels; None: one window, the whole picture.

    Returns:
        Two arrays (..., channels), in levels of 0 to 255: a row a window.
    """
    if window is None:
        step = 255 / peak
        colours = [(image, target)] if image.ndim == 2 else _colours(image, target)
        errors = [mean_square(*pair) * step**2 for pair in colours]
        return np.array(errors), np.array([pair[1].mean() * step for pair in colours])
    a, b = levels(image, peak), levels(target, peak)
    squares = np.square(a - b)
    refuse_under(name, window, image)
    count = window**2
    return window_sums(window, squares) / count, window_sums(window, b) / count


def _colours(image: np.ndarray, target: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    return [(image[..., colour], target[..., colour]) for colour in range(image.shape[2])]
