"""vivant's own small detector: a weighted sum of the traces that drawing leaves in a face.

It was fitted to faces that the engine mesh drew, against the clips and photographs that they were
drawn from (`benchmarks/train_detector.py`), so it knows that engine's traces and hardly any others.
"""

from __future__ import annotations

import io
import math
from typing import Final

import numpy as np

from vivant import weights
from vivant.forensics import cropping
from vivant.forensics.traces import traces
from vivant.types import Face

SCALE: Final = 1.3
"""Side of the square over the longer side of the box around the landmarks."""
FARTHEST: Final = 4.0
"""So many standard deviations from what is usual a trace counts for at most."""


class SmallDetector:
    """Logistic regression with weights that vivant carries."""

    name = "small"
    trained_on = (
        "faces drawn by vivant's engine mesh, against the clips and photographs of 34 people that "
        "they were drawn from; of others it tells these little better than by chance, and of "
        "other programs' pictures it knows nothing"
    )

    def __init__(self) -> None:
        """Load the weights.

        Raises:
            WeightsError: the carried file is damaged.
        """
        with np.load(io.BytesIO(weights.read("detector")), allow_pickle=False) as held:
            self._mean, self._scale = held["mean"], held["scale"]
            self._weight, self._offset = held["weight"], float(held["offset"])

    def judge(self, image: np.ndarray, face: Face) -> float:
        """Return the probability that a face was drawn, 0 to 1; see `detectors.Detector`."""
        return self.judge_traces(traces(cropping.as_it_is(image, face, scale=SCALE)))

    def judge_traces(self, found: np.ndarray) -> float:
        """Return the same of the traces of a face."""
        usual = np.clip((found - self._mean) / self._scale, -FARTHEST, FARTHEST)
        logit = float(usual @ self._weight) + self._offset
        return 1 / (1 + math.exp(-min(max(logit, -50.0), 50.0)))


def load(_: str | None = None) -> SmallDetector:
    """Load it; its weights have no names."""
    return SmallDetector()
