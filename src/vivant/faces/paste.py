"""Put a drawn crop back into the full picture, without a seam."""

from __future__ import annotations

import cv2
import numpy as np

from vivant.pixels import mix
from vivant.types import Drawn


class Paster:
    """Pastes drawn crops into one portrait; what belongs to the place is done once.

    A crop cut pixel for pixel is laid back directly; any other is resampled into
    the portrait. An engine that gives no alpha is faded out towards the border.
    """

    def __init__(
        self,
        portrait: np.ndarray,
        crop_from_frame: np.ndarray,
        size: int,
        own: np.ndarray | None = None,
    ) -> None:
        """Prepare for crops of side `size` cut from `portrait` by `crop_from_frame`.

        `own`, (h, w) uint8, is 0 where nothing may be pasted; None leaves all free.
        """
        self._portrait = portrait
        height, width = portrait.shape[:2]
        frame_from_crop = np.linalg.inv(crop_from_frame)
        corners = np.array([[-0.5, -0.5], [size - 0.5, -0.5], [size - 0.5, size - 0.5]])
        corners = np.vstack([corners, [-0.5, size - 0.5]])
        placed = corners @ frame_from_crop[:2, :2].T + frame_from_crop[:2, 2]
        # Pixels whose centres the crop covers.
        left, top = np.maximum(np.ceil(placed.min(axis=0)).astype(int), 0)
        right, bottom = np.minimum(np.floor(placed.max(axis=0)).astype(int) + 1, (width, height))
        self._window = (slice(int(top), int(bottom)), slice(int(left), int(right)))
        self._own = None if own is None else np.ascontiguousarray(own[self._window])
        self._empty = right <= left or bottom <= top
        self._shift = crop_from_frame[:2, 2]
        self._exact = bool(
            np.array_equal(crop_from_frame[:2, :2], np.eye(2))
            and np.array_equal(self._shift, np.round(self._shift))
        )
        to_window = np.array([[1.0, 0, -left], [0, 1, -top], [0, 0, 1]])
        self._window_from_crop = (to_window @ frame_from_crop)[:2]
        self._fade = _fade(size)

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width of the portrait."""
        return self._portrait.shape[0], self._portrait.shape[1]

    def __call__(self, drawn: Drawn, onto: np.ndarray | None = None) -> np.ndarray:
        """Return a copy of the portrait with `drawn` in its place.

        With `onto`, of the portrait's shape, that picture is changed and returned instead.
        """
        result = self._portrait.copy() if onto is None else onto
        if self._empty:
            return result
        image = drawn.image
        alpha = self._fade if drawn.alpha is None else drawn.alpha
        target = result[self._window]
        if self._exact:
            left, top = (-self._shift).astype(int)
            rows = slice(self._window[0].start - top, self._window[0].stop - top)
            columns = slice(self._window[1].start - left, self._window[1].stop - left)
            image, alpha = image[rows, columns], alpha[rows, columns]
        else:
            shape = (target.shape[1], target.shape[0])
            image = cv2.warpAffine(
                image, self._window_from_crop, shape,
                flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE,
            )  # fmt: skip
            alpha = cv2.warpAffine(alpha, self._window_from_crop, shape, flags=cv2.INTER_LINEAR)
        if self._own is not None:
            alpha = cv2.multiply(alpha, self._own, scale=1 / 255)
        mix(target, image, alpha)
        return result


def _fade(size: int) -> np.ndarray:
    """(size, size) uint8: 255 inside, falling to 0 over the outer twentieth."""
    distance = np.minimum(np.arange(size), np.arange(size)[::-1]) + 0.5
    ramp = np.clip(distance / (0.05 * size), 0, 1)
    ramp = ramp * ramp * (3 - 2 * ramp)
    return np.round(255 * np.minimum(ramp[:, None], ramp[None, :])).astype(np.uint8)
