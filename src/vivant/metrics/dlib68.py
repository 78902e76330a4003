"""Landmarks by a second opinion: dlib's 68 points, which no engine of ours looks at."""

from __future__ import annotations

from typing import Final

import numpy as np

from vivant.metrics.extra import bring, installed
from vivant.types import check_picture

PACKAGES: Final = ("dlib", "face_recognition_models")
"""What `Dlib68` imports."""
COUNT: Final = 68


def available() -> bool:
    """Say whether what `Dlib68` wants is installed."""
    return installed(*PACKAGES)


class Dlib68:
    """Finds 68 landmarks of the largest face; not to be shared between threads.

    Source: Kazemi & Sullivan 2014, doi:10.1109/CVPR.2014.241; face boxes by
    histograms of oriented gradients (King 2009, dlib).
    """

    def __init__(self) -> None:
        """Load the detector and the predictor (95 MB).

        Raises:
            MissingExtra: dlib or its models are not installed.
        """
        dlib = bring("dlib", "the 68-landmark detector")
        models = bring("face_recognition_models", "the 68-landmark detector")
        self._boxes = dlib.get_frontal_face_detector()
        self._predict = dlib.shape_predictor(models.pose_predictor_model_location())

    def points(self, image: np.ndarray) -> np.ndarray | None:
        """Return the landmarks, (68, 2) float64 pixels, or None where no face is found.

        Args:
            image: (h, w, 3) uint8 RGB.

        Raises:
            ShapeError: `image` is no picture.
        """
        check_picture(image, "Dlib68.points: image")
        image = np.ascontiguousarray(image)
        # The second look enlarges the picture twice: for faces under 80 pixels.
        boxes = self._boxes(image, 0) or self._boxes(image, 1)
        if not boxes:
            return None
        shape = self._predict(image, max(boxes, key=lambda box: box.area()))
        return np.array([(point.x, point.y) for point in shape.parts()], np.float64)
