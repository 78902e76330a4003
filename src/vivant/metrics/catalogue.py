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
from vivant.metrics.background import BackgroundChange
from vivant.metrics.csim import Csim
from vivant.metrics.ergas import Ergas
from vivant.metrics.expression import ExpressionAgreement
from vivant.metrics.expression_distance import ExpressionDistance
from vivant.metrics.gaze_error import GazeError
from vivant.metrics.identity_distance import IdentityDistance
from vivant.metrics.jitter import Jitter
from vivant.metrics.l1 import L1
from vivant.metrics.ms_ssim import MsSsim
from vivant.metrics.mse import Mse
from vivant.metrics.nmse import Nmse
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
    "pose_error": PoseError,
    "gaze_error": GazeError,
    "expression_distance": ExpressionDistance,
    "action_units": ActionUnits,
    "csim": Csim,
    "aed": Aed,
    "aed_euclidean": AedEuclidean,
    "identity_distance": IdentityDistance,
}
"""Those of what readers see in faces, frame by frame."""

TIME: Final[dict[str, type]] = {
    "expression": ExpressionAgreement,
    "action_unit_correlation": ActionUnitCorrelation,
    "action_unit_presence": ActionUnitPresence,
    "background": BackgroundChange,
    "jitter": Jitter,
}
"""Those over time, or against the portrait."""

METRICS: Final[dict[str, type]] = PICTURE | FACE | TIME
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
