"""Relative average spectral error (RASE): the error against the mean brightness, in percent."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from vivant.errors import Undefined
from vivant.metrics.base import PictureMean, check_pair
from vivant.metrics.relative import DARK, errors_and_means


def rase(image: np.ndarray, target: np.ndarray, *, peak: float, window: int | None = None) -> float:
    """Return the relative average spectral error; lower is better.

    With each colour's mean squared error `e^2` and the mean `m` of the target over all
    colours,

        rase = 100 / m sqrt(mean over colours of e^2)

    over the whole picture, as it is defined. With `window`, of every window of so many
    pixels that lies wholly in the picture, and the mean of those windows in which the
    target is not black throughout.

    Args:
        image: drawn picture, (h, w[, channels]), in [0, peak].
        target: true picture, the same shape. The two cannot be exchanged.
        peak: the largest value a pixel can take: 255 for uint8, 1.0 for floats.
        window: side of sliding windows, pixels; None: the whole picture at once.

    Returns:
        Percent; 0 where the two are equal.

    Raises:
        ShapeError: the shapes differ, or are no finite pictures up to `peak`.
        TooSmall: they are smaller than the window.
        Undefined: the target is black throughout (with `window`: in every window).

    Source: Wald 2000, Quality of high resolution synthesised images: is there a simple
    criterion?; Gonzalez-Audicana et al. 2004, doi:10.1109/TGRS.2004.825593, eq. 8.

    >>> rase(np.full((2, 2), 60, np.uint8), np.full((2, 2), 50, np.uint8), peak=255)
    20.0
    """
    check_pair("rase", image, target, peak=peak)
    errors, means = errors_and_means("rase", image, target, peak, window)
    mean = means.mean(axis=-1)
    lit = mean > DARK
    if not lit.any():
        where = "throughout" if window is None else "in every window"
        raise Undefined("rase", f"the target is black {where}, and errors are over its mean.")
    return float(100 * (np.sqrt(errors[lit].mean(axis=-1)) / mean[lit]).mean())


class Rase(PictureMean):
    """Running `rase`: the mean over pictures."""

    unit: ClassVar[str] = "%"
    higher_is_better: ClassVar[bool | None] = False
    function = staticmethod(rase)
