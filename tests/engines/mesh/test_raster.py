from __future__ import annotations

import numpy as np
import pytest

from vivant.engines.mesh.raster import source_map

SQUARE = np.array([[-5.0, -5, 0], [100, -5, 0], [100, 60, 0], [-5, 60, 0]])
HALVES = np.array([[0, 1, 2], [0, 2, 3]], np.int32)


@pytest.mark.parametrize(
    ("window", "stride"), [((10, 20, 40, 30), 1), ((0, 0, 64, 32), 2), ((7, 3, 30, 44), 1)]
)
def test_a_mesh_that_stays_reads_each_pixel_at_its_own_centre(
    window: tuple[int, int, int, int], stride: int
) -> None:
    drawn = source_map(SQUARE, SQUARE[:, :2], HALVES, window, stride)
    left, top, width, height = window
    middle = (stride - 1) / 2
    x = left + np.arange(width // stride) * stride + middle
    y = top + np.arange(height // stride) * stride + middle
    assert (drawn[..., 2] == 1).all()
    np.testing.assert_allclose(drawn[..., 0], np.broadcast_to(x, drawn.shape[:2]), atol=1e-3)
    np.testing.assert_allclose(
        drawn[..., 1], np.broadcast_to(y[:, None], drawn.shape[:2]), atol=1e-3
    )


def test_what_is_nearer_hides_what_is_behind() -> None:
    near = SQUARE + np.array([0, 0, -20])
    sources = np.vstack([SQUARE[:, :2], np.full((4, 2), 7.0)])
    triangles = np.vstack([HALVES + 4, HALVES])
    for order in (triangles, triangles[::-1].copy()):
        drawn = source_map(np.vstack([SQUARE, near]), sources, order, (10, 20, 20, 20))
        np.testing.assert_allclose(drawn[..., :2], 7.0, atol=1e-3)


def test_what_no_triangle_covers_is_marked() -> None:
    drawn = source_map(SQUARE, SQUARE[:, :2], HALVES[:1], (0, 0, 100, 56))
    assert drawn[2, 90, 2] == 1
    assert drawn[50, 2].tolist() == [0, 0, 0]
    onto = np.full((56, 100, 3), 5, np.float32)
    drawn = source_map(SQUARE, SQUARE[:, :2], HALVES[:1], (0, 0, 100, 56), onto=onto)
    assert drawn[2, 90, 2] == 1
    assert drawn[50, 2].tolist() == [5, 5, 5]
    assert (onto == 5).all()
