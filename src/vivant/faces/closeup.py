"""A face seen level and at one size, so that what is measured in it needs no scale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from vivant.faces.region import around, cut
from vivant.landmarks import LIPS_INNER, LIPS_OUTER
from vivant.types import Face

SIZE: Final = 256
"""Side of the closeup, pixels; a face is about 170 of them wide."""
_CHEEKS: Final = (50, 205, 187, 280, 425, 411)


@dataclass(frozen=True, slots=True, eq=False)
class Closeup:
    """The face with its eyes level, 256 pixels a side."""

    lab: np.ndarray
    """(256, 256, 3) float32, CIE L* in 0..100, a*, b*."""
    points: np.ndarray
    """(478, 2) float64, closeup pixels."""

    @classmethod
    def of(cls, image: np.ndarray, face: Face) -> Closeup:
        """Cut the face out of `image`, (h, w, 3) uint8 RGB."""
        region = around(face.landmarks)
        shown = cut(image, region, SIZE, cv2.BORDER_REPLICATE)
        frame_from_closeup = np.vstack([region.frame_from_crop(SIZE), [0.0, 0.0, 1.0]])
        closeup_from_frame = np.linalg.inv(frame_from_closeup)
        points = face.landmarks[:, :2] @ closeup_from_frame[:2, :2].T + closeup_from_frame[:2, 2]
        lab = cv2.cvtColor(shown.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
        return cls(lab, points)

    def within(self, ring: Sequence[int]) -> np.ndarray:
        """Return (256, 256) bool: what lies inside a ring of landmarks."""
        mask = np.zeros((SIZE, SIZE), np.uint8)
        cv2.fillPoly(mask, [np.round(self.points[list(ring)]).astype(np.int32)], 1)
        return mask.astype(bool)

    def distance(self, a: int, b: int) -> float:
        """Return how far apart two landmarks are, closeup pixels."""
        return float(np.linalg.norm(self.points[a] - self.points[b]))

    def skin(self) -> np.ndarray:
        """Return the colour of the cheeks, (3,) float32 Lab."""
        places = np.clip(np.round(self.points[list(_CHEEKS)]).astype(int), 4, SIZE - 5)
        around_each = [self.lab[y - 4 : y + 5, x - 4 : x + 5].reshape(-1, 3) for x, y in places]
        return np.asarray(np.mean([patch.mean(axis=0) for patch in around_each], axis=0))

    def opening(self) -> float:
        """Return how far the lips are apart, over the width of the mouth."""
        return self.distance(13, 14) / max(self.distance(LIPS_INNER[0], LIPS_INNER[10]), 1e-6)

    def lip_line(self) -> float:
        """Return how much darker the line between the lips is than what is around, in L*.

        The middle of the mouth is read from above the upper lip to below the lower
        one; shadow, teeth or paint make the number large, a cover makes it small.
        """
        light = cv2.GaussianBlur(self.lab[..., 0], (0, 0), 1.0)
        steps = np.linspace(-0.3, 1.3, 25)[:, None]
        profiles = []
        for i in range(2, 9):
            upper, lower = self.points[LIPS_OUTER[-i]], self.points[LIPS_OUTER[i]]
            x, y = np.clip(upper + steps * (lower - upper), 0, SIZE - 1).astype(int).T
            profiles.append(light[y, x])
        profile = np.mean(profiles, axis=0)
        return float(np.percentile(profile, 75) - profile[6:19].min())
