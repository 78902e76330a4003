"""The picture that everybody sees: one size for the whole show, whatever portrait is on."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

_GREY = 24
"""What lies beside a portrait of another shape, 0 black to 255."""
_LARGEST = 1280
"""Longest side that is taken over from a portrait, pixels."""
_STEP = 4
"""Virtual cameras want sides that are multiples of it."""


@dataclass(frozen=True, slots=True)
class Canvas:
    """Width and height of the picture, pixels."""

    width: int
    height: int

    @classmethod
    def of(cls, image: np.ndarray) -> Canvas:
        """Return the canvas that suits a portrait (h, w, 3): its own shape, not too large.

        >>> Canvas.of(np.zeros((3000, 2001, 3), np.uint8))
        Canvas(width=852, height=1280)
        """
        height, width = image.shape[:2]
        scale = min(1.0, _LARGEST / max(height, width))
        return cls(*(max(64, round(side * scale / _STEP) * _STEP) for side in (width, height)))

    def fitted(self, image: np.ndarray) -> np.ndarray:
        """Return a portrait as large as the canvas can show it whole, at its own proportions."""
        height, width = image.shape[:2]
        scale = min(self.width / width, self.height / height)
        shape = (min(self.width, round(width * scale)), min(self.height, round(height * scale)))
        # a pixel too few on one side is a border nobody wants
        shape = (
            self.width if self.width - shape[0] < _STEP else shape[0],
            self.height if self.height - shape[1] < _STEP else shape[1],
        )
        if shape == (width, height):
            return image
        how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
        return cv2.resize(image, shape, interpolation=how)

    def corner(self, image: np.ndarray) -> tuple[int, int]:
        """Return (x, y) of the top left pixel of a fitted picture; it lies in the middle."""
        return (self.width - image.shape[1]) // 2, (self.height - image.shape[0]) // 2

    def empty(self) -> np.ndarray:
        """Return a canvas with nothing on it, (height, width, 3) uint8."""
        return np.full((self.height, self.width, 3), _GREY, np.uint8)

    def show(self, image: np.ndarray) -> np.ndarray:
        """Return a picture of the canvas' size with a fitted picture in its middle.

        A picture that fills the canvas is returned itself.
        """
        if image.shape[:2] == (self.height, self.width):
            return image
        picture = self.empty()
        x, y = self.corner(image)
        picture[y : y + image.shape[0], x : x + image.shape[1]] = image
        return picture
