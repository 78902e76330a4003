"""What the generator says, made into a picture and where it counts; numpy only."""

from __future__ import annotations

import numpy as np

from vivant.engines.layers import pictures

_FAINT = 0.1
"""Share of drawn colour up to which the portrait's own, finer pixels come through."""
_BORDER = 8
"""Pixels over which what is drawn fades out at the border."""


def composed(
    picture: np.ndarray, colours: np.ndarray, mask: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Lay the generator's colours over the portrait.

    Args:
        picture: the portrait, (3, side, side) in [-1, 1].
        colours: (n, 3, side, side) likewise.
        mask: (n, side, side), 1 where the portrait stays.

    Returns:
        the pictures, (n, side, side, 3) uint8, and how much of each is drawn, (n, side, side)
        uint8: 0 where (almost) nothing is, and fading out towards the border.
    """
    stays = mask[:, None]
    laid = stays * picture + (1 - stays) * colours  # arXiv:1807.09251, eq. 1
    alpha = 255 * np.clip((1 - mask) / np.float32(_FAINT), 0, 1) * _inside(mask.shape[-1])
    return pictures.drawn((laid + 1) * 127.5), np.rint(alpha).astype(np.uint8)


def _inside(side: int) -> np.ndarray:
    """(side, side): 1 inside, falling over the outer pixels, so that no square shows."""
    distance = np.minimum(np.arange(side), np.arange(side)[::-1]) + np.float32(0.5)
    ramp = np.clip(distance / np.float32(_BORDER), 0, 1)
    return np.minimum(ramp[:, None], ramp[None])
