"""A random smooth bending of frames, known in every point: affine plus thin plate splines.

Coordinates are (x, y) in [-1, 1] as in `layers.grids`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import torch

from vivant.configurations import MAY_BE_ZERO
from vivant.engines.layers.grids import coordinate_grid, sample_image

_APART = 1e-6
"""Keeps the logarithm finite at a control point."""


@dataclass(frozen=True, kw_only=True)
class BendingSettings:
    """Section `transform_params`."""

    sigma_affine: float = field(metadata=MAY_BE_ZERO)
    """Deviation of the affine part's six numbers from the identity."""
    sigma_tps: float = field(default=0.0, metadata=MAY_BE_ZERO)
    """Deviation of the control points' weights."""
    points_tps: int = field(default=0, metadata=MAY_BE_ZERO)
    """Control points a side of their grid; 0 bends nothing."""


@dataclass(frozen=True, slots=True, eq=False)
class Bending:
    """One bending a picture of a batch.

    A point p goes to A p + b + sum_i w_i d_i^2 log(d_i + 1e-6), with d_i the distance to
    control point i. The trap: that distance is |dx| + |dy|, not Euclid's, and the sum is added
    to x and y alike.
    """

    theta: torch.Tensor
    """(batch, 2, 3): A and b."""
    control_points: torch.Tensor
    """(1, n, n, 2)."""
    control_params: torch.Tensor
    """(batch, 1, n * n): the weights w."""

    @classmethod
    def drawn(
        cls,
        batch: int,
        settings: BendingSettings,
        like: torch.Tensor,
        generator: torch.Generator | None = None,
    ) -> Bending:
        """Draw a bending for each of `batch` pictures, of `like`'s type and device."""

        def normal(*shape: int) -> torch.Tensor:
            noise = torch.randn(shape, generator=generator, dtype=torch.float32)
            return noise.to(like.device, like.dtype)

        side = settings.points_tps
        straight = torch.eye(2, 3, dtype=like.dtype, device=like.device)
        return cls(
            straight + settings.sigma_affine * normal(batch, 2, 3),
            coordinate_grid((side, side), like)[None],
            settings.sigma_tps * normal(batch, 1, side * side),
        )

    def frame(self, image: torch.Tensor) -> torch.Tensor:
        """Return the pictures bent: (batch, channels, h, w), mirrored at their borders."""
        height, width = image.shape[2:]
        grid = coordinate_grid((height, width), image).reshape(1, -1, 2)  # (1, h * w, 2)
        bent = self.points(grid).reshape(len(image), height, width, 2)
        return sample_image(image, bent, padding="reflection")

    def points(self, points: torch.Tensor) -> torch.Tensor:
        """Return where points go: (batch, N, 2); the argument's batch may be 1."""
        turned = points @ self.theta[:, :, :2].transpose(1, 2) + self.theta[:, None, :, 2]
        _, apart = self._distances(points)
        bump = (apart.square() * torch.log(apart + _APART) * self.control_params).sum(-1)
        return turned + bump.unsqueeze(-1)

    def jacobian(self, points: torch.Tensor) -> torch.Tensor:
        """Return the derivative of `points` there: (batch, N, 2, 2), row the result's axis."""
        offsets, apart = self._distances(points)
        # d/dd of d^2 log(d + e), (batch, N, n * n)
        slope = 2 * apart * torch.log(apart + _APART) + apart.square() / (apart + _APART)
        slope = (slope * self.control_params).unsqueeze(-1) * torch.sign(offsets)
        bump = slope.sum(-2)  # (batch, N, 2): by x and by y, the same for both results
        return self.theta[:, None, :, :2] + bump.unsqueeze(-2)

    def _distances(self, points: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return offsets from the control points (batch, N, n * n, 2), and distances without 2."""
        offsets = points.unsqueeze(2) - self.control_points.reshape(1, 1, -1, 2)
        return offsets, offsets.abs().sum(-1)
