"""The landmark and the expression network of the MediaPipe face landmarker."""

from __future__ import annotations

import math
from typing import Final

import cv2
import numpy as np

from vivant.faces.region import Region, cut
from vivant.types import LANDMARKS
from vivant.weights.runtime import Network

SIZE: Final = 256
"""Side of the square that the landmark network sees, pixels."""

SCORED: Final = np.array([
    0, 1, 4, 5, 6, 7, 8, 10, 13, 14, 17, 21, 33, 37, 39, 40, 46, 52, 53, 54, 55, 58, 61, 63,
    65, 66, 67, 70, 78, 80, 81, 82, 84, 87, 88, 91, 93, 95, 103, 105, 107, 109, 127, 132, 133,
    136, 144, 145, 146, 148, 149, 150, 152, 153, 154, 155, 157, 158, 159, 160, 161, 162, 163,
    168, 172, 173, 176, 178, 181, 185, 191, 195, 197, 234, 246, 249, 251, 263, 267, 269, 270,
    276, 282, 283, 284, 285, 288, 291, 293, 295, 296, 297, 300, 308, 310, 311, 312, 314, 317,
    318, 321, 323, 324, 332, 334, 336, 338, 356, 361, 362, 365, 373, 374, 375, 377, 378, 379,
    380, 381, 382, 384, 385, 386, 387, 388, 389, 390, 397, 398, 400, 402, 405, 409, 415, 454,
    466, 468, 469, 470, 471, 472, 473, 474, 475, 476, 477,
])  # fmt: skip
"""The 146 landmarks that the expression network was trained on.

Source: MediaPipe, `FaceBlendshapesGraph`.
"""


def find_landmarks(network: Network, image: np.ndarray, region: Region) -> tuple[np.ndarray, float]:
    """Place the landmarks of the face that `region` shows.

    Args:
        network: the landmark network.
        image: (height, width, 3) uint8 RGB.
        region: one and a half times the face, eyes level.

    Returns:
        Landmarks (478, 3) float32 in frame pixels, and the network's belief that
        the region shows a face, 0 to 1. They are placed whether it does or not.
    """
    shown = cut(image, region, SIZE, cv2.BORDER_REPLICATE)
    raw, belief, _ = network(np.multiply(shown[None], np.float32(1 / 255), dtype=np.float32))
    points = raw.reshape(LANDMARKS, 3).astype(np.float64)
    # The network counts from the outer edge of the first pixel, vivant from its centre.
    points[:, :2] -= 0.5
    frame_from_crop = region.frame_from_crop(SIZE)
    landmarks = np.empty((LANDMARKS, 3), np.float32)
    landmarks[:, :2] = points[:, :2] @ frame_from_crop[:, :2].T + frame_from_crop[:, 2]
    landmarks[:, 2] = points[:, 2] * (region.side / SIZE)
    return landmarks, 1 / (1 + math.exp(-float(belief.ravel()[0])))


def score_expression(network: Network, landmarks: np.ndarray) -> np.ndarray:
    """Return the 52 expression scores, float32 in [0, 1], of landmarks (478, 3)."""
    return network(np.ascontiguousarray(landmarks[None, SCORED, :2], np.float32))[0].reshape(-1)
