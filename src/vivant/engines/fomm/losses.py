"""The losses that a First Order Motion Model is trained with; sections 3.3 and 4 of its paper.

Siarohin et al. 2019, arXiv:2003.00196. The generator and the key point detector learn to draw
the driving frame from the source frame of the same clip (perceptual loss, adversarial loss,
feature matching), and that key points follow a known bending of the frame (equivariance).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn

from vivant.configurations import MAY_BE_ZERO, options
from vivant.engines.fomm.bending import Bending, BendingSettings
from vivant.engines.fomm.network import Shrink, inverted
from vivant.errors import SettingsError

Losses = dict[str, torch.Tensor]


@dataclass(frozen=True, kw_only=True)
class Weights:
    """Section `loss_weights`: how much each loss counts; 0 leaves it out."""

    generator_gan: float = field(metadata=MAY_BE_ZERO)
    """Where this is 0, features are not matched either."""
    discriminator_gan: float = field(metadata=MAY_BE_ZERO)
    feature_matching: tuple[float, ...] = field(metadata=MAY_BE_ZERO)
    """One a block of the discriminator."""
    perceptual: tuple[float, ...] = field(metadata=MAY_BE_ZERO)
    """One for each of VGG's five maps."""
    equivariance_value: float = field(metadata=MAY_BE_ZERO)
    equivariance_jacobian: float = field(metadata=MAY_BE_ZERO)


@dataclass(frozen=True)
class Training:
    """What the losses need of section `train_params`."""

    scales: tuple[float, ...]
    """Sizes at which VGG compares, as shares of the picture's."""
    bending: BendingSettings
    weights: Weights

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> Training:
        """Read a published configuration.

        Raises:
            SettingsError: a section or weight is unknown, missing or refused.
        """
        section = config.get("train_params")
        if not isinstance(section, Mapping) or not {
            "scales", "transform_params", "loss_weights"
        } <= set(section):  # fmt: skip
            raise SettingsError(
                "the configuration has no section 'train_params' with scales, transform_params "
                "and loss_weights, so its losses are not known"
            )
        return cls(
            tuple(section["scales"]),
            options(BendingSettings, section["transform_params"], "transform_params"),
            options(Weights, section["loss_weights"], "loss_weights"),
        )


class Pyramid(nn.Module):
    """A picture at several sizes: `prediction_s` for every scale s."""

    def __init__(self, scales: Sequence[float], channels: int = 3) -> None:
        super().__init__()
        # a scale may contain a point, which names of modules may not
        self.names = tuple(f"prediction_{scale}" for scale in scales)
        self.downs = nn.ModuleList(Shrink(channels, scale) for scale in scales)

    def forward(self, image: torch.Tensor) -> dict[str, torch.Tensor]:
        """(batch, channels, h, w) -> name to picture."""
        return {name: down(image) for name, down in zip(self.names, self.downs, strict=True)}


