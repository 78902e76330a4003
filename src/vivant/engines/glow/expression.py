"""Expressions as differences of codes: read faces, add an expression to them, draw them.

Source: Valenzuela et al. 2021, "Expression Transfer Using Flow-based Generative Models" (CVPR
workshop on media forensics), after the attributes of Kingma & Dhariwal 2018, arXiv:1807.03039,
section 6; temperature: the same, section 6.

Codes are as in `vivant.engines.glow.network`: a list with one tensor a level, the finest first,
the batch in front. Nothing here keeps gradients.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from vivant.engines.glow.network import Glow
from vivant.engines.glow.pixels import to_input, to_pictures
from vivant.errors import SettingsError, ShapeError

Codes = list[Tensor]


@torch.no_grad()
def encode(glow: Glow, pictures: Tensor, n_bits: int = 5) -> Codes:
    """Return the codes of real pictures, (batch, 3, side, side) uint8 RGB.

    Nothing is searched for: the flow's own inverse is exact up to `n_bits`.

    Raises:
        ShapeError: as for `to_input` and `Glow.forward`.
    """
    codes: Codes
    _, _, codes = glow(to_input(pictures, n_bits))
    return codes


@torch.no_grad()
def decode(glow: Glow, codes: Sequence[Tensor]) -> Tensor:
    """Return the pictures that codes stand for, (batch, 3, side, side) uint8 RGB.

    Raises:
        ShapeError: there is another number of codes than of levels.
    """
    return to_pictures(glow.reverse(codes, reconstruct=True))


def mean(codes: Sequence[Tensor]) -> Codes:
    """Return the middle of a batch of codes, as a batch of one: an identity, or an expression.

    Raises:
        ShapeError: there is none.
    """
    if not codes or not codes[0].shape[0]:
        raise ShapeError("the mean of no pictures is not defined; give one or more")
    return [code.mean(dim=0, keepdim=True) for code in codes]


def expression_vector(showing: Sequence[Tensor], neutral: Sequence[Tensor]) -> Codes:
    """Return the way from faces at rest to faces that show an expression, as a batch of one.

    Args:
        showing: codes of somebody's pictures with the expression.
        neutral: codes of the same person's pictures without it; their number may differ.

    Raises:
        ShapeError: the codes are of pictures of different sizes.
    """
    return _added(mean(showing), mean(neutral), -1.0)


def transfer(codes: Sequence[Tensor], vector: Sequence[Tensor], alpha: float = 1.0) -> Codes:
    """Return codes moved along an expression.

    Args:
        codes: of one or more pictures.
        vector: as `expression_vector` gives it, of the same person or another.
        alpha: strength; 0 leaves the codes, 1 adds the whole expression, more exaggerates,
            less than 0 goes the other way.

    Raises:
        ShapeError: the codes are of pictures of different sizes.
    """
    return _added(codes, vector, alpha)


@torch.no_grad()
def sample(
    glow: Glow,
    count: int,
    side: int,
    temperature: float = 0.7,
    generator: torch.Generator | None = None,
) -> Tensor:
    """Draw faces by chance.

    Args:
        glow: the flow.
        count: how many.
        side: of the pictures, pixels.
        temperature: factor of the noise; under 1 faces are likelier and less varied.
        generator: where chance comes from, on the CPU; a seeded one draws the same again.

    Returns:
        (count, 3, side, side) uint8 RGB.

    Raises:
        SettingsError: the temperature is below 0, or the side cannot be halved that often.
    """
    if temperature < 0:
        raise SettingsError(f"temperature must be at least 0, got {temperature}")
    if side < 1 or side % 2**glow.n_block:
        raise SettingsError(f"side must be a multiple of {2**glow.n_block}, got {side}")
    device = next(glow.parameters()).device
    noise = [
        (temperature * torch.randn(count, *shape, generator=generator)).to(device)
        for shape in glow.code_shapes(side)
    ]
    return to_pictures(glow.reverse(noise, reconstruct=False))


def _added(codes: Sequence[Tensor], others: Sequence[Tensor], factor: float) -> Codes:
    shapes = [[code.shape[1:] for code in each] for each in (codes, others)]
    if shapes[0] != shapes[1]:
        raise ShapeError(f"codes of different sizes cannot be added: {shapes[0]} and {shapes[1]}")
    return [code + factor * other for code, other in zip(codes, others, strict=True)]
