"""A detector that knows nothing of faces: for tests of who asks it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np


def sharpness() -> Callable[[np.ndarray], float]:
    """Return a detector that holds smooth pictures for synthetic."""
    return lambda image: float(1 / (1 + np.abs(np.diff(image.astype(float), axis=1)).mean()))


def liar() -> Callable[[np.ndarray], float]:
    """Return a detector whose answers are no probabilities."""
    return lambda image: 7.0
