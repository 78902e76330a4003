"""Universal quality index: correlation, brightness and contrast in windows of 8x8 pixels."""

from __future__ import annotations

from typing import ClassVar, Final

import numpy as np

from vivant.metrics.base import PictureMean, check_pair
from vivant.metrics.windows import levels, refuse_under, window_sums

WINDOW: Final = 8
"""Side of the square, evenly weighted window, pixels."""
_COUNT: Final = WINDOW**2
_FLAT: Final = 1e-9
"""Share of a window's energy under which what varies in it is rounding."""


def uqi(image: np.ndarray, target: np.ndarray, *, peak: float) -> float:
    """Return the universal quality index; higher is better.

    In each window, of means `mx, my`, variances `vx, vy` and covariance `vxy`,

        q = 4 vxy mx my / ((vx + vy) (mx^2 + my^2)),

    the mean over all windows that lie wholly in the picture, then over the colours.
    Where both are flat it is `2 mx my / (mx^2 + my^2)`, where both are black 1, as in
    the authors' own program; where only one is flat it is 0.

    Args:
        image: drawn picture, (h, w[, channels]), in [0, peak], at least 8x8.
        target: true picture, the same shape.
        peak: the largest value a pixel can take: 255 for uint8, 1.0 for floats.

    Returns:
        -1 to 1; 1 where the two are equal.

    Raises:
        ShapeError: the shapes differ, or are no finite pictures up to `peak`.
        TooSmall: they are smaller than the window; a `ShapeError` and `Undefined`, too.

    Source: Wang & Bovik 2002, doi:10.1109/97.995823.

    >>> grey, white = np.full((8, 8), 51, np.uint8), np.full((8, 8), 102, np.uint8)
    >>> uqi(grey, grey, peak=255), uqi(grey, white, peak=255)
    (1.0, 0.8)
    """
    check_pair("uqi", image, target, peak=peak)
    refuse_under("uqi", WINDOW, image)
    # The sums of bytes, and of their squares, are exact in float32; the rest wants float64.
    kind = np.float32 if image.dtype == target.dtype == np.uint8 else np.float64
    a, b = levels(image, peak, kind), levels(target, peak, kind)
    sums = (window_sums(WINDOW, values) for values in (a, b, a * a + b * b, a * b))
    sum_a, sum_b, energy, both = (values.astype(np.float64) for values in sums)
    # In place from here on: new arrays would take as long as the arithmetic.
    product = sum_a * sum_b
    squares = np.square(sum_a, out=sum_a)
    squares += np.square(sum_b, out=sum_b)
    shared = np.multiply(both, _COUNT, out=both)
    shared -= product
    energy *= _COUNT
    rounding = _FLAT * energy
    spread = np.subtract(energy, squares, out=energy)
    flat, black = spread <= rounding, squares == 0
    spread[flat], shared[flat] = 2, 1  # alike
    squares[black], product[black] = 2, 1
    shared *= product
    spread *= squares
    return float(4 * (shared / spread).mean())


class Uqi(PictureMean):
    """Running `uqi`: the mean over pictures."""

    unit: ClassVar[str] = "-1..1"
    higher_is_better: ClassVar[bool | None] = True
    function = staticmethod(uqi)
