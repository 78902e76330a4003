"""Triangles to a dense map, with hidden parts hidden."""

from __future__ import annotations

import math

import cv2
import numpy as np

_DISTANCE = 1000.0
"""Distance of the camera: so far away that the view is parallel to 1e-3."""
_VIEW = np.eye(4)
_STYLE = (
    cv2.TriangleRasterizeSettings()
    .setShadingType(cv2.RASTERIZE_SHADING_SHADED)
    .setCullingMode(cv2.RASTERIZE_CULLING_NONE)
)


def source_map(
    points: np.ndarray,
    sources: np.ndarray,
    triangles: np.ndarray,
    window: tuple[int, int, int, int],
    stride: int = 1,
    onto: np.ndarray | None = None,
) -> np.ndarray:
    """Draw a mesh whose corners carry source coordinates.

    Args:
        points: (count, 3) where the corners are drawn, pixels; smaller z is in front.
        sources: (count, 2) where each corner is read from, any unit.
        triangles: (triangles, 3) int32 corner indices, either winding.
        window: left, top, width, height of the picture part to draw, pixels;
            width and height are multiples of `stride`.
        stride: one sample for each `stride` x `stride` pixels, at its centre.
        onto: what is there where the mesh covers nothing, of the result's shape.

    Returns:
        (height / stride, width / stride, 3) float32: source x, source y, and 1
        where the mesh covers the sample; elsewhere `onto`, or 0.
    """
    left, top, width, height = window
    rows, columns = height // stride, width // stride
    half = height / 2
    corners = np.empty((len(points), 3), np.float32)
    corners[:, 0] = (points[:, 0] + 0.5 - left - width / 2) / half
    corners[:, 1] = -(points[:, 1] + 0.5 - top - height / 2) / half
    corners[:, 2] = -points[:, 2] / half - _DISTANCE
    # The view is not quite parallel: undo the last of the perspective.
    corners[:, :2] *= -corners[:, 2:] / _DISTANCE
    colours = np.ones((len(points), 3), np.float32)
    colours[:, :2] = sources
    drawn = np.zeros((rows, columns, 3), np.float32) if onto is None else onto.copy()
    depth = np.full((rows, columns), 2 * _DISTANCE, np.float32)
    cv2.triangleRasterize(
        corners, triangles, colours, drawn, depth,
        _VIEW, 2 * math.atan(1 / _DISTANCE), _DISTANCE / 2, _DISTANCE * 1.5, _STYLE,
    )  # fmt: skip
    return drawn
