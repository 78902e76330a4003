"""What drawing leaves in the finest detail of a face: what a pixel's neighbours do not foretell.

A warped picture has been interpolated, and a painted one was never filmed: both change how a
pixel depends on those beside it. That is measured on the pixels as they are, since bringing faces
to one size would interpolate all of them; only the grid of cells follows the size of the face.

Source: residuals after Fridrich & Kodovsky 2012, "Rich Models for Steganalysis of Digital Images",
doi:10.1109/TIFS.2012.2190402; histograms and energies of them in cells are ours.
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

GRID: Final = 6
"""Cells in a row and in a column."""
SMALLEST: Final = 8 * GRID
"""Pixels; a smaller square is enlarged."""
LARGEST: Final = 640
"""Pixels; a larger square is shrunk."""
_FIFTH: Final = [[-1, 2, -2, 2, -1], [2, -6, 8, -6, 2], [-2, 8, -12, 8, -2],
                 [2, -6, 8, -6, 2], [-1, 2, -2, 2, -1]]  # fmt: skip
_KERNELS: Final[dict[str, np.ndarray]] = {
    "across": np.array([[0, -1, 1]], np.float32),
    "down": np.array([[0], [-1], [1]], np.float32),
    "across twice": np.array([[1, -2, 1]], np.float32) / 2,
    "down twice": np.array([[1], [-2], [1]], np.float32) / 2,
    "falling": np.array([[1, 0, 0], [0, -2, 0], [0, 0, 1]], np.float32) / 2,
    "rising": np.array([[0, 0, 1], [0, -2, 0], [1, 0, 0]], np.float32) / 2,
    "around": np.array([[-1, 2, -1], [2, -4, 2], [-1, 2, -1]], np.float32) / 4,
    "further around": np.array(_FIFTH, np.float32) / 12,
}
"""How each residual is worked out of a pixel and its neighbours."""
_OF_COLOUR: Final = ("across twice", "around")
_STEPS: Final = np.array([0.25, 0.5, 1, 1.5, 2.5, 4, 7], np.float32)
"""Between these sizes, in levels of brightness, residuals are counted together."""
_FLOOR: Final = 0.05


def traces(square: np.ndarray) -> np.ndarray:
    """Return the statistics of one face.

    Args:
        square: (side, side, 3) uint8 RGB, the face as `cropping.square` places it, its pixels
            neither enlarged nor shrunk.

    Returns:
        (count,) float32, the same count for every side.
    """
    side = square.shape[0]
    if not SMALLEST <= side <= LARGEST:
        wanted = min(max(side, SMALLEST), LARGEST)
        square = cv2.resize(square, (wanted, wanted), interpolation=cv2.INTER_AREA)
    planes = cv2.cvtColor(square, cv2.COLOR_RGB2YCrCb).astype(np.float32)
    found: list[np.ndarray] = []
    for kernel in _KERNELS.values():
        residual = cv2.filter2D(planes[..., 0], -1, kernel)
        shares = _shares(residual)
        mean = shares.mean(axis=0)
        found += [mean, shares - mean, *_energies(residual)]
    for plane in (planes[..., 1], planes[..., 2]):
        for name in _OF_COLOUR:
            residual = cv2.filter2D(plane, -1, _KERNELS[name])
            found += [_shares(residual).mean(axis=0), *_energies(residual)]
    return np.concatenate([part.ravel() for part in found]).astype(np.float32)


def _cells(values: np.ndarray) -> np.ndarray:
    """Return (GRID * GRID, pixels) of a plane; the last rows and columns are left out."""
    side = values.shape[0] // GRID
    inner = values[: side * GRID, : side * GRID].reshape(GRID, side, GRID, side)
    return inner.transpose(0, 2, 1, 3).reshape(GRID * GRID, -1)


def _shares(residual: np.ndarray) -> np.ndarray:
    """Return (cells, sizes): roots of the share of residuals of each size."""
    sizes = _cells(np.searchsorted(_STEPS, np.abs(residual)))
    counts = np.stack([(sizes == size).mean(axis=1) for size in range(len(_STEPS) + 1)], axis=1)
    return np.sqrt(counts)


def _energies(residual: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the log of the residuals' mean size, of each cell against the mean, and the mean."""
    energies = np.log(_cells(np.abs(residual)).mean(axis=1) + _FLOOR)
    return energies - energies.mean(), energies.mean(keepdims=True)
