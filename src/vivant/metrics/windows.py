"""What metrics that look through windows share: sums, and weighted means, of each window.

Only windows that lie wholly in the picture count.
"""

from __future__ import annotations

import cv2
import numpy as np

from vivant.errors import TooSmall


def levels(image: np.ndarray, peak: float, kind: type = np.float64) -> np.ndarray:
    """Return a picture in 0..255 with an axis of colours, (h, w, channels).

    Args:
        image: (h, w[, channels]) in [0, peak].
        peak: the largest value a pixel can take.
        kind: float64 or float32.

    >>> levels(np.array([[0.0, 1.0]]), 1.0).ravel()
    array([  0., 255.])
    """
    scaled: np.ndarray = image.astype(kind)
    if peak != 255:
        scaled *= 255 / peak
    return scaled[..., None] if scaled.ndim == 2 else scaled


def colour_means(values: np.ndarray) -> np.ndarray:
    """Return the mean of each colour, (channels,) float64, of (h, w, channels).

    >>> colour_means(np.array([[[1.0, 5.0], [3.0, 7.0]]]))
    array([2., 6.])
    """
    # One colour after the other takes a fifth of the time of `mean` over two axes.
    count = values.shape[2]
    return np.array([values[..., colour].mean(dtype=np.float64) for colour in range(count)])


def refuse_under(name: str, side: int, image: np.ndarray) -> None:
    """Raise `TooSmall` where a picture is lower or narrower than `side` pixels."""
    if min(image.shape[:2]) < side:
        raise TooSmall(
            name, f"it wants pictures of at least {side}x{side} pixels, got {image.shape}."
        )


def window_sums(side: int, values: np.ndarray) -> np.ndarray:
    """Return the sum over every window of `side` x `side` pixels, colours apart.

    Args:
        side: of the window, pixels.
        values: (h, w[, channels]) float32 or float64, at least `side` in both directions.

    Returns:
        (h - side + 1, w - side + 1[, channels]).

    >>> window_sums(2, np.ones((3, 4))).tolist()
    [[4.0, 4.0, 4.0], [4.0, 4.0, 4.0]]
    """
    sums = cv2.boxFilter(values, -1, (side, side), normalize=False)
    return _whole(side, values, sums)


def gauss_means(side: int, sigma: float, values: np.ndarray) -> np.ndarray:
    """Return the mean over every window of `side` x `side` pixels under a Gaussian bell.

    Args:
        side: of the window, odd, pixels.
        sigma: of the bell, pixels.
        values: (h, w[, channels]) float32 or float64, at least `side` in both directions.

    Returns:
        (h - side + 1, w - side + 1[, channels]).
    """
    bell = cv2.getGaussianKernel(side, sigma, cv2.CV_64F)
    return _whole(side, values, cv2.sepFilter2D(values, -1, bell, bell))


def _whole(side: int, values: np.ndarray, filtered: np.ndarray) -> np.ndarray:
    """Cut off what looks over the edge; OpenCV drops a last axis of one."""
    filtered = np.asarray(filtered).reshape(values.shape)
    before = side // 2
    height, width = (length - side + 1 for length in values.shape[:2])
    return filtered[before : before + height, before : before + width]
