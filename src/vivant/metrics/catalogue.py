"""Every metric by its name, for reports."""

from __future__ import annotations

import sys
from typing import Final

from vivant.metrics.akd import Akd
from vivant.metrics.csim import Csim
from vivant.metrics.ergas import Ergas
from vivant.metrics.frechet import FidInception, FrechetEfficientnetLite0
from vivant.metrics.kid import KidEfficientnetLite0
from vivant.metrics.l1 import L1
from vivant.metrics.lpips import Lpips
from vivant.metrics.ms_ssim import MsSsim
from vivant.metrics.mse import Mse
from vivant.metrics.perceptual import PerceptualEfficientnetLite0
from vivant.metrics.psnr import Psnr
from vivant.metrics.rase import Rase
from vivant.metrics.rmse import Rmse
from vivant.metrics.ssim import Ssim
from vivant.metrics.uqi import Uqi
from vivant.metrics.vif import Vif

PICTURE: Final[dict[str, type]] = {
    "l1": L1,
    "mse": Mse,
    "rmse": Rmse,
    "psnr": Psnr,
    "ssim": Ssim,
    "ms_ssim": MsSsim,
    "uqi": Uqi,
    "vif": Vif,
    "ergas": Ergas,
    "rase": Rase,
}
"""Those that `update` with a picture and its target, and take `peak`."""

FACE: Final[dict[str, type]] = {
    "akd": Akd,
    "csim": Csim,
}
"""Those of what readers see in faces."""

PERCEPTUAL: Final[dict[str, type]] = {
    "perceptual_efficientnet_lite0": PerceptualEfficientnetLite0,
    "lpips": Lpips,
}
"""Those of what a network sees in a pair of pictures."""

DISTRIBUTION: Final[dict[str, type]] = {
    "frechet_efficientnet_lite0": FrechetEfficientnetLite0,
    "kid_efficientnet_lite0": KidEfficientnetLite0,
    "fid_inception": FidInception,
}
"""Those of two sets of pictures."""

METRICS: Final[dict[str, type]] = PICTURE | PERCEPTUAL | DISTRIBUTION | FACE
"""Every metric: name to its class, with `unit` and `higher_is_better`."""


def about(name: str) -> str:
    """Return one line on the metric called `name`: the first of its module.

    Raises:
        KeyError: no metric has that name.

    >>> about("l1")
    'Mean absolute difference of two pictures.'
    """
    told = sys.modules[METRICS[name].__module__].__doc__ or ""
    return told.partition("\n")[0]
