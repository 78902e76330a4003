"""Skin that closes over what lies between: lips over teeth, lids over an eye.

The map of the whole face is coarse, and landmarks do not lie on the very edge
of lips and lids. So where these meet, the map would read a line of teeth or of
eyeball. Here the skin around an opening is drawn pixel by pixel, and its edge
is read a little further out, the more the nearer the opening is to closed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vivant.engines.mesh.drawing import Canvas, Window, look_up, window_around
from vivant.engines.mesh.raster import source_map
from vivant.engines.mesh.shape import PosedShape


@dataclass(frozen=True, slots=True, eq=False)
class Seam:
    """Skin around an opening, in rings of landmarks from its edge outwards."""

    rings: np.ndarray
    """(rows, count) landmarks; the last ring is drawn where the face mesh draws it."""
    triangles: np.ndarray
    """(triangles, 3) int32, indices into the flattened rings."""

    @classmethod
    def of(cls, rings: np.ndarray) -> Seam:
        """Join each ring to the next by triangles."""
        rows, count = rings.shape
        found = []
        for row in range(rows - 1):
            inner = row * count + np.arange(count)
            after = row * count + (np.arange(count) + 1) % count
            found.append(np.column_stack([inner, inner + count, after]))
            found.append(np.column_stack([after, inner + count, after + count]))
        return cls(rings, np.vstack(found).astype(np.int32))

    def lay(
        self,
        canvas: Canvas,
        texture: np.ndarray,
        shapes: tuple[PosedShape, PosedShape],
        further: np.ndarray,
    ) -> None:
        """Draw the skin.

        Args:
            canvas: drawn on.
            texture: the portrait at twice the size.
            shapes: the portrait as it is, and as it is to be drawn.
            further: (count,) how much further out the innermost ring is read: 0 where it
                lies, 1 at the outermost; rings between move along, less and less.
        """
        size = canvas.image.shape[0]
        rows, count = self.rings.shape
        flat = self.rings.ravel()
        before = shapes[0].draw(shapes[0].shape[flat], size)[:, :2].reshape(rows, count, 2)
        way = before[-1] - before[0]
        share = np.linspace(1, 0, rows)[:, None] * further
        sources = (before + share[..., None] * way).reshape(-1, 2)
        points = shapes[1].draw(shapes[1].shape[flat], size)
        window = window_around(points[:, :2], size, margin=1)
        if window is None:
            return
        drawn = source_map(points, sources, self.triangles, window)
        skin = look_up(texture, drawn[..., :2] * 2 + 0.5).astype(np.float32)
        canvas.lay(skin, drawn[..., 2], window)


def thin(ring: np.ndarray, window: Window, wide: float) -> np.ndarray:
    """Where the edges of an opening meet.

    Args:
        ring: (count, 2) its edge, from one corner along the lower side and back, pixels.
        window: part of the picture.
        wide: how far apart edges no longer count as near, pixels.

    Returns:
        (1, w) float32 for the columns of the window: 1 where they meet, 0 where they do not.
    """
    half = np.arange(len(ring) // 2 + 1)
    lower, upper = ring[half], ring[-half]
    middle = (lower[:, 0] + upper[:, 0]) / 2
    order = np.argsort(middle)
    gap = np.linalg.norm(lower - upper, axis=1)
    columns = window[0] + np.arange(window[2])
    apart = np.interp(columns, middle[order], gap[order])
    return np.asarray(np.clip(1.2 - 1.2 * apart / wide, 0, 1)[None], np.float32)
