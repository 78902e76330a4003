from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from vivant.engines.fpn.raster import LINES_68, LINES_478, rasterised
from vivant.errors import ShapeError
from vivant.types import Face


def distances(points: np.ndarray, size: int, lines) -> np.ndarray:  # type: ignore[no-untyped-def]
    """Return each pixel's distance to the nearest line, the plain way."""
    y, x = np.mgrid[:size, :size].astype(float)
    pixels = np.stack([x, y], axis=-1)
    nearest = np.full((size, size), np.inf)
    for line in lines:
        for first, second in pairwise(line):
            a, b = points[first], points[second]
            length = float(((b - a) ** 2).sum())
            share = np.clip((pixels - a) @ (b - a) / length, 0, 1) if length else 0 * x
            foot = a + share[..., None] * (b - a)
            nearest = np.minimum(nearest, np.hypot(*np.moveaxis(pixels - foot, -1, 0)))
    return nearest


@pytest.mark.parametrize("seed", range(3))
def test_lines_lie_where_a_naive_drawing_has_them(seed):
    points = np.random.default_rng(seed).uniform(4, 124, (68, 2))
    drawn = rasterised(points, 128) == 255
    away = distances(points, 128, LINES_68)
    assert away[drawn].max() < 0.71  # half a pixel's diagonal: where a line runs through
    # One pixel wide: of two that a line runs between it takes the nearer.
    assert drawn[away < 0.3].mean() > 0.95
    for line in LINES_68:
        for index in line:
            x, y = np.rint(points[index]).astype(int)
            assert drawn[y - 1 : y + 2, x - 1 : x + 2].any()


def test_a_face_has_nine_lines_in_both_schemes(found: Face):
    assert len(LINES_68) == len(LINES_478) == 9
    points = found.landmarks[:, :2].astype(float)
    size = int(points.max()) + 20
    drawn = rasterised(points, size, LINES_478)
    away = distances(points, size, LINES_478)
    assert away[drawn == 255].max() < 0.71
    assert set(np.unique(drawn)) == {0, 255}


def test_thicker_lines_cover_more_and_nothing_beyond_the_picture_breaks():
    points = np.random.default_rng(1).uniform(-1e7, 1e7, (68, 2))
    points[:40] = np.random.default_rng(2).uniform(-30, 90, (40, 2))
    thin, thick = rasterised(points, 64), rasterised(points, 64, thickness=3)
    assert thin.shape == (64, 64)
    assert (thick[thin > 0] == 255).all()
    assert thick.sum() > thin.sum() > 0


def test_too_few_or_broken_landmarks_are_errors():
    with pytest.raises(ShapeError, match=r"points \(68, 2\), got \(5, 2\)"):
        rasterised(np.zeros((5, 2)), 64)
    with pytest.raises(ShapeError, match="finite"):
        rasterised(np.full((68, 2), np.nan), 64)
