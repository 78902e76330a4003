"""Visual information fidelity in the pixel domain: the share of the target's detail kept."""

from __future__ import annotations

from typing import ClassVar, Final

import cv2
import numpy as np

from vivant.errors import Undefined
from vivant.metrics.base import PictureMean, check_pair
from vivant.metrics.windows import colour_means, gauss_means, levels, refuse_under

WINDOWS: Final = (17, 9, 5, 3)
"""Side of the Gaussian window at each of the four scales; its sigma is a fifth of it, pixels."""
SMALLEST: Final = 41
"""Shortest side that leaves one window at the coarsest scale, pixels."""
NOISE: Final = 2.0
"""Variance of the eye's own noise, in squared levels of 0 to 255."""
_TINY: Final = 1e-10


def vif(image: np.ndarray, target: np.ndarray, *, peak: float) -> float:
    """Return the pixel-domain visual information fidelity ("vifp"); higher is better.

    At each of four scales the target is a source, seen through noise, and the picture is
    the target times a gain plus more noise. With the target's variance `vt` in a window,
    the gain `g` and the remaining variance `vn`,

        vif = sum log(1 + g^2 vt / (vn + 2)) / sum log(1 + vt / 2)

    over all windows of all scales; then the mean over the colours. Between scales the
    picture is filtered by the next window and every second pixel is kept.

    Args:
        image: drawn picture, (h, w[, channels]), in [0, peak], at least 41x41.
        target: true picture, the same shape. The two cannot be exchanged.
        peak: the largest value a pixel can take: 255 for uint8, 1.0 for floats.

    Returns:
        0 and up; 1 where the two are equal, above 1 where the picture has more contrast.

    Raises:
        ShapeError: the shapes differ, or are no finite pictures up to `peak`.
        TooSmall: they are smaller than the window; a `ShapeError` and `Undefined`, too.
        Undefined: a colour of the target is flat: it holds no information to keep.

    Source: Sheikh & Bovik 2006, doi:10.1109/TIP.2005.859378, as the authors' program
    `vifp_mscale` reckons it in the pixel domain.

    >>> slope = np.arange(41.0 * 41).reshape(41, 41) % 200
    >>> round(vif(slope, slope, peak=255), 6)
    1.0
    """
    check_pair("vif", image, target, peak=peak)
    refuse_under("vif", SMALLEST, image)
    a, b = levels(image, peak, np.float64), levels(target, peak, np.float64)
    kept = np.zeros(a.shape[2])
    whole = np.zeros(a.shape[2])
    for scale, side in enumerate(WINDOWS):
        if scale:
            a, b = _halved(a, side), _halved(b, side)
        of_image, of_target = _information(a, b, side)
        kept += of_image
        whole += of_target
    if not whole.all():
        raise Undefined("vif", "a colour of the target is flat, so there is no detail to keep.")
    return float((kept / whole).mean())


def _halved(values: np.ndarray, side: int) -> np.ndarray:
    return np.ascontiguousarray(gauss_means(side, side / 5, values)[::2, ::2])


def _information(a: np.ndarray, b: np.ndarray, side: int) -> tuple[np.ndarray, np.ndarray]:
    """Return what of the target `b` can be seen in `a`, and in `b`; a number a colour."""
    mean_a, mean_b = (gauss_means(side, side / 5, values) for values in (a, b))
    var_a, var_b, shared = (gauss_means(side, side / 5, x * y) for x, y in ((a, a), (b, b), (a, b)))
    var_a -= mean_a * mean_a
    var_b -= mean_b * mean_b
    shared -= mean_a * mean_b
    var_a[var_a < _TINY] = 0
    var_b[var_b < _TINY] = 0
    # gain^2 var_b is shared^2 / var_b; where nothing is shared, or one is flat, it is 0.
    np.maximum(shared, 0, out=shared)
    shared[var_b == 0] = 0
    carried = np.square(shared, out=shared)
    carried /= np.maximum(var_b, _TINY)
    np.minimum(carried, var_a, out=carried)
    return _summed(1 + carried / (var_a - carried + NOISE)), _summed(1 + var_b / NOISE)


def _summed(shares: np.ndarray) -> np.ndarray:
    """Return the sum of the logarithms, a number a colour."""
    logarithms = np.asarray(cv2.log(shares)).reshape(shares.shape)
    return np.asarray(colour_means(logarithms) * (shares.shape[0] * shares.shape[1]))


class Vif(PictureMean):
    """Running `vif`: the mean over pictures."""

    unit: ClassVar[str] = "share"
    higher_is_better: ClassVar[bool | None] = True
    function = staticmethod(vif)
