"""Every metric by its name, for reports."""

from __future__ import annotations

import sys
from typing import Final

from vivant.metrics.action_unit_correlation import ActionUnitCorrelation
from vivant.metrics.action_unit_presence import ActionUnitPresence
from vivant.metrics.action_units import ActionUnits
from vivant.metrics.aed import Aed
from vivant.metrics.aed_euclidean import AedEuclidean
from vivant.metrics.akd import Akd
from vivant.metrics.akd_euclidean import AkdEuclidean
from vivant.metrics.auc import Auc
from vivant.metrics.av_offset import AvOffset
from vivant.metrics.background import BackgroundChange
from vivant.metrics.blink_agreement import BlinkAgreement
from vivant.metrics.csim import Csim
from vivant.metrics.ergas import Ergas
from vivant.metrics.expression import ExpressionAgreement
from vivant.metrics.expression_distance import ExpressionDistance
from vivant.metrics.first_frame import FirstFrame
from vivant.metrics.flicker import Flicker
from vivant.metrics.flicker_floor import FlickerFloor
from vivant.metrics.frechet import FidInception, FrechetEfficientnetLite0
from vivant.metrics.gaze_error import GazeError
from vivant.metrics.identity_distance import IdentityDistance
from vivant.metrics.jitter import Jitter
from vivant.metrics.kid import KidEfficientnetLite0
from vivant.metrics.l1 import L1
from vivant.metrics.lpips import Lpips
from vivant.metrics.missed import Missed
from vivant.metrics.ms_ssim import MsSsim
from vivant.metrics.mse import Mse
from vivant.metrics.nmse import Nmse
from vivant.metrics.pace import Pace
from vivant.metrics.peak_memory import PeakMemory
from vivant.metrics.perceptual import PerceptualEfficientnetLite0
from vivant.metrics.pose_error import PoseError
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
    "akd_euclidean": AkdEuclidean,
    "nmse": Nmse,
    "csim": Csim,
    "identity_distance": IdentityDistance,
    "aed": Aed,
    "aed_euclidean": AedEuclidean,
    "expression_distance": ExpressionDistance,
    "action_units": ActionUnits,
    "action_unit_presence": ActionUnitPresence,
    "pose_error": PoseError,
    "gaze_error": GazeError,
}
"""Those that `update` with what readers see in a drawn and in a true face."""

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

TIME: Final[dict[str, type]] = {
    "expression": ExpressionAgreement,
    "action_unit_correlation": ActionUnitCorrelation,
    "blink_agreement": BlinkAgreement,
    "jitter": Jitter,
    "flicker": Flicker,
    "flicker_floor": FlickerFloor,
    "av_offset": AvOffset,
    "background_change": BackgroundChange,
    "missed": Missed,
}
"""Those of whole performances: frames come in order."""

RUN: Final[dict[str, type]] = {
    "pace": Pace,
    "first_frame": FirstFrame,
    "peak_memory": PeakMemory,
}
"""Those of what a run costs: they take measured amounts."""

DETECTION: Final[dict[str, type]] = {"auc": Auc}
"""Those of what detectors of synthetic pictures say."""

METRICS: Final[dict[str, type]] = (
    PICTURE | PERCEPTUAL | DISTRIBUTION | FACE | TIME | DETECTION | RUN
)
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
