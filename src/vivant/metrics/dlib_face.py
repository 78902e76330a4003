"""Identity vectors by dlib's face network: a second opinion beside SFace."""

from __future__ import annotations

from typing import Final

import numpy as np

from vivant.metrics import dlib68
from vivant.metrics.extra import bring
from vivant.types import check_picture

LENGTH: Final = 128
SAME: Final = 0.6
"""Under this Euclidean distance of the vectors as they are, dlib's makers say: one person."""


def available() -> bool:
    """Say whether what `DlibFace` wants is installed."""
    return dlib68.available()


class DlibFace:
    """Finds the largest face and says who it is; not to be shared between threads.

    Its vectors have a length of about 1.3 to 1.7 and lie close together (cosines of
    strangers are often over 0.8): judge them by their distance
    (`vivant.metrics.aed_euclidean`, `SAME`). It costs many times what SFace does.

    Source: King 2017, dlib's face recognition with a residual network of 29 layers,
    trained on about three million pictures.
    """

    def __init__(self, points: dlib68.Dlib68 | None = None) -> None:
        """Load the network (22 MB).

        Args:
            points: finds faces and their landmarks; None loads one of its own.

        Raises:
            MissingExtra: dlib or its models are not installed.
        """
        self._dlib = bring("dlib", "the second identity network")
        models = bring("face_recognition_models", "the second identity network")
        self._points = dlib68.Dlib68() if points is None else points
        self._network = self._dlib.face_recognition_model_v1(
            models.face_recognition_model_location()
        )

    def feature(self, image: np.ndarray, points: np.ndarray | None = None) -> np.ndarray | None:
        """Return the identity vector, (128,) float32, or None where no face is found.

        Args:
            image: (h, w, 3) uint8 RGB.
            points: what `Dlib68.points` gave for this picture, where that is known already:
                the face is not sought again.

        Raises:
            ShapeError: `image` is no picture.
        """
        check_picture(image, "DlibFace.feature: image")
        if points is None:
            points = self._points.points(image)
        if points is None:
            return None
        low, high = points.min(axis=0).astype(int), points.max(axis=0).astype(int)
        shape = self._dlib.full_object_detection(
            self._dlib.rectangle(int(low[0]), int(low[1]), int(high[0]), int(high[1])),
            [self._dlib.point(round(float(x)), round(float(y))) for x, y in points],
        )
        image = np.ascontiguousarray(image)
        return np.array(self._network.compute_face_descriptor(image, shape), np.float32)
