"""Where around a face the error sits: one picture of the mean over frames and clips."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Self

import cv2
import numpy as np

from vivant.faces.crop import crop_from_face
from vivant.types import Crop, Face

SIDE: Final = 256
_AROUND: Final = Crop(scale=2.2)
_SEEN: Final = 0.3
"""Share of the frames that a place must be in to be shown."""
_BRIGHT: Final = 0.15
"""The error (0..1) that is drawn in the strongest colour."""


class ErrorMap:
    """Running mean of the absolute error around the true face, of two methods side by side."""

    def __init__(self) -> None:
        self._sums = np.zeros((2, SIDE, SIDE))
        self._frames = np.zeros((SIDE, SIDE))

    def update(
        self, drawn: np.ndarray, untouched: np.ndarray, truth: np.ndarray, face: Face
    ) -> None:
        """Add one frame.

        Args:
            drawn: (h, w, 3) uint8 RGB.
            untouched: the portrait, the same shape.
            truth: the true frame, the same shape.
            face: the face in the true frame.
        """
        place = crop_from_face(face, _AROUND, SIDE)[:2]
        inside = np.ones(truth.shape[:2], np.float32)
        self._frames += cv2.warpAffine(inside, place, (SIDE, SIDE))
        for method, image in enumerate((drawn, untouched)):
            error = (cv2.absdiff(image, truth).mean(axis=2) / 255).astype(np.float32)
            self._sums[method] += cv2.warpAffine(error, place, (SIDE, SIDE))

    def merge(self, other: Self) -> None:
        """Take in what another process or thread has added."""
        self._sums += other._sums
        self._frames += other._frames

    def arrays(self) -> dict[str, np.ndarray]:
        """Return the state, for `of`."""
        return {"errors": self._sums, "error_frames": self._frames}

    @classmethod
    def of(cls, arrays: Mapping[str, np.ndarray]) -> Self:
        """Return the map whose `arrays` these are."""
        found = cls()
        found._sums, found._frames = arrays["errors"], arrays["error_frames"]
        return found

    def mean(self) -> np.ndarray:
        """Return the means, (2, 256, 256) in 0..1: drawn, untouched; 0 where few frames reach."""
        seen = self._frames > _SEEN * self._frames.max()
        return np.asarray(np.where(seen, self._sums / np.maximum(self._frames, 1e-6), 0))

    def picture(self) -> bytes:
        """Return drawn (left) and untouched (right) as a PNG file; blue 0, red 0.15 and more."""
        both = np.hstack(list(np.clip(self.mean() / _BRIGHT, 0, 1)))
        colours = cv2.applyColorMap(np.round(255 * both).astype(np.uint8), cv2.COLORMAP_JET)
        return bytes(cv2.imencode(".png", colours)[1])
