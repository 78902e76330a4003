"""The detectors as studies ask them: a whole picture, and nothing known of it.

Of the form of the entry point group `vivant.detectors`: each function loads a detector and
returns a callable.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from vivant.faces.track import FaceTracker
from vivant.forensics.detectors import open_detector

UNKNOWN = 0.5
"""The answer where a picture shows no face: neither the one nor the other."""


def asked(name: str) -> Callable[[np.ndarray], float]:
    """Return the detector called `name` as a function of pictures, (h, w, 3) uint8 RGB.

    It judges the largest face.

    Raises:
        VivantError: as `open_detector`.
    """
    detector, tracker = open_detector(name), FaceTracker()

    def judge(image: np.ndarray) -> float:
        found = tracker.detect(image)
        return detector.judge(image, found[0]) if found else UNKNOWN

    return judge


def small() -> Callable[[np.ndarray], float]:
    """Return vivant's own detector."""
    return asked("small")


def xception() -> Callable[[np.ndarray], float]:
    """Return the detector of FaceForensics++ with the only weights that were added."""
    return asked("xception")