class GeneratorLosses(nn.Module):
    """All that the generator and the key point detector are trained with.

    Args of the class:
        networks: `kp_detector`, `generator`, `discriminator` of `network.build`.
        vgg: gives feature maps of a picture; `layers.vgg.Vgg19`.
        training: of the configuration.
    """

    def __init__(
        self, networks: Mapping[str, nn.Module], vgg: nn.Module, training: Training
    ) -> None:
        super().__init__()
        self.kp_detector = networks["kp_detector"]
        self.generator = networks["generator"]
        self.discriminator = networks["discriminator"]
        self.vgg = vgg
        self.training_settings = training
        self.pyramid = Pyramid(training.scales)

    def forward(
        self, source: torch.Tensor, driving: torch.Tensor, bending: Bending | None = None
    ) -> tuple[Losses, dict[str, Any]]:
        """Return the weighted losses by name, and what was drawn and found for them.

        Args:
            source: (batch, 3, h, w), a frame of each clip.
            driving: another frame of the same clips.
            bending: for the equivariance; drawn at random where not given.

        Returns:
            losses, to be added; and the generator's answer with `kp_source`, `kp_driving` and,
            with equivariance, `transformed_frame` and `transformed_kp`.
        """
        weights = self.training_settings.weights
        kp_source = self.kp_detector(source)
        kp_driving = self.kp_detector(driving)
        drawn = self.generator(source, kp_source=kp_source, kp_driving=kp_driving)
        drawn |= {"kp_source": kp_source, "kp_driving": kp_driving}
        real, generated = self.pyramid(driving), self.pyramid(drawn["prediction"])
        losses: Losses = {}
        if any(weights.perceptual):
            losses["perceptual"] = self._perceptual(real, generated)
        if weights.generator_gan:
            losses |= self._adversarial(real, generated, kp_driving)
        if weights.equivariance_value or weights.equivariance_jacobian:
            if bending is None:
                bending = Bending.drawn(len(driving), self.training_settings.bending, driving)
            frame = bending.frame(driving)
            kp_bent = self.kp_detector(frame)
            drawn |= {"transformed_frame": frame, "transformed_kp": kp_bent}
            losses |= self._equivariance(kp_driving, kp_bent, bending)
        return losses, drawn

    def _perceptual(
        self, real: Mapping[str, torch.Tensor], generated: Mapping[str, torch.Tensor]
    ) -> torch.Tensor:
        """Mean difference of VGG's maps, added over maps and sizes (Johnson et al. 2016)."""
        weights = self.training_settings.weights.perceptual
        total = next(iter(real.values())).new_zeros(())
        for name, image in generated.items():
            pairs = zip(self.vgg(image), self.vgg(real[name]), weights, strict=True)
            for mine, other, weight in pairs:
                total = total + weight * (mine - other.detach()).abs().mean()
        return total

    def _adversarial(
        self,
        real: Mapping[str, torch.Tensor],
        generated: Mapping[str, torch.Tensor],
        kp_driving: Mapping[str, torch.Tensor],
    ) -> Losses:
        """Least squares against the discriminator, and its features matched."""
        weights = self.training_settings.weights
        points = {name: value.detach() for name, value in kp_driving.items()}
        # the drawn first: in training each look changes the spectral norm's vectors
        on_drawn = self.discriminator(generated, points)
        on_real = self.discriminator(real, points)
        fooled = [(1 - verdict).square().mean() for verdict in _verdicts(on_drawn)]
        losses = {"gen_gan": weights.generator_gan * torch.stack(fooled).sum()}
        if any(weights.feature_matching):
            matched = [
                weight * (a - b).abs().mean()
                for name in on_real
                if name.startswith("feature_maps")
                for a, b, weight in zip(
                    on_real[name], on_drawn[name], weights.feature_matching, strict=True
                )
            ]
            losses["feature_matching"] = torch.stack(matched).sum()
        return losses

    def _equivariance(
        self,
        kp_driving: Mapping[str, torch.Tensor],
        kp_bent: Mapping[str, torch.Tensor],
        bending: Bending,
    ) -> Losses:
        """Key points of the bent frame, bent likewise, are those of the frame (eq. 9 and 12)."""
        weights = self.training_settings.weights
        losses = {}
        if weights.equivariance_value:
            off = kp_driving["value"] - bending.points(kp_bent["value"])
            losses["equivariance_value"] = weights.equivariance_value * off.abs().mean()
        if weights.equivariance_jacobian and "jacobian" in kp_driving:
            # what should be the identity, (batch, K, 2, 2)
            turned = bending.jacobian(kp_bent["value"]) @ kp_bent["jacobian"]
            turned = inverted(kp_driving["jacobian"]) @ turned
            off = torch.eye(2, dtype=turned.dtype, device=turned.device) - turned
            losses["equivariance_jacobian"] = weights.equivariance_jacobian * off.abs().mean()
        return losses


class DiscriminatorLosses(nn.Module):
    """What the discriminator is trained with, on what `GeneratorLosses` drew."""

    def __init__(self, discriminator: nn.Module, training: Training) -> None:
        super().__init__()
        self.discriminator = discriminator
        self.weight = training.weights.discriminator_gan
        self.pyramid = Pyramid(training.scales)

    def forward(self, driving: torch.Tensor, drawn: Mapping[str, Any]) -> Losses:
        """Return `disc_gan`: least squares, real to 1 and drawn to 0 (Mao et al. 2017)."""
        points = {name: value.detach() for name, value in drawn["kp_driving"].items()}
        on_drawn = self.discriminator(self.pyramid(drawn["prediction"].detach()), points)
        on_real = self.discriminator(self.pyramid(driving), points)
        off = [
            (1 - real).square().mean() + false.square().mean()
            for real, false in zip(_verdicts(on_real), _verdicts(on_drawn), strict=True)
        ]
        return {"disc_gan": self.weight * torch.stack(off).sum()}


def _verdicts(found: Mapping[str, Any]) -> list[torch.Tensor]:
    return [value for name, value in found.items() if name.startswith("prediction_map")]
