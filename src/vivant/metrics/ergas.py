"""Relative global error (ERGAS): each colour's error against its mean brightness, in percent."""

from __future__ import annotations

from typing import ClassVar, Final

import numpy as np

from vivant.errors import Undefined
from vivant.metrics.base import PictureMean, check_pair
from vivant.metrics.relative import DARK, errors_and_means

RATIO: Final = 0.25
"""Fine over coarse pixel size: ERGAS was made for satellite pictures sharpened fourfold."""


def ergas(
    image: np.ndarray,
    target: np.ndarray,
    *,
    peak: float,
    ratio: float = RATIO,
    window: int | None = None,
) -> float:
    """Return the "erreur relative globale adimensionnelle de synthese"; lower is better.

    With each colour's root mean squared error `e` and mean of the target `m`,

        ergas = 100 ratio sqrt(mean over colours of (e / m)^2)

    over the whole picture, as Wald defines it. With `window`, of every window of so many
    pixels that lies wholly in the picture, and the mean of those windows in which no
    colour of the target is 0 throughout.

    Args:
        image: drawn picture, (h, w[, channels]), in [0, peak].
        target: true picture, the same shape. The two cannot be exchanged.
        peak: the largest value a pixel can take: 255 for uint8, 1.0 for floats.
        ratio: fine over coarse pixel size. There is none in drawn faces: the default
            only makes numbers comparable with those of others.
        window: side of sliding windows, pixels; None: the whole picture at once.

    Returns:
        Percent times `ratio`; 0 where the two are equal.

    Raises:
        ShapeError: the shapes differ, or are no finite pictures up to `peak`.
        TooSmall: they are smaller than the window.
        Undefined: a colour of the target is 0 throughout (with `window`: in every window).

    Source: Wald 2000, Quality of high resolution synthesised images: is there a simple
    criterion?, eq. 6.

    >>> ergas(np.full((2, 2), 60, np.uint8), np.full((2, 2), 50, np.uint8), peak=255)
    5.0
    """
    check_pair("ergas", image, target, peak=peak)
    errors, means = errors_and_means("ergas", image, target, peak, window)
    lit = (means > DARK).all(axis=-1)
    if not lit.any():
        where = "throughout" if window is None else "in every window"
        raise Undefined("ergas", f"a colour of the target is 0 {where}, and errors are over it.")
    relative = (errors[lit] / np.square(means[lit])).mean(axis=-1)
    return float(100 * ratio * np.sqrt(relative).mean())


class Ergas(PictureMean):
    """Running `ergas`: the mean over pictures."""

    unit: ClassVar[str] = "%/4"
    higher_is_better: ClassVar[bool | None] = False
    function = staticmethod(ergas)
