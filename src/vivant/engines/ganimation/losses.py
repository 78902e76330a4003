"""What GANimation's networks are trained by.

Source: Pumarola et al. 2018, arXiv:1807.09251, section 4; where the paper and the authors'
code differ, the code (its numbers are what checkpoints come from):

- the loss of Action Units is the mean square over batch *and* units, once more divided by the
  batch size;
- the smoothness of a mask is a sum, not a mean, of absolute differences;
- the gradient penalty has an optimiser step of its own, after that of the other losses;
- the attention's own loss pulls the mask to 0, lest everything stay as it is.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.optim import Optimizer

from vivant.engines.ganimation.network import composed, saturated


@dataclass(frozen=True, kw_only=True)
class LossWeights:
    """Share of each loss; names and defaults are those of the authors' options."""

    lambda_D_prob: float = 1.0
    """Of how real a picture seems."""
    lambda_D_cond: float = 4000.0
    """Of the Action Units read from it."""
    lambda_cyc: float = 10.0
    """Of the difference after a change and back."""
    lambda_mask: float = 0.1
    """Of how much of the picture stays."""
    lambda_mask_smooth: float = 1e-5
    """Of steps in the mask."""
    lambda_D_gp: float = 10.0
    """Of the gradient penalty."""
    do_saturate_mask: bool = False
    """Whether masks are saturated before they are used."""


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """What one step learns from."""

    pictures: Tensor
    """(batch, 3, side, side) in [-1, 1]."""
    units: Tensor
    """Their Action Units, (batch, units) in [0, 1]."""
    wanted: Tensor
    """The Action Units to draw them under, the same shape."""


def generator_losses(
    generator: nn.Module, discriminator: nn.Module, batch: Batch, weights: LossWeights
) -> dict[str, Tensor]:
    """Return the generator's losses, each with its weight: their sum is what it minimises.

    Returns:
        `masked_fake`, `masked_cond` (how the drawn picture is judged, eq. 2 and 4), `cyc` (eq. 5),
        and for the way there and the way back `mask_1`, `mask_2`, `mask_1_smooth`,
        `mask_2_smooth` (eq. 3); scalars.
    """
    drawn, mask = _draw(generator, batch.pictures, batch.wanted, weights)
    back, back_mask = _draw(generator, drawn, batch.units, weights)
    real, units = discriminator(drawn)
    return {
        "masked_fake": -real.mean() * weights.lambda_D_prob,
        "masked_cond": _units_loss(units, batch.wanted, weights),
        "cyc": functional.l1_loss(back, batch.pictures) * weights.lambda_cyc,
        "mask_1": mask.mean() * weights.lambda_mask,
        "mask_2": back_mask.mean() * weights.lambda_mask,
        "mask_1_smooth": _steps(mask) * weights.lambda_mask_smooth,
        "mask_2_smooth": _steps(back_mask) * weights.lambda_mask_smooth,
    }


def discriminator_losses(
    discriminator: nn.Module, batch: Batch, drawn: Tensor, weights: LossWeights
) -> dict[str, Tensor]:
    """Return the discriminator's losses but the gradient penalty, each with its weight.

    Args:
        discriminator: the network to train.
        batch: real pictures and their Action Units.
        drawn: the generator's pictures; no gradient reaches them.
        weights: the share of each loss.

    Returns:
        `real`, `cond`, `fake` (eq. 2 and 4); scalars.
    """
    real, units = discriminator(batch.pictures)
    fake, _ = discriminator(drawn.detach())
    return {
        "real": -real.mean() * weights.lambda_D_prob,
        "cond": _units_loss(units, batch.units, weights),
        "fake": fake.mean() * weights.lambda_D_prob,
    }


def gradient_penalty(
    discriminator: nn.Module, real: Tensor, drawn: Tensor, alpha: Tensor
) -> Tensor:
    """Return how far the judgement's slope is from 1 between real and drawn pictures.

    Args:
        discriminator: the network to train.
        real: (batch, 3, side, side).
        drawn: the same shape; no gradient reaches either.
        alpha: share of the real picture, (batch, 1, 1, 1) in [0, 1], drawn by chance.

    Returns:
        the mean of (slope - 1)^2, a scalar that can be differentiated; without its weight.

    Source: Gulrajani et al. 2017, arXiv:1704.00028, eq. 3.
    """
    between = (alpha * real.detach() + (1 - alpha) * drawn.detach()).requires_grad_(True)
    judged, _ = discriminator(between)
    (slopes,) = torch.autograd.grad(judged.sum(), between, create_graph=True)
    lengths = slopes.flatten(1).norm(dim=1)  # (batch,)
    return ((lengths - 1) ** 2).mean()


def train_step(
    networks: tuple[nn.Module, nn.Module],
    optimisers: tuple[Optimizer, Optimizer],
    batch: Batch,
    weights: LossWeights,
    alpha: Tensor,
) -> dict[str, Tensor]:
    """Change generator and discriminator once, in the authors' order.

    First the discriminator by its losses, then again by the gradient penalty alone, then the
    generator against the discriminator so changed.

    Args:
        networks: generator and discriminator.
        optimisers: of each; the authors' is Adam with lr 1e-4 and betas (0.5, 0.999).
        batch: what to learn from.
        weights: the share of each loss.
        alpha: as for `gradient_penalty`.

    Returns:
        the losses by name (`d_*`, `g_*`), as they were before the step that they led to.
    """
    generator, discriminator = networks
    change_generator, change_discriminator = optimisers
    with torch.no_grad():
        drawn, _ = _draw(generator, batch.pictures, batch.wanted, weights)
    judging = discriminator_losses(discriminator, batch, drawn, weights)
    _minimise(torch.stack(list(judging.values())).sum(), change_discriminator)
    penalty = gradient_penalty(discriminator, batch.pictures, drawn, alpha) * weights.lambda_D_gp
    _minimise(penalty, change_discriminator)
    drawing = generator_losses(generator, discriminator, batch, weights)
    _minimise(torch.stack(list(drawing.values())).sum(), change_generator)
    told = {f"d_{name}": loss for name, loss in judging.items()}
    told |= {"d_gp": penalty} | {f"g_{name}": loss for name, loss in drawing.items()}
    return {name: loss.detach() for name, loss in told.items()}


def _minimise(loss: Tensor, optimiser: Optimizer) -> None:
    optimiser.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    optimiser.step()


def _draw(
    generator: nn.Module, pictures: Tensor, wanted: Tensor, weights: LossWeights
) -> tuple[Tensor, Tensor]:
    colours, mask = generator(pictures, wanted)
    mask = saturated(mask) if weights.do_saturate_mask else mask
    return composed(pictures, colours, mask), mask


def _units_loss(units: Tensor, wanted: Tensor, weights: LossWeights) -> Tensor:
    # A batch of one comes without its batch axis.
    read = units.reshape(wanted.shape)
    return functional.mse_loss(read, wanted) / wanted.shape[0] * weights.lambda_D_cond


def _steps(mask: Tensor) -> Tensor:
    down = (mask[:, :, 1:] - mask[:, :, :-1]).abs().sum()
    across = (mask[..., 1:] - mask[..., :-1]).abs().sum()
    return down + across
