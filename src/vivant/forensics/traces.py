"""What drawing leaves in the finest detail of a face: what a pixel's neighbours do not foretell.

A warped picture has been interpolated, and a painted one was never filmed: both change how a
pixel depends on those beside it. That is measured on the pixels as they are, since bringing faces
to one size would interpolate all of them; only the grid of cells follows the size of the face. Both
halves of a face count together, so that it has the same traces in the mirror.

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
_MIRRORED: Final = {"falling": "rising", "rising": "falling"}
"""What a residual becomes in the mirror; the others stay what they are."""
_STEPS: Final = (0.25, 0.5, 1.0, 1.5, 2.5, 4.0, 7.0)
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
    for number, names in enumerate((tuple(_KERNELS), _OF_COLOUR, _OF_COLOUR)):
        plane = planes[..., number]
        sizes = {name: np.abs(cv2.filter2D(plane, -1, _KERNELS[name])) for name in names}
        energies = {name: _energies(size) for name, size in sizes.items()}
        for name, size in sizes.items():
            halves = energies[name] + energies[_MIRRORED.get(name, name)][:, ::-1]
            mean = halves.mean()
            found += [_shares(size), mean[None], (halves - mean)[:, : GRID // 2].ravel()]
    return np.concatenate(found).astype(np.float32)


def _energies(size: np.ndarray) -> np.ndarray:
    """Return (GRID, GRID), the log of the mean size of residuals in each cell."""
    side = size.shape[0] // GRID
    cells = size[: side * GRID, : side * GRID].reshape(GRID, side, GRID, side)
    energies: np.ndarray = np.log(cells.mean(axis=(1, 3)) + _FLOOR)
    return energies


def _shares(size: np.ndarray) -> np.ndarray:
    """Return the root of the share of residuals of each size."""
    upto = np.array([0, *(np.count_nonzero(size <= step) for step in _STEPS), size.size])
    shares: np.ndarray = np.sqrt(np.diff(upto) / size.size)
    return shares
